"""What the commands share: inputs, output, progress, and how errors become exit codes."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import rich_click as click
from click.exceptions import Exit

from pcapscan import digest
from pcapscan.errors import EXIT_NOTHING_READ, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE, PcapscanError
from pcapscan.machine import cores
from pcapscan.memory import keep_freed

if TYPE_CHECKING:
    from pcapscan.pipeline import Progress, Run

F = TypeVar("F", bound=Callable[..., Any])


def _networks(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Networks as they were meant; host bits are no mistake."""
    try:
        return tuple(str(ipaddress.ip_network(value, strict=False)) for value in values)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write 192.0.2.0/24 or 2001:db8::/32", context, parameter) from error


knowledge_option = click.option(
    "--knowledge", "knowledge", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="DIR",
    help="Folder (or file) of TOML laid over the shipped knowledge; may be repeated.",
)  # fmt: skip
home_net_option = click.option(
    "--home-net", "home_net", multiple=True, metavar="CIDR", callback=_networks,
    help="Network that counts as inside, beside private space; may be repeated.",
)  # fmt: skip
indicators_option = click.option(
    "--indicators", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="FILE",
    help="Addresses, names, fingerprints to raise.",
)  # fmt: skip


def evidence(command: F) -> F:
    """Arguments and options of every command that reads evidence."""
    for decorate in reversed(
        [
            click.argument("inputs", nargs=-1, required=True, metavar="INPUT..."),
            click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to this file instead of standard output."),
            knowledge_option,
            home_net_option,
            click.option("--jobs", "-j", type=click.IntRange(1, 64), default=min(4, cores()), show_default=True, help="Inputs read at once."),
            click.option("--quiet", "-q", is_flag=True, help="No progress, no notes on standard error."),
        ]
    ):  # fmt: skip
        command = decorate(command)
    return command


def _offsets(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """``HOST=SECONDS`` or ``SECONDS``."""
    read = []
    for value in values:
        host, _, seconds = value.rpartition("=")
        try:
            number = float(seconds)
        except ValueError:
            number = float("nan")
        if not abs(number) < 1e9:
            raise click.BadParameter(f"{value} is no number of seconds; write 3600, or ws1.example=-2.5", context, parameter)
        read.append((host, number))
    return tuple(read)


def time_offset(command: F) -> F:
    """Option of the commands that join host events."""
    return click.option(
        "--time-offset", "time_offset", multiple=True, metavar="[HOST=]SECONDS", callback=_offsets,
        help="How far host clocks are ahead of the evidence, instead of what is found; checked against it. May be repeated.",
    )(command)  # fmt: skip


def say(text: str) -> None:
    """A note for the person, on standard error."""
    click.echo(text, err=True)


def compiling(quiet: bool) -> Callable[[int], None] | None:
    """What says so where kernels have to be compiled first."""
    if quiet:
        return None
    return lambda kernels: say(f"pcapscan: first run after an installation: compiling {kernels} kernels, once (some 10 to 40 seconds) ...")


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """A bar on standard error; nothing where that is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeElapsedColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    from pcapscan.report.escape import for_terminal

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    lock, shown = threading.Lock(), [0.0]
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:

        def tell(path: str, done: int, size: int) -> None:
            with lock:
                now = time.monotonic()
                if path in tasks and now - shown[0] < 0.1:
                    return
                shown[0] = now
                if path not in tasks:
                    for old in tasks.values():
                        bar.remove_task(old)
                    tasks.clear()
                    tasks[path] = bar.add_task(for_terminal(Path(path).name)[:40], total=size or None)
                bar.update(tasks[path], completed=done)

        yield tell


@contextmanager
def output(path: str | None, append: bool = False) -> Iterator[IO[bytes]]:
    """The binary file to write to, or to append to; a reader that goes away (``| head``) ends the command quietly."""
    if path in (None, "-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    assert path is not None
    try:
        file = Path(path).open("ab" if append else "wb")  # noqa: SIM115 - closed below, after the body
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        yield file


def whole(path: Path) -> bytes:
    """The bytes of a small file that is no evidence, such as a report."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error


def start(inputs: tuple[str, ...], quiet: bool, tell: Progress | None, **settings: Any) -> Run:
    """A run over the inputs."""
    keep_freed()
    gc.disable()  # what is loaded now stays: collecting while it comes, and once more at the end, is a fifth of a short run
    try:
        from pcapscan.pipeline import Run, Settings

        run = Run(inputs, Settings(**settings), tell, compiling(quiet))
        digest.expect(run.sources if run.settings.digest else ())  # what __main__ took for inputs was a guess
        return run
    finally:
        gc.freeze()
        gc.enable()


def finish(run: Run, quiet: bool, found: int = EXIT_OK) -> None:
    """Say what could not be read and leave with the exit code that the contract names."""
    if not quiet:
        for report in run.reports.values():
            for error in report.errors[:3]:
                say("pcapscan: " + _one_line(error if error.startswith(report.path) else f"{report.path}: {error}"))
    if run.nothing_read:
        if not quiet:
            say("pcapscan: nothing could be read")
        leave(EXIT_NOTHING_READ)
    if found:
        leave(found)
    leave(EXIT_PARTIAL if run.partly_read else EXIT_OK)


def leave(code: int) -> None:
    """Exit with a code (only where it is not 0)."""
    if code:
        raise Exit(code)


def _one_line(text: str) -> str:
    from pcapscan.report.escape import for_terminal

    return for_terminal(text)


@contextmanager
def errors() -> Iterator[None]:
    """Errors of ours as one line and an exit code; a closed pipe as silence."""
    try:
        yield
    except PcapscanError as error:
        say("pcapscan: " + _one_line(str(error)))
        raise Exit(error.exit_code) from error
    except OSError as error:
        if not _reader_left(error):
            say("pcapscan: the output cannot be written: " + _one_line(error.strerror or str(error)))
        _forget_output()
        raise Exit(EXIT_OK if _reader_left(error) else EXIT_USAGE) from error


def _reader_left(error: OSError) -> bool:
    """Whether the other end of the pipe is closed; polars says so in words only (32 on Unix; 109 and 232 on Windows)."""
    return isinstance(error, BrokenPipeError) or any(f"(os error {code})" in str(error) for code in (32, 109, 232))


def _forget_output() -> None:
    """What is left in buffers goes nowhere, so that the flush at exit does not fail once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
