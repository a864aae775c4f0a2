"""First bytes -> what kind of input it is, by content and never by name; a refusal says what was tried and why.

The order of trial: magics of four bytes and more first (captures, EVTX, containers), because text formats would refuse them
anyway at more cost; then texts, the strict before the lax: a Zeek header, JSON, XML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pcapscan.errors import NotRecognised
from pcapscan.read.host_lines import is_wrapped
from pcapscan.read.inputs import Input
from pcapscan.read.sources import COMPRESSIONS, compression_of
from pcapscan.read.streams import HEAD_BYTES, Stream

CAPTURES = ("pcap", "pcapng")
ZEEK = ("zeek-tsv", "zeek-json")
HOST = ("evtx", "host-json", "xml")

PCAP_MAGICS = {
    bytes.fromhex(word): name
    for word, name in (
        ("a1b2c3d4", "big"), ("d4c3b2a1", "little"), ("a1b23c4d", "big ns"), ("4d3cb2a1", "little ns"),
        ("a1b2cd34", "big modified"), ("34cdb2a1", "little modified"),
    )
}  # fmt: skip
"""First four bytes of a pcap file: byte order, nanoseconds, or the modified format with longer record headers.
https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html"""

_CONTAINERS = (
    ("zip archive", 0, b"PK\x03\x04"), ("zip archive", 0, b"PK\x05\x06"), ("7z archive", 0, b"7z\xbc\xaf\x27\x1c"),
    ("tar archive", 257, b"ustar"), ("rar archive", 0, b"Rar!\x1a\x07"),
)  # fmt: skip

_KNOWN_OTHERS = (
    ("an ELF program", b"\x7fELF"), ("a Windows program", b"MZ"), ("a PDF", b"%PDF"), ("a PNG image", b"\x89PNG"),
    ("an SQLite database", b"SQLite format 3\0"), ("a Parquet file", b"PAR1"), ("a snoop capture", b"snoop\0\0\0"),
    ("a JPEG image", b"\xff\xd8\xff"),
)  # fmt: skip


def sniff(source: Input | Stream) -> str:
    """Tell what kind of input this is.

    Parameters
    ----------
    source : Input or Stream
        An :class:`Input` is opened and closed again: not for stdin or a FIFO, whose bytes would be lost; open a
        :class:`Stream` for these and hand it to the reader afterwards.

    Returns
    -------
    str
        One of :data:`CAPTURES`, :data:`ZEEK`, :data:`HOST`.

    Raises
    ------
    NotRecognised
        No reader knows the bytes; the message lists every format tried and why each refused.
    InputError
        The input cannot be opened.
    """
    if isinstance(source, Input):
        with Stream(source, digest=False) as stream:
            return sniff(stream)
    head, path = source.head, source.input.path
    if not head:
        raise NotRecognised(path, 0, source.problem or ("nothing in it" if source.compression else "empty: no bytes"))
    within = f"inside the {source.compression} stream: " if source.compression else ""
    again = compression_of(head)
    if again and source.compression:
        raise NotRecognised(path, None, f"compressed twice ({again} inside {source.compression}): unpack it once and name the result")
    for word, at, magic in _CONTAINERS:
        if head[at : at + len(magic)] == magic:
            raise NotRecognised(path, None, f"{within}a {word}, which may hold many inputs: unpack it and name the folder")
    refusals = []
    for name, test in _TRIALS:
        found, why = test(head, source.whole)
        if found:
            return found
        refusals.append(f"{name} ({why})")
    other = next((f"looks like {word}; " for word, magic in _KNOWN_OTHERS if head.startswith(magic)), "")
    tried = ", ".join(refusals)
    squeezed = ", ".join(name for name, _ in COMPRESSIONS)
    cut = f"; {source.problem}" if source.problem else ""
    raise NotRecognised(path, None, f"{within}not recognised: {other}tried {tried}; compressions {squeezed} (no magic){cut}")


def _pcap(head: bytes, whole: bool) -> tuple[str, str]:
    if head[:4] not in PCAP_MAGICS:
        return "", f"first bytes {head[:4].hex()} are none of its magics"
    if len(head) < 24:
        return "", f"its header of 24 bytes is cut at {len(head)}"
    return "pcap", ""


def _pcapng(head: bytes, whole: bool) -> tuple[str, str]:
    if head[:4] != b"\x0a\x0d\x0d\x0a":
        return "", "no section header block"
    if len(head) < 28:
        return "", f"its section header is cut at {len(head)} bytes"
    if head[8:12] not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
        return "", "byte-order magic is wrong"
    return "pcapng", ""


def _evtx(head: bytes, whole: bool) -> tuple[str, str]:
    return ("evtx", "") if head.startswith(b"ElfFile\0") else ("", "no ElfFile magic")


def _text(head: bytes) -> tuple[str, str]:
    """Give the head as text without a byte-order mark, or why it is none."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) & ~1].decode("utf-16", "replace").lstrip("\ufeff"), ""
    head = head.removeprefix(b"\xef\xbb\xbf")
    end = head.find(b"\0")
    if end >= 0:  # a log may hold NUL bytes; what stands before the first must suffice
        head = head[:end]
        if not head:
            return "", "begins with a NUL byte: not text"
    return head.decode("utf-8", "backslashreplace"), ""


_ZEEK_HEADER = re.compile(r"^#(separator|set_separator|empty_field|unset_field|path|open|fields|types)[ \t\W]", re.MULTILINE)


def _zeek_tsv(head: bytes, whole: bool) -> tuple[str, str]:
    text, why = _text(head)
    if why:
        return "", why
    lines = [line for line in text.split("\n", 200) if line.strip()]
    if not lines or not lines[0].startswith("#"):
        return "", "first line is no # header"
    if not _ZEEK_HEADER.search(text):
        return "", "# lines name no Zeek header"
    return "zeek-tsv", ""


def first_object(head: bytes, whole: bool) -> tuple[dict[str, Any] | None, str]:
    """Find the first JSON object of a text (alone on its line, spread over lines, or first in an array), or why there is none."""
    text, why = _text(head)
    if why:
        return None, why
    text = text.lstrip()
    if text.startswith("["):
        text = text[1:].lstrip()
    if not text.startswith("{"):
        return None, "does not begin with {"
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError) as error:
        if not whole and len(head) >= HEAD_BYTES:
            return _cut_object(text), "first object is larger than is looked at"
        return None, f"first object is broken: {error}"
    return (value, "") if isinstance(value, dict) else (None, "first value is no object")


def _cut_object(text: str) -> dict[str, Any] | None:
    """Keys of an object that was cut: enough to tell whose it is."""
    keys = re.findall(r'"([@A-Za-z_][\w.@\-]{0,80})"\s*:', text)
    return dict.fromkeys(keys) if keys else None


def is_zeek_object(row: dict[str, Any]) -> bool:
    """Whether a JSON object is a Zeek log row, plain or wrapped in ECS by Elastic's integration (or by Corelight's shippers)."""
    dataset = str(_deep(row, "event", "dataset") or _deep(row, "data_stream", "dataset") or row.get("event.dataset") or "")
    if dataset.startswith("zeek.") or isinstance(row.get("zeek"), dict):
        return True
    if "_path" in row or "id.orig_h" in row or "id_orig_h" in row or isinstance(_deep(row, "id", "orig_h"), str):
        return True
    return (
        "ts" in row
        and bool({"uid", "fuid", "note", "name", "id", "fingerprint", "conn_uids", "uids"} & row.keys())
        and "@timestamp" not in row
    )


def _deep(row: dict[str, Any], *keys: str) -> Any:
    value: Any = row
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _zeek_json(head: bytes, whole: bool) -> tuple[str, str]:
    row, why = first_object(head, whole)
    if row is None:
        return "", why
    return ("zeek-json", "") if is_zeek_object(row) else ("", "first object has no Zeek fields (ts with uid, id.orig_h, _path)")


def _host_json(head: bytes, whole: bool) -> tuple[str, str]:
    row, why = first_object(head, whole)
    return ("host-json", "") if row is not None or is_wrapped(head) else ("", why)  # a batch may be cut


_SYSLOG_SYSMON = re.compile(r"""^[^<\n]{1,200}<Event[\s>][^\n]{0,200}Sysmon""", re.MULTILINE)


def _xml(head: bytes, whole: bool) -> tuple[str, str]:
    text, why = _text(head)
    if why:
        return "", why
    if re.match(r"\s*<(\?xml|Events?\b)", text) or _SYSLOG_SYSMON.search(text):
        return "xml", ""
    return "", "no <?xml or <Event>, and no line of syslog with Sysmon's"


_TRIALS: tuple[tuple[str, Callable[[bytes, bool], tuple[str, str]]], ...] = (
    ("pcap", _pcap),
    ("pcapng", _pcapng),
    ("EVTX", _evtx),
    ("Zeek TSV", _zeek_tsv),
    ("Zeek JSON", _zeek_json),
    ("host events as JSON", _host_json),
    ("Windows events as XML", _xml),
)
