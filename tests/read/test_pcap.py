from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.read import find_inputs, open_capture
from pcapscan.read.pcap import parse_header

PACKET = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 999_999), st.binary(max_size=120), st.none() | st.integers(0, 2**31 - 1))
FORMATS = [(0xA1B2C3D4, False), (0xA1B23C4D, False), (0xA1B2CD34, True)]


def opened(tmp_path, blob, **options):
    (tmp_path / "x").write_bytes(blob)
    return open_capture(find_inputs([tmp_path / "x"])[0], **options)


@settings(max_examples=80, deadline=None)
@given(
    packets=st.lists(PACKET, max_size=12), order=st.sampled_from("<>"), form=st.sampled_from(FORMATS), block_bytes=st.integers(1, 400),
    cut=st.integers(0, 60),
)  # fmt: skip
def test_kernel_and_slow_reader_agree_wherever_blocks_end(
    tmp_path_factory, pcap_maker, slow_reader, rows_of, packets, order, form, block_bytes, cut
):
    blob = pcap_maker(packets, order=order, magic=form[0], modified=form[1], link=113)
    blob = blob[: max(24, len(blob) - cut)]
    reader = opened(tmp_path_factory.mktemp("p"), blob, block_bytes=block_bytes)
    expected = slow_reader(blob)
    assert rows_of(reader) == [(*row, 113, 0) for row in expected]
    report = reader.report()
    whole = 24 + sum((24 if form[1] else 16) + len(row[3]) for row in expected) == len(blob)
    assert (report.errors == ()) == whole and report.records == len(expected) and report.size == len(blob)


def test_truncated_file_says_record_offset_and_what_was_kept(tmp_path, pcap_maker, rows_of):
    blob = pcap_maker([(1, 2, b"x" * 100, None), (2, 3, b"y" * 100, None)])
    reader = opened(tmp_path, blob[:-30])
    assert len(rows_of(reader)) == 1
    (error,) = reader.report().errors
    assert error == "record 2 at byte 140: the file ends 86 bytes into a record of 116; 1 record kept"


def test_absurd_caplen_stops_with_a_word_and_the_digest_is_of_all(tmp_path, pcap_maker, rows_of):
    import hashlib

    blob = bytearray(pcap_maker([(1, 2, b"x" * 100, None), (2, 3, b"y" * 100, None), (3, 4, b"z", None)]))
    blob[24 + 116 + 8 : 24 + 116 + 12] = b"\xff\xff\xff\x7f"
    reader = opened(tmp_path, bytes(blob))
    assert len(rows_of(reader)) == 1
    report = reader.report()
    assert "record 2 at byte 140" in report.errors[0] and "1 record kept" in report.errors[0]
    assert report.sha256 == hashlib.sha256(blob).hexdigest()


@pytest.mark.parametrize("snaplen", [0, 68, 2**31, 2**32 - 1])
def test_snaplen_lies_are_no_reason_to_stop(tmp_path, pcap_maker, rows_of, snaplen):
    reader = opened(tmp_path, pcap_maker([(1, 2, b"x" * 3000, None)], snaplen=snaplen))
    assert len(rows_of(reader)) == 1 and reader.report().errors == ()


def test_large_record_is_believed_where_the_snaplen_promises_it(tmp_path, pcap_maker, rows_of):
    packets = [(1, 2, b"x" * 600_000, None), (1, 3, b"y", None)]
    assert len(rows_of(opened(tmp_path, pcap_maker(packets, snaplen=1 << 20), block_bytes=1000))) == 2
    assert len(rows_of(opened(tmp_path, pcap_maker(packets, snaplen=65535)))) == 0


def test_fcs_bits_above_the_link_type_are_masked(pcap_maker):
    assert parse_header(pcap_maker([], link=0x44000001)[:24]).link == 1


def test_old_version_has_its_lengths_exchanged(tmp_path, pcap_maker, rows_of):
    import struct

    blob = pcap_maker([], version=(2, 2)) + struct.pack("<IIII", 5, 6, 900, 3) + b"abc"
    ((ns, _, _, data, wire, _, _),) = rows_of(opened(tmp_path, blob))
    assert (ns, data, wire) == (5_000_006_000, b"abc", 900)


def test_header_alone_is_an_empty_capture_without_error(tmp_path, pcap_maker, rows_of):
    reader = opened(tmp_path, pcap_maker([]))
    assert rows_of(reader) == [] and reader.report().errors == () and reader.report().first_ns is None


@settings(max_examples=80, deadline=None)
@given(junk=st.binary(max_size=400), block_bytes=st.integers(1, 100))
def test_junk_after_the_header_never_crashes(tmp_path_factory, pcap_maker, rows_of, junk, block_bytes):
    path = tmp_path_factory.mktemp("j")
    blob = pcap_maker([]) + junk
    one = opened(path, blob)
    rows = rows_of(one)
    other = opened(path, blob, block_bytes=block_bytes)
    assert rows_of(other) == rows and one.report() == other.report()
