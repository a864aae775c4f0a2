from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcapscan.read import find_inputs, open_capture
from pcapscan.read.pcapng import units_to_ns

FAR = 1 << 62


def opened(tmp_path, blob, **options):
    (tmp_path / "x").write_bytes(blob)
    return open_capture(find_inputs([tmp_path / "x"])[0], **options)


def rich(maker):
    """Two sections of either byte order, several interfaces, every block that carries packets, others between."""
    a = maker("<").section().interface(link=1).interface(link=101, snaplen=50, resolution=9, offset=3)
    a.packet(b"first", 1_000_001).block(4, b"names" * 5).packet(b"second!", 5_000_000_007, interface=1, wire=900)
    a.block(0x0BAD, b"q" * 301).obsolete(b"third", 7, interface=0).simple(b"fourth")
    b = maker(">").section(length=1234).interface(link=113, resolution=0x80 | 10)
    b.packet(b"fifth", (7 << 10) | 512).block(5, b"stat").packet(b"", 0, interface=0)
    return a.out + b.out


EXPECTED = [
    (1_000_001_000, 1, b"first", 1, 0),
    (8_000_000_007, 2, b"second!", 101, 1),
    (7_000, 3, b"third", 1, 0),
    (7_000, 4, b"fourth", 1, 0),
    (7_500_000_000, 5, b"fifth", 113, 0),
    (0, 6, b"", 113, 0),
]


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 16, 33, 100, 4 << 20])
def test_sections_interfaces_resolutions_and_all_packet_blocks(tmp_path, pcapng_maker, rows_of, block_bytes):
    reader = opened(tmp_path, rich(pcapng_maker), block_bytes=block_bytes)
    rows = rows_of(reader)
    assert [(ns, n, data, link, i) for ns, n, _, data, _, link, i in rows] == EXPECTED
    assert rows[1][4] == 900
    report = reader.report()
    assert report.errors == () and report.skipped == {"without time, kept with the time before": 1}


def test_offsets_point_at_the_blocks(tmp_path, pcapng_maker, rows_of):
    blob = rich(pcapng_maker)
    for row in rows_of(opened(tmp_path, blob, block_bytes=40)):
        assert blob[row[2] : row[2] + 80].find(row[3]) > 0 or not row[3]


def test_simple_packet_is_cut_by_the_snaplen_of_interface_zero(tmp_path, pcapng_maker, rows_of):
    blob = pcapng_maker().section().interface(snaplen=4).simple(b"abcd", wire=1500).out
    ((_, _, _, data, wire, _, _),) = rows_of(opened(tmp_path, blob))
    assert data == b"abcd" and wire == 1500


def test_caplen_larger_than_its_block_is_cut_and_counted(tmp_path, pcapng_maker, rows_of):
    reader = opened(tmp_path, pcapng_maker().section().interface().packet(b"abcd", caplen=60_000).packet(b"next").out)
    assert [r[3] for r in rows_of(reader)] == [b"abcd", b"next"]
    assert reader.report().skipped == {"caplen larger than its block, cut": 1}


def test_packet_of_an_interface_that_is_not_described_is_counted(tmp_path, pcapng_maker, rows_of):
    reader = opened(tmp_path, pcapng_maker().section().packet(b"lost").interface().packet(b"kept").out)
    assert [(r[1], r[3]) for r in rows_of(reader)] == [(2, b"kept")]
    assert reader.report().skipped == {"unknown interface": 1}


def test_interfaces_are_numbered_anew_in_each_section(tmp_path, pcapng_maker, rows_of):
    one = pcapng_maker().section().interface(link=1).interface(link=113).packet(b"a", interface=1)
    two = pcapng_maker().section().interface(link=101).packet(b"b", interface=1)
    reader = opened(tmp_path, one.out + two.out)
    assert [r[3] for r in rows_of(reader)] == [b"a"] and reader.report().skipped == {"unknown interface": 1}


def test_many_interfaces_grow_the_table(tmp_path, pcapng_maker, rows_of):
    maker = pcapng_maker().section()
    for k in range(40):
        maker.interface(link=k)
    maker.packet(b"x", interface=39)
    assert rows_of(opened(tmp_path, maker.out))[0][5] == 39


def test_huge_block_without_packets_is_passed_over_not_gathered(tmp_path, pcapng_maker, rows_of):
    blob = pcapng_maker().section().interface().block(10, b"k" * 3_000_000).packet(b"after").out
    assert [r[3] for r in rows_of(opened(tmp_path, blob, block_bytes=1000))] == [b"after"]


def test_broken_length_and_truncation_say_where(tmp_path, pcapng_maker, rows_of):
    good = pcapng_maker().section().interface().packet(b"kept").out
    reader = opened(tmp_path, good + b"\x06\0\0\0\x05\0\0\0" + bytes(40))
    assert len(rows_of(reader)) == 1
    assert f"record 2 at byte {len(good)}" in reader.report().errors[0]
    reader = opened(tmp_path, good + pcapng_maker().packet(b"cut" * 30).out[:-20])
    assert len(rows_of(reader)) == 1
    assert "the file ends" in reader.report().errors[0]
    reader = opened(tmp_path, good + pcapng_maker().block(4, b"names" * 30_000).out[:-20])
    assert len(rows_of(reader)) == 1
    assert "before the end of a block" in reader.report().errors[0]


@settings(max_examples=300, deadline=None)
@given(
    stamp=st.integers(0, 2**64 - 1) | st.integers(0, 2**52), resolution=st.integers(0, 20) | st.integers(0x80, 0x80 | 63),
    offset=st.integers(-(10**9), 10**9),
)  # fmt: skip
@example(stamp=1 << 62, resolution=10, offset=0)
@example(stamp=2**64 - 1, resolution=12, offset=-1)
@example(stamp=2**64 - 1, resolution=0x80 | 63, offset=0)
def test_time_stamps_are_exact(exact_ns, stamp, resolution, offset):
    high, low = stamp >> 32, stamp & 0xFFFFFFFF
    exact = exact_ns(stamp, resolution)
    got = units_to_ns(np.int64(high), np.int64(low), np.int64(resolution), np.int64(offset * 10**9))
    if exact < 4_000_000_000 * 10**9:
        assert got == exact + offset * 10**9
    else:
        assert got >= 2**61 or got == FAR or exact_ns(stamp, resolution, offset) == got


@settings(max_examples=60, deadline=None)
@given(data=st.data(), block_bytes=st.integers(1, 200))
def test_junk_anywhere_never_crashes_and_blocks_change_nothing(tmp_path_factory, pcapng_maker, rows_of, data, block_bytes):
    blob = bytearray(rich(pcapng_maker))
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(28, len(blob) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("g")
    one, other = opened(path, bytes(blob)), opened(path, bytes(blob), block_bytes=block_bytes)
    assert rows_of(one) == rows_of(other) and one.report() == other.report()
