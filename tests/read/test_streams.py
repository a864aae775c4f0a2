from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pcapscan.read.inputs import Input
from pcapscan.read.sources import compression_of
from pcapscan.read.streams import Stream


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=2000), block_bytes=st.integers(1, 700), left=st.integers(0, 900), need=st.integers(0, 1500))
def test_blocks_carry_what_is_left_and_gather_what_is_needed(tmp_path_factory, data, block_bytes, left, need):
    assume(not compression_of(data[:18]))  # what begins as such is read as such: three bytes that say bzip2 hold nothing
    path = tmp_path_factory.mktemp("s") / "x"
    path.write_bytes(data)
    with Stream(Input(str(path), 0)) as stream:
        blocks = stream.blocks(block_bytes)
        block, keep, at = None, 0, 0
        while block is None or not block.last:
            block = blocks.next(block, keep, need)
            assert block.base + block.lo == at
            assert block.data[block.lo : block.hi].tobytes() == data[at : at + block.hi - block.lo]
            assert block.last or block.hi - block.lo >= need
            keep = min(left, block.hi - block.lo - 1) if block.hi > block.lo else 0
            at += block.hi - block.lo - keep
        assert at + keep == len(data)
        blocks.finish()
        assert stream.sha256() == hashlib.sha256(data).hexdigest() and stream.size == len(data)


def test_digest_is_of_the_whole_though_reading_stopped_early(tmp_path):
    data = bytes(range(256)) * 4000
    (tmp_path / "x").write_bytes(data)
    with Stream(Input(str(tmp_path / "x"), 0)) as stream:
        blocks = stream.blocks(1000)
        blocks.next()
        blocks.finish()
        assert stream.sha256() == hashlib.sha256(data).hexdigest()


def test_abandoned_stream_ends_its_thread(tmp_path):
    (tmp_path / "x").write_bytes(bytes(1 << 20))
    with Stream(Input(str(tmp_path / "x"), 0)) as stream:
        stream.blocks(1000).next()
    assert not [t for t in threading.enumerate() if t.name == "pcapscan-read"]
    assert stream.sha256() == ""


def test_failure_on_the_thread_reaches_the_consumer(tmp_path):
    (tmp_path / "x").write_bytes(bytes(1 << 20))
    with Stream(Input(str(tmp_path / "x"), 0)) as stream:

        def fail(view):
            raise ZeroDivisionError

        stream._rest.readinto = fail
        with pytest.raises(ZeroDivisionError):
            stream.blocks(1000).next()
