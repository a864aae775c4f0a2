from __future__ import annotations

import bz2
import gzip
import lzma
import os
import threading

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.errors import InputError
from pcapscan.read import sources
from pcapscan.read.inputs import Input
from pcapscan.read.streams import Stream

PACK = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
TEXT = b"".join(b"line %07d of some text that can be packed\n" % k for k in range(20_000))


def pull(path, block_bytes=50_000, **options):
    """All bytes of a stream, and its problem."""
    with Stream(Input(str(path), 0), **options) as stream:
        blocks = stream.blocks(block_bytes)
        out, block = [], None
        while block is None or not block.last:
            block = blocks.next(block)
            out.append(block.data[block.lo : block.hi].tobytes())
        blocks.finish()
        return b"".join(out), stream


@pytest.mark.parametrize("name", PACK)
def test_each_compression_is_told_by_content(tmp_path, name):
    (tmp_path / "x.pcap").write_bytes(PACK[name](TEXT))
    out, stream = pull(tmp_path / "x.pcap")
    assert out == TEXT and stream.compression == name and stream.problem == ""


@pytest.mark.parametrize("name", PACK)
def test_concatenated_streams_are_one(tmp_path, name):
    (tmp_path / "x").write_bytes(PACK[name](TEXT[:3000]) + PACK[name](b"") + PACK[name](TEXT[3000:]))
    out, stream = pull(tmp_path / "x")
    assert out == TEXT and stream.problem == ""


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("share", [0.3, 0.9, 0.9999])
def test_truncated_stream_gives_what_came_before(tmp_path, name, share):
    whole = PACK[name](TEXT)
    (tmp_path / "x").write_bytes(whole[: int(len(whole) * share)])
    out, stream = pull(tmp_path / "x")
    assert TEXT.startswith(out) and "cut" in stream.problem
    if name in ("gzip", "lz4"):  # the others compress in blocks larger than this text
        assert len(out) > len(TEXT) * share * 0.5


def test_gzip_yields_every_byte_before_the_cut(tmp_path):
    import zlib

    whole = gzip.compress(TEXT)
    cut = whole[: len(whole) // 2]
    (tmp_path / "x").write_bytes(cut)
    out, _ = pull(tmp_path / "x")
    expected = zlib.decompressobj(31).decompress(cut)
    assert expected.startswith(out) and len(expected) - len(out) <= 258  # the fast decompressor may hold back one symbol


@pytest.mark.parametrize("name", PACK)
def test_broken_stream_keeps_what_came_before_and_says_so(tmp_path, name):
    whole = bytearray(PACK[name](TEXT))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = bytes(range(7, 47))
    (tmp_path / "x").write_bytes(whole)
    _, stream = pull(tmp_path / "x")
    assert name in stream.problem


def test_gzip_followed_by_zeros_is_padding_and_by_junk_is_said(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(TEXT) + bytes(70_000))
    out, stream = pull(tmp_path / "x")
    assert out == TEXT and stream.problem == ""
    (tmp_path / "y").write_bytes(gzip.compress(TEXT) + b"junk after the end")
    out, stream = pull(tmp_path / "y")
    assert out == TEXT and "not gzip" in stream.problem


def test_many_tiny_members_take_no_stack_and_little_time(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(b"ab\n", 1) * 20_000)
    out, stream = pull(tmp_path / "x")
    assert out == b"ab\n" * 20_000 and stream.problem == ""


def test_zstd_frames_without_checksum_and_skippable_frames(tmp_path):
    frame = zstandard.ZstdCompressor(write_checksum=False, write_content_size=False).compress(TEXT)
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    (tmp_path / "x").write_bytes(frame + skippable + frame)
    out, stream = pull(tmp_path / "x")
    assert out == TEXT * 2 and stream.problem == ""


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=3000), cut=st.integers(1, 40), name=st.sampled_from(sorted(PACK)))
def test_any_cut_is_noticed(tmp_path_factory, data, cut, name):
    whole = PACK[name](data)
    path = tmp_path_factory.mktemp("cut") / "x"
    path.write_bytes(whole[: max(7, len(whole) - cut)])
    out, stream = pull(path)
    assert data.startswith(out) and stream.problem


def test_gzip_bomb_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BOMB_FLOOR", 1 << 20)
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(64 << 20)))
    out, stream = pull(tmp_path / "bomb")
    assert stream.too_large and "bomb" in stream.problem and len(out) < 1 << 25
    assert len(stream.sha256()) == 64


def test_max_bytes_bounds_any_input(tmp_path):
    (tmp_path / "x").write_bytes(TEXT)
    out, stream = pull(tmp_path / "x", max_bytes=70_000)
    assert out == TEXT[:70_000] and stream.too_large


def test_fifo_without_writer_is_no_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "FIFO_PATIENCE_S", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="nobody wrote"):
        Stream(Input(str(tmp_path / "pipe"), 0))


def test_fifo_with_writer_is_a_stream(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(TEXT,))
    writer.start()
    out, stream = pull(tmp_path / "pipe")
    writer.join()
    assert out == TEXT and len(stream.sha256()) == 64


def test_missing_folder_and_forbidden_are_errors_with_path(tmp_path):
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            Stream(Input(str(path), 0))
    (tmp_path / "locked").write_bytes(b"x")
    (tmp_path / "locked").chmod(0)
    if not os.access(tmp_path / "locked", os.R_OK):
        with pytest.raises(InputError, match="cannot be opened"):
            Stream(Input(str(tmp_path / "locked"), 0))
