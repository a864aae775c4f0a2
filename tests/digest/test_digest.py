"""Digests made beside the reader: whatever happens to the process or the file, the answer is that of the bytes that were read, or none."""

from __future__ import annotations

import gzip
import hashlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pcapscan import digest
from pcapscan.digest import Beside, worker
from pcapscan.pipeline import Run, Settings

DATA = os.urandom(1 << 20) * 3 + b"end"

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="no posix_spawn here: everything is hashed as it passes")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def beside(file):
    descriptor = os.open(file, os.O_RDONLY)
    made = Beside(descriptor)
    os.close(descriptor)
    yield made
    made.abandon()


def read_all(made: Beside, data: bytes = DATA, step: int = 100_000) -> None:
    for at in range(0, len(data), step):
        made.passed(memoryview(data)[at : at + step])
    made.end()


def gone(process: int) -> bool:
    """Whether a process ends within ten seconds."""
    for _ in range(1000):
        try:
            if os.waitpid(process, os.WNOHANG)[0]:
                return True
        except ChildProcessError:
            return True
        time.sleep(0.01)
    return False


def descriptors() -> int:
    open_ones = Path("/proc/self/fd")
    return len(list(open_ones.iterdir())) if open_ones.is_dir() else 0


def test_the_digest_is_that_of_the_file_and_nothing_stays_open(file):
    before = descriptors()
    descriptor = os.open(file, os.O_RDONLY)
    made = Beside(descriptor)
    os.close(descriptor)
    read_all(made)
    assert made.hexdigest() == hashlib.sha256(DATA).hexdigest() == made.hexdigest()
    assert made._process and gone(made._process)
    assert descriptors() == before


def test_a_process_is_what_answers(beside):
    """Else the fall-back would hide that nothing is hashed beside."""
    beside._again = None  # type: ignore[assignment,method-assign]
    read_all(beside)
    assert beside.hexdigest() == hashlib.sha256(DATA).hexdigest()


def until_told(made: Beside) -> None:
    """Wait until the process has said its last, and take that before anybody asks."""
    made._order(worker.ENDED)
    for _ in range(500):
        if not made._alive:
            return
        time.sleep(0.01)
        made._order(worker.ENDED)
    pytest.fail("it never said its last")


@pytest.mark.parametrize("size", (1000, len(DATA), len(DATA) + 50_000))
def test_an_answer_that_comes_before_it_is_asked_for_is_held_to_what_was_read(file, size):
    """A file cut short, left alone, or grown before its process has come to its end."""
    before = descriptors()
    os.truncate(file, size)
    descriptor = os.open(file, os.O_RDONLY)
    made = Beside(descriptor)
    os.close(descriptor)
    made.passed(memoryview(DATA[: len(DATA) - 5]))
    made.passed(memoryview(DATA[len(DATA) - 5 :]))
    until_told(made)
    held = file.read_bytes()[: len(DATA)]
    assert made.hexdigest() == (hashlib.sha256(held).hexdigest() if size >= len(DATA) else "")
    assert descriptors() == before


def test_a_file_that_is_written_anew_is_hashed_anew(file, beside):
    """With the same length: only its time tells."""
    time.sleep(0.3)  # its process is through
    other = DATA[::-1]
    file.write_bytes(other)
    os.utime(file, ns=(1, 1))
    read_all(beside, other)
    assert beside.hexdigest() == hashlib.sha256(other).hexdigest()


def test_a_process_that_says_nothing_is_let_go(beside, monkeypatch):
    monkeypatch.setattr(digest, "PATIENCE_S", 0.2)
    os.kill(beside._process, signal.SIGSTOP)
    read_all(beside)
    assert beside.hexdigest() == hashlib.sha256(DATA).hexdigest()
    assert gone(beside._process)


def test_of_a_file_that_grew_only_what_was_read_counts(file, beside):
    with file.open("ab") as more:
        more.write(b"later" * 100_000)
    read_all(beside)
    assert beside.hexdigest() == hashlib.sha256(DATA).hexdigest()


def test_a_file_that_shrank_has_no_digest(file, beside):
    os.truncate(file, 1000)
    read_all(beside)
    assert beside.hexdigest() == ""


@pytest.mark.parametrize("when", ("before", "after"))
def test_a_process_that_dies_costs_time_and_no_answer(beside, when):
    if when == "before":
        os.kill(beside._process, signal.SIGKILL)
        os.waitpid(beside._process, 0)
    read_all(beside)
    if when == "after":
        os.kill(beside._process, signal.SIGSTOP)
        os.kill(beside._process, signal.SIGKILL)
    assert beside.hexdigest() == hashlib.sha256(DATA).hexdigest()


def test_a_reader_far_ahead_waits_and_gets_on(beside, monkeypatch):
    monkeypatch.setattr(digest, "BEHIND", 1 << 15)
    monkeypatch.setattr(digest, "APART", 1 << 16)
    monkeypatch.setattr(digest, "TELL", 1 << 14)
    read_all(beside, step=10_000)
    assert beside._hashed >= len(DATA) - (1 << 16) - 10_000
    assert beside.hexdigest() == hashlib.sha256(DATA).hexdigest()


def test_whom_nobody_asks_ends(beside):
    beside.abandon()
    assert gone(beside._process)


@pytest.mark.parametrize("what", ("process", "pipe"))
def test_where_no_process_starts_nothing_is_left_open(file, monkeypatch, what):
    if what == "process":
        monkeypatch.setattr(sys, "executable", str(file))
    else:
        real, calls = os.pipe, []

        def pipe() -> tuple[int, int]:
            calls.append(1)
            if len(calls) == 2:
                raise OSError("too many open files")
            return real()

        monkeypatch.setattr(os, "pipe", pipe)
    before = descriptors()
    descriptor = os.open(file, os.O_RDONLY)
    with pytest.raises(OSError, match=r"."):
        Beside(descriptor)
    os.close(descriptor)
    assert descriptors() == before


class TestExpected:
    """Who is hashed beside, and when."""

    @pytest.fixture(autouse=True)
    def small_is_large(self, monkeypatch):
        monkeypatch.setattr(digest, "LARGE", 1000)
        monkeypatch.setattr(digest, "_expected", digest._Expected())
        monkeypatch.setattr(digest, "cores", lambda: 2)
        yield
        for begun in digest._expected._begun.values():
            begun.abandon()

    @pytest.fixture
    def files(self, tmp_path):
        made = []
        for k in range(4):
            made.append(tmp_path / f"{k}.pcap")
            made[-1].write_bytes(bytes([k]) * (5000 if k != 1 else 10))
        return made

    @staticmethod
    def take(path: Path, read: int = 0) -> Beside | None:
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, read)
        try:
            return digest.taken(descriptor, 0)
        finally:
            os.close(descriptor)

    def begun(self) -> int:
        return len(digest._expected._begun)

    def test_one_is_ahead_of_the_one_that_is_read_and_small_ones_never(self, files):
        digest.expect([str(f) for f in files])
        for k, path in enumerate(files):
            assert self.begun() == 1
            made = self.take(path)
            assert (made is None) == (k == 1)
            if made is not None:
                read_all(made, path.read_bytes())
                assert made.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
        assert self.begun() == 0

    def test_a_command_that_tells_no_digests_lets_all_go(self, files):
        digest.expect([str(files[0])])
        (wrong,) = digest._expected._begun.values()
        digest.expect(())
        assert gone(wrong._process)
        assert self.begun() == 0

    def test_few_processes_run_however_many_files_there_are(self, tmp_path):
        made = []
        for k in range(12):
            made.append(tmp_path / f"{k}.pcap")
            made[-1].write_bytes(bytes([k]) * 5000)
        digest.expect([str(f) for f in made])
        before, taken = descriptors(), []
        for path in made:
            taken.append(self.take(path))
            read_all(taken[-1], path.read_bytes())
            assert sum(one._alive for one in taken) <= 3
        assert descriptors() <= before + 9
        for one, path in zip(taken, made, strict=True):
            assert one.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
        end = time.monotonic() + 10
        while digest._ending and time.monotonic() < end:
            digest._reap()
        assert not digest._ending

    def test_a_file_written_to_since_it_was_begun_is_hashed_by_its_reader(self, files):
        digest.expect([str(files[0])])
        os.utime(files[0], ns=(1, 1))
        assert self.take(files[0]) is None

    def test_said_twice_it_is_begun_once(self, files):
        digest.expect([str(files[0])])
        digest.expect([str(f) for f in files])
        assert self.begun() == 1
        assert self.take(files[0]) is not None
        assert self.take(files[0]) is None
        assert self.take(files[2]) is not None

    def test_what_is_no_input_after_all_is_let_go(self, files):
        """Before the arguments are understood, the output of a run before looks like one."""
        digest.expect([str(files[0]), str(files[2])])
        (wrong,) = digest._expected._begun.values()
        digest.expect([str(files[2]), str(files[3])])
        assert gone(wrong._process)
        assert self.take(files[2]) is not None

    def test_a_file_that_nobody_reads_does_not_keep_the_others_from_it(self, files):
        digest.expect([str(files[0]), str(files[2]), str(files[3])])
        assert self.take(files[2]) is None  # 0 was begun
        assert self.take(files[3]) is not None

    def test_a_reader_that_began_elsewhere_hashes_for_itself(self, files):
        digest.expect([str(files[0])])
        assert self.take(files[0], read=10) is None

    def test_nobody_who_said_nothing_gets_a_process(self, files):
        assert self.take(files[0]) is None

    def test_what_cannot_be_read_is_passed_over(self, files, tmp_path):
        digest.expect(["-", "\0", str(tmp_path), str(tmp_path / "none"), str(files[3])])
        assert self.take(files[3]) is not None

    @pytest.mark.parametrize("why", ("frozen", "one core", "no interpreter"))
    def test_without_what_it_takes_nothing_is_begun(self, files, monkeypatch, why):
        if why == "frozen":
            monkeypatch.setattr(sys, "frozen", True, raising=False)
        elif why == "one core":
            monkeypatch.setattr(digest, "cores", lambda: 1)
        else:
            monkeypatch.setattr(sys, "executable", "")
        digest.expect([str(f) for f in files])
        assert self.begun() == 0


def test_the_worker_is_a_script_of_the_standard_library_alone():
    """It is started without the package, and without what is installed."""
    text = Path(worker.__file__).read_text(encoding="utf-8")
    names = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))} - {"__future__"}
    assert names <= set(sys.stdlib_module_names)


def test_a_scan_tells_the_digests_of_files_hashed_beside_it(tmp_path, monkeypatch):
    """Captures, a log that is opened twice, and one that is compressed: each is read by another reader."""
    captures = Path(__file__).parents[2] / "captures"
    shell, beacon = (captures / name / "capture.pcap" for name in ("t1571-1-netcat-shell-4444", "t1571-4-http-beacon-9001"))
    (tmp_path / "a.pcap").write_bytes(shell.read_bytes())
    (tmp_path / "b.pcap.gz").write_bytes(gzip.compress(beacon.read_bytes()))
    (tmp_path / "conn.log").write_text("#separator \\x09\n#path\tconn\n#fields\tts\tuid\tconn_state\n1.5\tC1\tSF\n")
    (tmp_path / "d.bin").write_bytes(bytes(5000))
    (tmp_path / "e.pcap").write_bytes(beacon.read_bytes() + b"cut")
    monkeypatch.setattr(digest, "LARGE", 10)
    monkeypatch.setattr(digest, "_expected", digest._Expected())
    monkeypatch.setattr(digest, "cores", lambda: 2)
    begun: list[int] = []
    monkeypatch.setattr(digest, "_started", lambda *a, own=digest._started: begun.append(1) or own(*a))
    run = Run([str(tmp_path)], Settings(jobs=1))
    digest.expect(run.sources)
    list(run.batches())
    told = {Path(r.path).name: r.sha256 for r in run.accounts()}
    assert told == {f.name: hashlib.sha256(f.read_bytes()).hexdigest() if f.name != "d.bin" else "" for f in tmp_path.iterdir()}
    assert len(begun) >= 3
    assert run.accounts() == run.accounts()
