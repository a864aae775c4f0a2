from __future__ import annotations

import os

from pcapscan.read import find_inputs


def paths_of(inputs):
    return [i.path for i in inputs]


def test_folder_is_walked_sorted_and_indexed(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("z.pcap", "a.pcap", "b/c.pcap"):
        (tmp_path / name).write_bytes(b"x")
    found = find_inputs([tmp_path])
    assert paths_of(found) == [str(tmp_path / n) for n in ("a.pcap", "z.pcap", "b/c.pcap")]
    assert [i.index for i in found] == [0, 1, 2]


def test_symlink_loop_ends_and_a_file_counts_once(tmp_path):
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "conn.log").write_bytes(b"x")
    (tmp_path / "day" / "up").symlink_to(tmp_path)
    (tmp_path / "current").symlink_to(tmp_path / "day")
    found = find_inputs([tmp_path, tmp_path / "day" / "conn.log"])
    assert len(found) == 1 and not found[0].problem


def test_fifo_in_a_folder_is_said_and_skipped_but_named_is_taken(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (lying,) = find_inputs([tmp_path])
    assert "FIFO" in lying.problem
    (named,) = find_inputs([tmp_path / "pipe"])
    assert named.problem == ""


def test_glob_missing_file_and_stdin(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "1.pcap").write_bytes(b"")
    found = find_inputs([f"{tmp_path}/**/*.pcap", "-", str(tmp_path / "gone"), f"{tmp_path}/*.nothing"])
    assert paths_of(found)[:2] == [str(tmp_path / "x" / "1.pcap"), "-"]
    assert [bool(i.problem) for i in found] == [False, False, True, True]


def test_dangling_symlink_is_said(tmp_path):
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    (found,) = find_inputs([tmp_path])
    assert "cannot be read" in found.problem


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path):
    (tmp_path / "a[1].pcap").write_bytes(b"")
    (found,) = find_inputs([tmp_path / "a[1].pcap"])
    assert found.problem == ""
