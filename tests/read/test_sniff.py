from __future__ import annotations

import bz2
import gzip
import zipfile

import pytest
import zstandard

from pcapscan.errors import InputError, NotRecognised
from pcapscan.read import find_inputs, sniff

ZEEK_ROW = b'{"ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1}\n'
HEADER = b"#separator \\x09\n#path\tconn\n#fields\tts\tuid\n"

KNOWN = {
    "pcap": b"\xd4\xc3\xb2\xa1" + bytes(20),
    "pcapng": b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a" + bytes(16),
    "evtx": b"ElfFile\0" + bytes(100),
    "zeek-tsv": HEADER,
    "zeek-json": ZEEK_ROW,
    "host-json": b'{"@timestamp":"2020-01-01T00:00:00Z","event":{"code":"3"}}\n',
    "xml": b'<?xml version="1.0"?><Events/>',
}


def sniffed(path):
    return sniff(find_inputs([path])[0])


@pytest.mark.parametrize("kind", KNOWN)
def test_kind_is_told_by_content_never_by_name(tmp_path, kind):
    for name in ("conn.log", "x.pcap", "x.evtx"):
        (tmp_path / name).write_bytes(KNOWN[kind])
        assert sniffed(tmp_path / name) == kind
    (tmp_path / "p").write_bytes(gzip.compress(KNOWN[kind]))
    assert sniffed(tmp_path / "p") == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xef\xbb\xbf" + HEADER, "zeek-tsv"),
        (b"#fields\tts\tuid\r\n", "zeek-tsv"),
        (b"[\n " + ZEEK_ROW + b"]", "zeek-json"),
        (b'{"@timestamp":"2020","event":{"dataset":"zeek.connection"},"source":{}}', "zeek-json"),
        (b'{"_path":"conn","ts":"2020-01-01T00:00:00Z"}', "zeek-json"),
        (b'{"ts":1,"note":"X","msg":"' + b"y" * 200_000 + b'"}', "zeek-json"),
        (b'\n\n{"EventID": 3}', "host-json"),
        ('<Event xmlns="x"/>'.encode("utf-16"), "xml"),
    ],
)
def test_variants(tmp_path, data, kind):
    (tmp_path / "x").write_bytes(data)
    assert sniffed(tmp_path / "x") == kind


def test_refusal_names_every_format_and_its_reason(tmp_path):
    (tmp_path / "conn.log").write_bytes(b"\x7fELF" + bytes(range(256)))
    with pytest.raises(NotRecognised) as refusal:
        sniffed(tmp_path / "conn.log")
    for word in ("pcap", "pcapng", "EVTX", "Zeek TSV", "Zeek JSON", "XML", "gzip", "zstd", "ELF program"):
        assert word in str(refusal.value)


def test_empty_and_containers_and_twice_compressed_say_what_to_do(tmp_path):
    (tmp_path / "e").write_bytes(b"")
    with pytest.raises(NotRecognised, match="empty"):
        sniffed(tmp_path / "e")
    with zipfile.ZipFile(tmp_path / "z.pcap", "w") as archive:
        archive.writestr("a", b"b")
    with pytest.raises(NotRecognised, match="unpack it"):
        sniffed(tmp_path / "z.pcap")
    (tmp_path / "t").write_bytes(zstandard.compress(gzip.compress(KNOWN["pcap"])))
    with pytest.raises(NotRecognised, match="gzip inside zstd"):
        sniffed(tmp_path / "t")
    (tmp_path / "b").write_bytes(bz2.compress(b""))
    with pytest.raises(NotRecognised):
        sniffed(tmp_path / "b")


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_cut_header_is_refused_with_the_reason(tmp_path, kind):
    (tmp_path / "x").write_bytes(KNOWN[kind][:15])
    with pytest.raises(NotRecognised, match="cut at 15"):
        sniffed(tmp_path / "x")


def test_deeply_nested_json_is_no_traceback(tmp_path):
    (tmp_path / "x").write_bytes(b'{"a":' * 12_000)
    with pytest.raises(InputError):
        sniffed(tmp_path / "x")
