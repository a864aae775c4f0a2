from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import pytest
import zstandard

from pcapscan.errors import InputError, NotRecognised
from pcapscan.read import CAPTURES, find_inputs, open_capture, sniff
from pcapscan.read.streams import HELD

PACKETS = [(1_700_000_000 + k, k, bytes([k % 256]) * (k % 900), None) for k in range(3000)]


def opened(path, **options):
    return open_capture(find_inputs([path])[0], **options)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_compressed_capture_is_the_same_and_its_digest_is_of_the_packed_bytes(tmp_path, pcap_maker, rows_of, pack):
    blob = pcap_maker(PACKETS)
    (tmp_path / "x").write_bytes(blob)
    packed_blob = pack(blob)
    (tmp_path / "y").write_bytes(packed_blob)
    plain, packed = opened(tmp_path / "x"), opened(tmp_path / "y")
    assert rows_of(plain) == rows_of(packed)
    report = packed.report()
    assert report.sha256 == hashlib.sha256(packed_blob).hexdigest() and report.size == len(packed_blob)
    assert (report.first_ns, report.last_ns) == (1_700_000_000 * 10**9, 1_700_002_999 * 10**9 + 2_999_000)


def test_truncated_gzip_keeps_every_whole_record(tmp_path, pcap_maker, rows_of):
    whole = gzip.compress(pcap_maker(PACKETS))
    (tmp_path / "x").write_bytes(whole[: len(whole) // 2])
    reader = opened(tmp_path / "x")
    rows = rows_of(reader)
    errors = reader.report().errors
    assert 500 < len(rows) < 3000 and "cut" in errors[0] and f"{len(rows)} records kept" in errors[0]


def test_no_digest_when_not_asked_for(tmp_path, pcap_maker, rows_of):
    (tmp_path / "x").write_bytes(pcap_maker(PACKETS[:3]))
    reader = opened(tmp_path / "x", digest=False)
    assert len(rows_of(reader)) == 3 and reader.report().sha256 == ""


def test_reader_that_is_left_early_leaves_no_thread_and_reads_once(tmp_path, pcap_maker):
    (tmp_path / "x").write_bytes(pcap_maker(PACKETS))
    with opened(tmp_path / "x", block_bytes=500) as reader:
        for _ in reader:
            break
    with pytest.raises(RuntimeError):
        next(iter(reader))


def test_a_table_stays_readable_while_blocks_without_a_record_pass(tmp_path, pcap_maker):
    """Small blocks: most hold no whole record, and must not push out those that a consumer still reads."""
    packets = [(1_700_000_000 + k, 0, bytes([k % 251]) * (17 + 137 * k % 900), None) for k in range(400)]
    (tmp_path / "x").write_bytes(pcap_maker(packets))
    held = deque(maxlen=HELD)

    def bytes_of(table):
        return [table.data[r["start"] : r["start"] + r["caplen"]].tobytes() for r in table.rows]

    for table in opened(tmp_path / "x", block_bytes=331):
        held.append((table, bytes_of(table)))
        time.sleep(0.0005)  # the reading thread would fill a buffer that it was given too early
        assert all(bytes_of(table) == then for table, then in held)


def test_other_kinds_are_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"#separator \\x09\n#path\tconn\n")
    with pytest.raises(InputError, match="zeek-tsv"):
        opened(tmp_path / "x")


PROGRAM = """
import sys
from pcapscan.read import Stream, find_inputs, open_capture
reader = open_capture(Stream(find_inputs(["-"])[0], max_bytes=int(sys.argv[1])))
print(sum(len(t) for t in reader), reader.report().errors)
"""


def run_on_stdin(feed, bound=1 << 40, **env):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(bound)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={**os.environ, **env}
    )
    try:
        feed(process.stdin)
        process.stdin.close()
    except BrokenPipeError:
        process.stdin.close()
    out = process.stdout.read().decode()
    process.stdout.close()
    assert process.wait(60) == 0
    return out


def test_capture_on_stdin(pcap_maker):
    assert run_on_stdin(lambda pipe: pipe.write(pcap_maker(PACKETS))).startswith("3000 ()")


def test_endless_stdin_stops_at_its_bound(pcap_maker):
    def feed(pipe):
        pipe.write(pcap_maker([]))
        block = pcap_maker(PACKETS)[24:]
        for _ in range(60):
            pipe.write(block)

    out = run_on_stdin(feed, bound=20_000_000)
    assert "bound of 20000000" in out


def test_kernels_as_plain_python_give_the_same(pcap_maker):
    assert run_on_stdin(lambda pipe: pipe.write(pcap_maker(PACKETS[:300])), NUMBA_DISABLE_JIT="1").startswith("300 ()")


@pytest.mark.corpus
def test_every_capture_of_the_corpus_is_read_or_refused_with_a_word(corpus):
    inputs = find_inputs([corpus("protocols")])
    assert len(inputs) > 2800
    told = 0
    for source in inputs:
        try:
            if sniff(source) not in CAPTURES:
                continue
        except NotRecognised:
            continue
        reader = open_capture(source)
        records = sum(len(table) for table in reader)
        report = reader.report()
        assert records == report.records and report.sha256
        assert report.errors or records or report.size <= 1024
        told += bool(report.errors)
    assert told <= 0.01 * len(inputs)


@pytest.mark.corpus
def test_dpkt_as_second_opinion(corpus, rows_of):
    import dpkt

    for source in find_inputs([corpus("protocols/moved/ja4")]):
        with Path(source.path).open("rb") as file:
            other = [(round(ts * 1e6), bytes(data)) for ts, data in dpkt.pcap.UniversalReader(file)]
        rows = [(round(ns / 1000), data) for ns, _, _, data, _, _, _ in rows_of(open_capture(source))]
        assert [data for _, data in rows] == [data for _, data in other], source.path
        assert all(abs(a[0] - b[0]) <= 1 for a, b in zip(rows, other, strict=True)), source.path
