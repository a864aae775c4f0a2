"""Which columns of which Zeek logs are read, under all the names they are written with.

A *slot* is the number of a wanted column. The first :data:`CONN_SLOTS` are those of conn.log, which kernels know by number; the
others belong to the logs that are joined by uid. JSON rows may hold any of them, also nested (``{"id": {"orig_h": ...}}`` is
``id.orig_h``) or in the names that Elastic's Zeek integration gives them.
"""

from __future__ import annotations

import numpy as np

from pcapscan.tables import I16, U64

ABSENT, UNSET = -1, -2
"""Lengths of a column that a row has not, and of one that is unset."""

CONN = (
    "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "orig_bytes", "resp_bytes",
    "conn_state", "orig_pkts", "resp_pkts", "tunnel_parents", "ip_proto", "duration_ns", "vlan",
)  # fmt: skip
(
    TS, UID, ORIG_H, ORIG_P, RESP_H, RESP_P, PROTO, SERVICE, DURATION, ORIG_BYTES, RESP_BYTES, STATE, ORIG_PKTS, RESP_PKTS, PARENTS,
    IP_PROTO, DURATION_NS, VLAN,
) = range(len(CONN))  # fmt: skip
CONN_SLOTS = len(CONN)

LOGS: dict[str, tuple[str, ...]] = {
    "ssl": (
        "version", "cipher", "server_name", "next_protocol", "established", "subject", "issuer", "validation_status", "ja3", "ja3s",
        "ja4", "cert_chain_fps", "cert_chain_fuids", "resumed", "ssl_history",
    ),
    "http": ("method", "host", "uri", "user_agent", "status_code", "version", "resp_mime_types"),
    "dns": ("query", "qtype_name", "rcode_name", "answers"),
    "x509": (
        "fingerprint", "id", "certificate.subject", "certificate.issuer", "certificate.not_valid_before",
        "certificate.not_valid_after", "certificate.key_type", "certificate.key_length", "certificate.serial", "san.dns",
    ),
    "ssh": ("version", "client", "server", "hassh", "hasshServer", "auth_success", "auth_attempts", "kex_alg", "host_key_alg"),
    "rdp": ("cookie", "result", "security_protocol", "client_build", "client_name"),
    "smtp": ("helo", "mailfrom", "rcptto", "subject", "last_reply", "tls", "user_agent", "trans_depth"),
    "ftp": ("user", "command", "arg", "reply_code"),
    "dpd": ("analyzer", "failure_reason", "analyzer_name", "analyzer_kind", "cause"),
    "files": ("fuid", "mime_type", "sha1", "sha256", "conn_uids", "source"),
    "weird": ("name", "addl"),
    "notice": ("note", "msg", "sub", "p"),
    "quic": ("version", "server_name", "client_protocol", "history"),
    "tunnel": ("tunnel_type", "action"),
    "socks": ("version", "request.host", "request.name", "request_p"),
    "pcapscan": ("protocol", "verdict", "expected_ports", "attempt", "campaigns"),
}  # fmt: skip
"""Wanted columns of the logs beside conn."""

EXTRA = tuple(dict.fromkeys(["_path", "event.dataset", *(name for names in LOGS.values() for name in names)]))
SLOT_NAMES = CONN + tuple(name for name in EXTRA if name not in CONN)
SLOTS = {name: slot for slot, name in enumerate(SLOT_NAMES)}

ALIASES = {
    # older and other spellings of Zeek itself
    "id_orig_h": "id.orig_h", "id_orig_p": "id.orig_p", "id_resp_h": "id.resp_h", "id_resp_p": "id.resp_p", "@path": "_path",
    "_write_ts": "", "cert_id": "fingerprint", "hassh_server": "hasshServer", "id.vlan": "vlan",
    # Elastic's Zeek integration (ECS)
    "@timestamp": "ts", "zeek.session_id": "uid", "source.ip": "id.orig_h", "source.port": "id.orig_p", "destination.ip": "id.resp_h",
    "destination.port": "id.resp_p", "network.transport": "proto", "network.protocol": "service", "event.duration": "duration_ns",
    "source.bytes": "orig_bytes", "destination.bytes": "resp_bytes", "source.packets": "orig_pkts",
    "destination.packets": "resp_pkts", "zeek.connection.state": "conn_state", "data_stream.dataset": "event.dataset",
    "zeek.ssl.version": "version", "zeek.ssl.cipher": "cipher", "zeek.ssl.server.name": "server_name",
    "tls.client.server_name": "server_name", "tls.client.ja3": "ja3", "tls.server.ja3s": "ja3s", "zeek.ssl.established": "established",
    "zeek.ssl.server.subject": "subject", "zeek.ssl.server.issuer": "issuer", "tls.server.subject": "subject",
    "tls.server.issuer": "issuer", "zeek.ssl.next_protocol": "next_protocol", "zeek.ssl.validation.status": "validation_status",
    "http.request.method": "method", "url.domain": "host", "url.original": "uri", "user_agent.original": "user_agent",
    "http.response.status_code": "status_code", "dns.question.name": "query", "zeek.dns.query": "query", "zeek.dns.answers": "answers",
    "dns.resolved_ip": "answers", "zeek.dns.qtype_name": "qtype_name", "zeek.dns.rcode_name": "rcode_name",
    "zeek.ssh.client": "client", "zeek.ssh.server": "server", "zeek.dpd.analyzer": "analyzer",
    "zeek.dpd.failure_reason": "failure_reason", "zeek.tunnel.type": "tunnel_type", "zeek.tunnel.action": "action",
    "zeek.notice.name": "note", "zeek.notice.note": "note", "zeek.x509.id": "id",
}  # fmt: skip
"""Other names of wanted columns; ECS keeps bytes at the IP layer's count where Zeek gave no payload count, and durations in ns."""

PATHS = {
    "connection": "conn", "analyzer": "dpd", "conn_red": "conn", "conn_long": "conn", "conn_agg": "conn", "http2": "http",
    "ssl_red": "ssl", "dns_red": "dns", "http_red": "http", "files_red": "files", "known_certs": "",
}  # fmt: skip
"""Other names of logs: Elastic's data sets, Zeek 8's analyzer.log, Corelight's reduced logs."""

TELLTALES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("x509", ("certificate.subject", "certificate.serial")),
    ("notice", ("note",)),
    ("pcapscan", ("verdict",)),
    ("dpd", ("failure_reason", "analyzer_kind")),
    ("tunnel", ("tunnel_type",)),
    ("conn", ("conn_state", "orig_pkts")),
    ("dns", ("qtype_name", "rcode_name", "query")),
    ("ssl", ("cipher", "established", "ssl_history", "ja3")),
    ("http", ("method", "status_code")),
    ("ssh", ("kex_alg", "host_key_alg", "auth_attempts")),
    ("quic", ("client_protocol",)),
    ("rdp", ("security_protocol", "cookie")),
    ("smtp", ("helo", "mailfrom")),
    ("socks", ("request_p", "request.host")),
    ("ftp", ("reply_code", "command")),
    ("files", ("mime_type", "conn_uids")),
    ("weird", ("addl",)),
    ("http", ("user_agent", "uri")),
    ("ssl", ("server_name",)),
)
"""Columns that tell which log a row without a path belongs to, in the order of trial."""


def log_name(path: str) -> str:
    """Name of a log by its ``#path``, ``_path`` or data set; labelled variants (``conn.labeled``, ``conn-old``) are the log they label."""
    word = path.strip().lower().removeprefix("zeek.").removeprefix("corelight_")
    word = PATHS.get(word, word)
    for stop in (".", "-", " "):
        word = word.split(stop, 1)[0]
    return PATHS.get(word, word)


def log_of_fields(names: set[str]) -> str:
    """Which log has these columns; empty where none is known."""
    return next((log for log, tell in TELLTALES if any(name in names for name in tell)), "")


def _fnv(name: str) -> int:
    value = 14695981039346656037
    for byte in name.encode():
        value = ((value ^ byte) * 1099511628211) & ((1 << 64) - 1)
    return value


def key_table() -> tuple[U64, I16]:
    """Hash table of all names of wanted JSON keys, open addressing: hashes (0 empty) and slots."""
    size = 1024
    hashes, slots = np.zeros(size, np.uint64), np.full(size, -1, np.int16)
    names = {name: slot for name, slot in SLOTS.items() if name != "duration_ns"}
    names.update({alias: SLOTS[name] for alias, name in ALIASES.items() if name})
    for name, slot in names.items():
        value = _fnv(name)
        at = value % size
        while hashes[at]:
            at = (at + 1) % size
        hashes[at], slots[at] = value, slot
    return hashes, slots
