"""Zeek's logs -> the same flows and identities that packets give.

1. A row of conn.log is a flow. What Zeek's ``service`` says is evidence with basis ``zeek``; ports never are.
2. The other logs are joined by uid. They come in any order and may be missing; what they say is kept once however often it is
   said, so that a million rows of ssl.log cost no million objects.
3. Rows that only carry other rows (the outer packets of a tunnel) are counted and left out, as the decoder of packets does.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.tables import (
    BASES,
    CONN_STATES,
    I16,
    I32,
    I64,
    ORIG_BASES,
    TUNNELS,
    U64,
    Bool,
    FlowTable,
    IdentityTable,
    ZeekConnTable,
    ZeekLogTable,
)

ZEEK_BITS = 64
"""``IdentityTable.bits`` of a service that Zeek's parser confirmed: a parse, not a count of bits; above every threshold."""

CANONICAL = {
    "ssl": "tls", "krb": "kerberos", "dce_rpc": "dcerpc", "rfb": "vnc", "gtpv1": "gtp", "rdpeudp": "rdpudp", "ldap": "ldap",
    "sip": "sip", "postgres": "postgresql", "ipsec": "ike", "s7comm_plus": "s7comm", "enip": "enip", "cip": "enip",
    "bittorrent_dht": "bittorrent", "tls": "tls", "http2": "http2", "facefish": "", "gssapi": "", "ntlm": "", "finger": "finger",
    "x509": "", "ntp": "ntp", "smb1": "smb", "smb2": "smb", "mdns": "mdns", "tds_rpc": "tds", "oracle": "oracle-tns",
}  # fmt: skip
"""Zeek's words for protocols where they differ from ours; empty: a layer inside of others that names no service."""

CARRIERS = {"teredo", "gtpv1", "vxlan", "geneve", "ayiya", "gre", "ip-in-ip"}
"""Services of rows that carry the rows of a tunnel."""

OUTER = (
    "socks", "rdp", "smtp", "pop3", "imap", "ftp", "irc", "xmpp", "ldap", "mysql", "postgresql", "redis", "quic", "smb", "dcerpc",
    "http", "ftp-data", "tls", "dtls", "kerberos",
)  # fmt: skip
"""Of several services of one connection the first of these is what the server offers; the others lie inside of it."""

DIALECTS = {5353: "mdns", 5355: "llmnr", 137: "nbns"}
"""Zeek has one analyzer for DNS and its dialects, which share a format, and ``dns`` for all of them: of what it confirmed as such on
these UDP ports, the dialect is the one at home there. (What is no DNS at all has another service or none, whatever the port.)"""

TUNNEL_TYPES = {
    "ip": "ipip", "gre": "gre", "vxlan": "vxlan", "geneve": "geneve", "gtpv1": "gtpu", "teredo": "teredo", "ayiya": "other",
    "http": "zeek", "socks": "zeek",
}  # fmt: skip


def canonical(word: str, proto: int) -> str:
    """Our name for one word of Zeek's ``service``; empty where it names no service.

    >>> canonical("spicy_ldap_tcp", 6), canonical("ssl", 17), canonical("krb_tcp", 6)
    ('ldap', 'dtls', 'kerberos')
    """
    name = word.strip().lower().removeprefix("spicy_")
    for tail in ("_tcp", "_udp"):
        name = name.removesuffix(tail)
    name = CANONICAL.get(name, name)
    return "dtls" if name == "tls" and proto == 17 else name


def split_service(service: str, proto: int) -> tuple[str, str, tuple[str, ...]]:
    """Split what one ``service`` says: the protocol, what it was upgraded to or carries as TLS, and the analyzers that failed.

    >>> split_service("ssl,smtp", 6)
    ('smtp', 'tls', ())
    >>> split_service("-ssl", 6)
    ('', '', ('ssl',))
    """
    words = [word for word in service.split(",") if word and word not in ("-", "(other)")]
    failed = tuple(sorted(word[1:] for word in words if word.startswith("-")))
    names = [name for word in words if not word.startswith("-") if (name := canonical(word, proto))]
    if not names:
        return "", "", failed
    rank = {name: place for place, name in enumerate(OUTER)}
    first = min(dict.fromkeys(names), key=lambda name: (rank.get(name, len(OUTER)), names.index(name)))
    upgraded = "tls" if "tls" in names and first not in ("tls", "quic") else "websocket" if "websocket" in names and first == "http" else ""
    return first, upgraded, failed


class ZeekFacts:
    """What the logs beside conn say about connections, by uid.

    Attributes
    ----------
    names : dict
        Address (high and low word) to the names that DNS answers gave it, in the order they were seen.
    notes : dict
        Notice or weird to the number of its rows.
    strings : list of str
    facts : list of dict
        Shared by all identity tables made with this object.
    codes : dict
        Names of protocols to their codes; it only grows, so that the names of the last table hold for all before it.
    """

    def __init__(self) -> None:
        self.names: dict[tuple[int, int], list[str]] = {}
        self.notes: dict[str, int] = {}
        self.strings: list[str] = []
        self.facts: list[dict[str, Any]] = []
        self.codes: dict[str, int] = {}
        self._string_codes: dict[str, int] = {}
        self._fact_codes: dict[str, int] = {}
        self._certificates: dict[str, dict[str, Any]] = {}
        self._chains: list[tuple[int, tuple[str, ...]]] = []
        self._parts: dict[str, list[tuple[U64, I32]]] = {}
        self._seen: dict[tuple[str, int], int] = {}
        self._entries: list[tuple[int, int, int, int]] = []
        self._joined: dict[str, tuple[U64, I32]] | None = None

    def add(self, table: ZeekLogTable) -> None:
        """Take the rows of one log. Rows that say the same are looked at once."""
        self._joined = None
        reader = _READERS.get(table.log)
        if reader is None or not len(table):
            return
        contents, firsts, inverse = np.unique(table.content, return_index=True, return_inverse=True)
        codes = np.empty(len(contents), np.int32)
        for place, (content, row) in enumerate(zip(contents.tolist(), firsts.tolist(), strict=True)):
            key = (table.log, content)
            if key not in self._seen:
                self._seen[key] = self._entry(*reader(self, table, row))
            codes[place] = self._seen[key]
        if table.log in ("notice", "weird"):
            for row, count in zip(firsts.tolist(), np.bincount(inverse).tolist(), strict=True):
                word = table.text(row, "note" if table.log == "notice" else "name") or "-"
                self.notes[word] = self.notes.get(word, 0) + count
        known = (table.uid_hash != 0) & (codes[inverse] >= 0)
        self._parts.setdefault(table.log, []).append((table.uid_hash[known], codes[inverse][known]))

    def _entry(self, name: str | None, orig: dict[str, Any], resp: dict[str, Any], tunnel: int = 0) -> int:
        entry = (self._string(name), self._fact(orig), self._fact(resp), tunnel)
        if entry == (-1, -1, -1, 0):
            return -1
        self._entries.append(entry)
        return len(self._entries) - 1

    def forget(self, most: int) -> None:
        """Of each log keep what it said of about the ``most`` latest connections."""
        for parts in self._parts.values():
            held = sum(len(part[0]) for part in parts)
            while len(parts) > 1 and held > most:
                held -= len(parts.pop(0)[0])
                self._joined = None

    def _string(self, text: str | None) -> int:
        if not text:
            return -1
        if text not in self._string_codes:
            self._string_codes[text] = len(self.strings)
            self.strings.append(text)
        return self._string_codes[text]

    def _fact(self, found: dict[str, Any]) -> int:
        if not found:
            return -1
        key = json.dumps(found, sort_keys=True)
        if key not in self._fact_codes:
            self._fact_codes[key] = len(self.facts)
            self.facts.append(found)
            chain = found.get("cert_chain")
            if chain:
                self._chains.append((self._fact_codes[key], tuple(chain)))
        return self._fact_codes[key]

    def certificate(self, names: Sequence[str], found: dict[str, Any]) -> None:
        """Remember a certificate of x509.log under its fingerprint and file id."""
        for name in names:
            if name:
                self._certificates.setdefault(name, found)

    def failed(self, service: str) -> int:
        """Facts of a service whose analyzers failed (``-ssl``): what was tried and was not spoken; -1 where none did."""
        words = split_service(service, 6)[2] if "-" in service else ()
        return self._fact({"failed_analyzers": list(words)}) if words else -1

    def _join(self) -> dict[str, tuple[U64, I32]]:
        """Per log: uid hashes ascending, and entries; of several rows of a uid the first in the logs counts."""
        if self._joined is None:
            joined = {}
            for log, parts in self._parts.items():
                hashes = np.concatenate([part[0] for part in parts])
                entries = np.concatenate([part[1] for part in parts])
                unique, first = np.unique(hashes, return_index=True)
                joined[log] = (unique, entries[first])
            self._joined = joined
            for code, chain in self._chains:
                leaf = next((self._certificates[name] for name in chain[:1] if name in self._certificates), None)
                if leaf:
                    for key, value in leaf.items():
                        self.facts[code].setdefault(key, value)
        return self._joined

    def lookup(self, uid_hash: U64) -> tuple[I32, I32, I32, NDArray[np.uint8]]:
        """Columns for connections: server name, facts of both sides (indices, -1 none), tunnel type (index in TUNNELS)."""
        count = len(uid_hash)
        name, orig, resp = (np.full(count, -1, np.int32) for _ in range(3))
        tunnel = np.zeros(count, np.uint8)
        joined = self._join()
        table = np.array([*self._entries, (-1, -1, -1, 0)], np.int32)
        for log in _PRIORITY:
            if log not in joined or not len(joined[log][0]):
                continue
            hashes, entries = joined[log]
            place = np.minimum(np.searchsorted(hashes, uid_hash), len(hashes) - 1)
            entry = np.where((hashes[place] == uid_hash) & (uid_hash != 0), entries[place], -1)
            for column, found in ((name, table[entry, 0]), (orig, table[entry, 1]), (resp, table[entry, 2])):
                np.copyto(column, found, where=(column < 0) & (found >= 0))
            np.copyto(tunnel, table[entry, 3].astype(np.uint8), where=table[entry, 3] > 0)
        return name, orig, resp, tunnel


_PRIORITY = ("ssl", "quic", "http", "ssh", "rdp", "smtp", "ftp", "socks", "dpd", "tunnel", "pcapscan")
"""Of several logs about one connection the first names the server."""

Found = tuple[str | None, dict[str, Any], dict[str, Any], int]


def _pick(table: ZeekLogTable, row: int, **wanted: str) -> dict[str, Any]:
    """Facts by our names from Zeek's columns; what is unset or empty is left out."""
    return {ours: value for ours, theirs in wanted.items() if (value := table.text(row, theirs))}


def _list(text: str | None) -> list[str]:
    """Elements of a set or vector, TSV or JSON; an unset element is no element."""
    if not text:
        return []
    if text.startswith("["):
        try:
            value = json.loads(text)
        except ValueError:
            value = []
        return [str(element) for element in value if element is not None]
    return [element for element in text.split(",") if element not in ("-", "(empty)", "")]


def _ssl(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    orig = _pick(table, row, sni="server_name", ja3="ja3", ja4="ja4")
    resp = _pick(table, row, cipher="cipher", ja3s="ja3s", subject="subject", issuer="issuer", validation="validation_status")
    version = table.text(row, "version")
    if version:
        resp["version"] = _tls_version(version)
    alpn = table.text(row, "next_protocol")
    if alpn:
        resp["alpn"] = alpn
    if "subject" in resp and "issuer" in resp:
        resp["self_signed"] = resp["subject"] == resp["issuer"]
    chain = _list(table.text(row, "cert_chain_fps")) or _list(table.text(row, "cert_chain_fuids"))
    if chain:
        resp["cert_chain"] = chain
    established = table.text(row, "established")
    if established in ("T", "true", "F", "false"):
        resp["established"] = established in ("T", "true")
    return orig.get("sni"), orig, resp, 0


def _tls_version(word: str) -> str:
    """``TLSv12`` is TLSv1.2.

    >>> _tls_version("TLSv13"), _tls_version("DTLSv12"), _tls_version("SSLv3")
    ('TLSv1.3', 'DTLSv1.2', 'SSLv3')
    """
    head, tail = word[:-2], word[-2:]
    return f"{head}{tail[0]}.{tail[1]}" if tail.isdigit() and head.endswith("TLSv") else word


def _http(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    orig = _pick(table, row, host="host", user_agent="user_agent", method="method", uri="uri")
    return orig.get("host"), orig, _pick(table, row, status="status_code", content_type="resp_mime_types"), 0


def _dns(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    query = table.text(row, "query")
    for answer in _list(table.text(row, "answers")) if query else []:
        try:
            address = ipaddress.ip_address(answer)
        except ValueError:
            continue
        number = int(address) if address.version == 6 else 0xFFFF_0000_0000 | int(address)
        known = facts.names.setdefault((number >> 64, number & (1 << 64) - 1), [])
        if query not in known and len(known) < 16 and query is not None:
            known.append(query)
    return None, {}, {}, 0


def _x509(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    found = _pick(table, row, subject="certificate.subject", issuer="certificate.issuer", key_type="certificate.key_type")
    for ours, theirs in (("not_before", "certificate.not_valid_before"), ("not_after", "certificate.not_valid_after")):
        value = table.text(row, theirs)
        if value:
            found[ours] = _iso(value)
    if "subject" in found and "issuer" in found:
        found["self_signed"] = found["subject"] == found["issuer"]
    facts.certificate([table.text(row, "fingerprint") or "", table.text(row, "id") or ""], found)
    return None, {}, {}, 0


def _iso(text: str) -> str:
    """Write a time of certificate validity as ISO 8601; what is no epoch stays as it is written."""
    try:
        moment = datetime.datetime.fromtimestamp(float(text), datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return text.split(".")[0].rstrip("Z") + "Z" if text[4:5] == "-" else text
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ssh(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    orig = _pick(table, row, software="client", hassh="hassh")
    return None, orig, _pick(table, row, software="server", hassh_server="hasshServer", auth_success="auth_success"), 0


def _simple(orig: dict[str, str], resp: dict[str, str], name: str = "") -> Callable[[ZeekFacts, ZeekLogTable, int], Found]:
    def read(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
        return (table.text(row, name) or None) if name else None, _pick(table, row, **orig), _pick(table, row, **resp), 0

    return read


def _tunnel(facts: ZeekFacts, table: ZeekLogTable, row: int) -> Found:
    kind = (table.text(row, "tunnel_type") or "").lower().removeprefix("tunnel::")
    return None, {}, {}, TUNNELS.index(TUNNEL_TYPES.get(kind, "other"))


_READERS: dict[str, Callable[[ZeekFacts, ZeekLogTable, int], Found]] = {
    "ssl": _ssl,
    "http": _http,
    "dns": _dns,
    "x509": _x509,
    "ssh": _ssh,
    "tunnel": _tunnel,
    "quic": _simple({"sni": "server_name", "alpn": "client_protocol", "version": "version"}, {}, "server_name"),
    "rdp": _simple({"cookie": "cookie", "client_name": "client_name"}, {"security": "security_protocol"}),
    "smtp": _simple({"helo": "helo", "mail_from": "mailfrom", "user_agent": "user_agent"}, {"last_reply": "last_reply"}),
    "ftp": _simple({"user": "user", "command": "command"}, {"reply_code": "reply_code"}),
    "socks": _simple({"target": "request.host", "target_name": "request.name", "target_port": "request_p"}, {}),
    "dpd": _simple({}, {"failed_analyzer": "analyzer", "failure": "failure_reason"}),
    "pcapscan": _simple({"sensor_verdict": "verdict", "sensor_protocol": "protocol"}, {}),
    "notice": _simple({}, {}),
    "weird": _simple({}, {}),
}


def from_zeek(
    conn: ZeekConnTable, facts: ZeekFacts, source: int = 0, names: Sequence[str] = ()
) -> tuple[FlowTable, IdentityTable, dict[str, int]]:
    """Flows and identities of rows of conn.log.

    Parameters
    ----------
    conn : ZeekConnTable
    facts : ZeekFacts
        What the other logs said. Rows that are added later say nothing about these.
    source : int
        Index of the input.
    names : sequence of str
        Vocabulary of protocols that ``IdentityTable.protocol`` shall index (so that tables can be joined with those of packets);
        what Zeek names beyond it is appended.

    Returns
    -------
    FlowTable, IdentityTable
        Of the rows that are flows, in their order.
    dict
        Reason to count of rows that are none.
    """
    dropped, keep = _carriers(conn)
    if not keep.all():
        conn = conn.take(np.flatnonzero(keep))
    server, orig_facts, resp_facts, _ = facts.lookup(conn.uid_hash)
    tunnel = _same(0, np.uint8, len(conn))
    if (inside := conn.parent != 0).any():
        kind = facts.lookup(conn.parent)[3]
        tunnel = np.where(inside, np.where(kind > 0, kind, np.uint8(TUNNELS.index("zeek"))), tunnel).astype(np.uint8)
    flows = _flows(conn, source, tunnel)
    failed = np.array([facts.failed(word) for word in conn.services] + [-1, -1], np.int32)
    if (failed >= 0).any():
        resp_facts = np.where(resp_facts < 0, failed[conn.service], resp_facts).astype(np.int32)
    return flows, _identities(conn, facts, names, server, orig_facts, resp_facts), dropped


def _carriers(conn: ZeekConnTable) -> tuple[dict[str, int], Bool]:
    carrying = np.array([bool(set(word.lower().split(",")) & CARRIERS) for word in conn.services] + [False, False], np.bool_)
    outer = carrying[conn.service] if carrying.any() else _same(False, np.bool_, len(conn))
    strange = conn.proto == 255
    dropped = {"carrier of a tunnel, whose own rows are read": int(outer.sum()), "unknown transport": int((strange & ~outer).sum())}
    return {reason: count for reason, count in dropped.items() if count}, ~(outer | strange)


def _same(value: Any, dtype: Any, count: int) -> NDArray[Any]:
    """A column of one value, which takes no memory and is not written to."""
    return np.broadcast_to(np.asarray(value, dtype), count)


def _flows(conn: ZeekConnTable, source: int, tunnel: NDArray[np.uint8]) -> FlowTable:
    count = len(conn)
    unknown = np.full(count, -1, np.int64)
    spoke = conn.orig_bytes > 0
    answered = conn.resp_bytes > 0
    return FlowTable(
        first_ns=conn.ts_ns, last_ns=conn.ts_ns + np.maximum(conn.duration_ns, 0),
        orig_hi=conn.orig_hi, orig_lo=conn.orig_lo, resp_hi=conn.resp_hi, resp_lo=conn.resp_lo,
        orig_p=conn.orig_p, resp_p=conn.resp_p, proto=conn.proto,
        state=np.where(conn.state >= 0, conn.state, CONN_STATES.index("OTH")).astype(np.int8),
        orig_basis=_same(ORIG_BASES.index("zeek"), np.int8, count),
        orig_pkts=np.maximum(conn.orig_pkts, 0), resp_pkts=np.maximum(conn.resp_pkts, 0),
        orig_bytes=conn.orig_bytes, resp_bytes=conn.resp_bytes,
        tunnel=tunnel, tunnel_id=_same(0, np.uint32, count), vlan=conn.vlan, source=_same(source, np.int32, count),
        number=conn.line, offset=conn.offset,
        orig_number=np.where(spoke, conn.line, unknown), orig_offset=np.where(spoke, conn.offset, unknown),
        resp_number=np.where(answered, conn.line, unknown), resp_offset=np.where(answered, conn.offset, unknown),
        uid=conn.uid,
    )  # fmt: skip


def _identities(
    conn: ZeekConnTable, facts: ZeekFacts, names: Sequence[str], server: I32, orig_facts: I32, resp_facts: I32
) -> IdentityTable:
    codes = facts.codes
    for name in names:
        codes.setdefault(name, len(codes))
    protos = (6, 17) if (conn.proto == 17).any() else (6,)
    found = {proto: [split_service(word, proto) for word in conn.services] for proto in protos}
    for rows in found.values():
        for first, within, _ in rows:
            for name in (first, within):
                if name:
                    codes.setdefault(name, len(codes))
    word = conn.service.astype(np.int64)
    word += np.where(conn.proto == protos[-1], np.int64(len(conn.services) + 2), np.int64(0)) if len(protos) > 1 else 0
    protocol, upgraded = (_by_word(found, codes, place, word) for place in (0, 1))
    if "dns" in codes and bool((dns := (protocol == codes["dns"]) & (conn.proto == 17)).any()):
        at = np.flatnonzero(dns)
        resp_p, orig_p = conn.resp_p[at], conn.orig_p[at]
        for port, name in DIALECTS.items():
            here = (resp_p == port) | (orig_p == port)
            if here.any():
                protocol[at[here]] = codes.setdefault(name, len(codes))
    vocabulary = tuple(codes)
    named = protocol >= 0
    silent = np.int16(-1)
    count = len(conn)
    no, unknown = _same(False, np.bool_, count), _same(np.nan, np.float32, count)
    return IdentityTable(
        protocol=protocol, orig_protocol=np.where(conn.orig_bytes != 0, protocol, silent),
        resp_protocol=np.where(conn.resp_bytes != 0, protocol, silent),
        basis=np.where(named, BASES.index("zeek"), 0).astype(np.int8), bits=np.where(named, ZEEK_BITS, 0).astype(np.int16),
        fake=_same(0, np.int8, count), upgraded=upgraded, midstream=no, swap=no, shell=no, orig_entropy=unknown, resp_entropy=unknown,
        orig_printable=unknown, resp_printable=unknown, server_name=server, orig_facts=orig_facts, resp_facts=resp_facts,
        names=vocabulary, strings=facts.strings, facts=facts.facts,
    )  # fmt: skip


def _by_word(found: dict[int, list[tuple[str, str, tuple[str, ...]]]], codes: dict[str, int], place: int, word: I64) -> I16:
    """One column of what services say: a table of the first transport, then that of the other.

    Each has two places more for rows without a service, -2 and -1: those of the other transport are found behind the first's words, those
    of the first at the table's end.
    """
    table = np.array([code for rows in found.values() for code in (*(codes.get(str(row[place]), -1) for row in rows), -1, -1)], np.int16)
    return table[word] if (table >= 0).any() else np.full(len(word), -1, np.int16)


def names_of(facts: ZeekFacts, hi: U64, lo: U64) -> list[str | None]:
    """Look up the first name that DNS answers gave each address; None where there is none."""
    return [next(iter(facts.names.get(key, ())), None) for key in zip(hi.tolist(), lo.tolist(), strict=True)]


__all__ = ["ZeekFacts", "canonical", "from_zeek", "names_of", "split_service"]
