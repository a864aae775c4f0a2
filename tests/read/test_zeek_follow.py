"""Logs that grow: nothing is lost and nothing is read twice, whatever rotation, crashes and half-written lines do."""

from __future__ import annotations

import gzip
import os
import threading
import time

import pytest

from pcapscan.read import Input
from pcapscan.read.zeek_follow import MAX_PART, Follower, Tailer

HEAD = "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#path\tconn\n#open\t2026-01-01\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n"


def row(number: int) -> str:
    return f"{1767225600 + number}.000001\tC{number}\t10.0.0.5\t{40000 + number % 20000}\t203.0.113.9\t8088\ttcp\n"


def numbers(pieces) -> list[int]:
    """Which rows the pieces hold, by their uids."""
    found = []
    for piece in pieces:
        for table in piece.tables(Input(piece.path, 0)):
            found += [int(uid[1:]) for uid in table.uid.tolist()]
    return found


@pytest.fixture
def conn(tmp_path):
    path = tmp_path / "conn.log"
    path.write_text(HEAD + row(0) + row(1))
    return path


@pytest.fixture
def opened():
    """Tailers that are closed at the end."""
    tailers = []

    def make(path):
        tailers.append(Tailer(path))
        return tailers[-1]

    yield make
    for tailer in tailers:
        tailer.close()


def append(path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_rows_are_given_once_as_they_come(conn, opened):
    tailer = opened(conn)
    assert numbers(tailer.read()) == [0, 1]
    assert numbers(tailer.read()) == []
    append(conn, row(2))
    assert numbers(tailer.read()) == [2]


def test_a_line_that_is_half_written_waits_for_its_end(conn, opened):
    tailer, text = opened(conn), row(2)
    append(conn, text[:30])
    assert numbers(tailer.read()) == [0, 1]
    append(conn, text[30:-1])
    assert numbers(tailer.read()) == []
    append(conn, "\n" + row(3))
    assert numbers(tailer.read()) == [2, 3]


def test_what_was_written_before_a_rename_is_read_then_the_new_log(conn, tmp_path, opened):
    tailer = opened(conn)
    assert numbers(tailer.read()) == [0, 1]
    append(conn, row(2) + "#close\t2026-01-01\n")
    conn.rename(tmp_path / "conn.2026-01-01-00-00-00.log")
    conn.write_text(HEAD + row(3))
    append(conn, row(4))
    assert numbers(tailer.read()) == [2, 3, 4]


def test_a_log_rotated_twice_between_two_looks(conn, tmp_path, opened):
    """What a look could not see in time lies in the archive; what it still holds open is read."""
    tailer = opened(conn)
    list(tailer.read())
    append(conn, row(2))
    conn.rename(tmp_path / "conn.00:00:00-01:00:00.log")
    conn.write_text(HEAD + row(3))
    conn.rename(tmp_path / "conn.01:00:00-02:00:00.log")
    conn.write_text(HEAD + row(4))
    assert numbers(tailer.read()) == [2, 4]


def test_a_rotated_log_may_end_without_a_line_end(conn, tmp_path, opened):
    tailer = opened(conn)
    append(conn, row(2).rstrip("\n"))
    assert numbers(tailer.read()) == [0, 1]
    conn.rename(tmp_path / "conn.old.log")
    assert numbers(tailer.read()) == [2]
    assert numbers(tailer.read()) == [], "no new log yet"
    conn.write_text(HEAD + row(3))
    assert numbers(tailer.read()) == [3]


def test_a_log_cut_in_place_begins_anew(conn, opened):
    tailer = opened(conn)
    append(conn, row(2))
    list(tailer.read())
    conn.write_text(HEAD + row(7))
    assert numbers(tailer.read()) == [7]


def test_header_that_changes_in_the_file(conn, opened):
    """Zeek that was restarted writes a header into the log that stands there; its columns may be others."""
    tailer = opened(conn)
    list(tailer.read())
    append(conn, "#close\t2026\n" + HEAD.replace("uid\tid.orig_h", "id.orig_h\tuid"))
    append(conn, "1767225609.5\t10.0.0.5\tC9\t40000\t203.0.113.9\t8088\ttcp\n")
    assert numbers(tailer.read()) == [9]


def test_lines_are_numbered_as_in_the_file(conn, opened):
    tailer = opened(conn)
    append(conn, row(2))
    list(tailer.read())
    append(conn, row(3) + row(4))
    (piece,) = tailer.read()
    (table,) = piece.tables(Input(str(conn), 0))
    lines = conn.read_bytes().splitlines(keepends=True)
    for number, offset, uid in zip(table.line.tolist(), table.offset.tolist(), table.uid.tolist(), strict=True):
        assert lines[number - 1].split(b"\t")[1] == uid
        assert conn.read_bytes()[offset:].startswith(lines[number - 1])


def test_bytes_that_are_no_utf8_do_no_harm(conn, opened):
    """zat's own tailer raises here."""
    tailer = opened(conn)
    list(tailer.read())
    with conn.open("ab") as file:
        file.write(row(2).encode().replace(b"tcp", b"tcp\t\xff\xfe") + row(3).encode())
    assert numbers(tailer.read()) == [2, 3]


def test_a_line_without_end_is_passed_over(conn, opened):
    tailer = opened(conn)
    list(tailer.read())
    with conn.open("ab") as file:
        file.write(b"x" * (MAX_PART + 10))
    assert numbers(tailer.read()) == []
    append(conn, "yyy\n" + row(5))
    assert numbers(tailer.read()) == [5]


def test_json_logs_are_followed_too(tmp_path, opened):
    path = tmp_path / "conn.log"
    line = '{"ts":1767225600.5,"uid":"C%d","id.orig_h":"10.0.0.5","id.orig_p":1,"id.resp_h":"10.0.0.6","id.resp_p":2,"proto":"tcp","conn_state":"SF"}\n'
    path.write_text(line % 1)
    tailer = opened(path)
    assert numbers(tailer.read()) == [1]
    append(path, line % 2 + (line % 3)[:50])
    assert numbers(tailer.read()) == [2]


def test_conn_comes_last_and_other_files_are_left_alone(tmp_path):
    (tmp_path / "current").mkdir()
    for name in ("conn.log", "ssl.log", "stats.log", "conn.2026-01-01.log", "notes.txt"):
        (tmp_path / "current" / name).write_text(HEAD + row(1))
    follower = Follower(tmp_path)
    assert [piece.path.rsplit("/", 1)[1] for piece in follower.read()] == ["ssl.log", "conn.log"]
    follower.close()


def test_archived_logs_are_those_rotated_within_the_window(tmp_path, conn):
    day = tmp_path / "2026-01-01"
    day.mkdir()
    (day / "conn.00:00:00-01:00:00.log.gz").write_bytes(gzip.compress((HEAD + row(5)).encode()))
    (tmp_path / "conn-old.log").write_text(HEAD + row(6))
    os.utime(tmp_path / "conn-old.log", (1000, 1000))
    follower = Follower(tmp_path)
    assert [p.name for p in follower.archived(time.time() - 3600)] == ["conn.00:00:00-01:00:00.log.gz"]
    conn.rename(tmp_path / "conn.2026-01-01-00-00-00.log")
    assert "conn.2026-01-01-00-00-00.log" not in [p.name for p in follower.archived(time.time() - 3600)], "still followed by its open file"
    follower.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_watcher_wakes_up_when_a_log_grows(conn, tmp_path):
    follower = Follower(tmp_path)
    list(follower.read())
    threading.Timer(0.3, append, (conn, row(2))).start()
    began = time.monotonic()
    follower.wait(20)
    assert time.monotonic() - began < 15
    deadline = time.monotonic() + 5
    found: list[int] = []
    while not found and time.monotonic() < deadline:
        found = numbers(follower.read())
    assert found == [2]
    follower.close()
