"""Everything that can go wrong, as one tree; each leaf knows its exit code.

::

    PcapscanError
    ├── UsageError            2   the call or a configuration file is wrong
    │   └── KnowledgeError    2   a TOML file is wrong: names file, table and key
    └── InputError            4   an input is unreadable, wholly or from some offset on
        ├── NotRecognised     4   no reader knows the bytes: says what was tried and why each refused
        ├── Corrupt           4   recognised, then broken: what was read before is kept
        └── TooLarge          4   a bound was hit (an archive bomb, a line without end)

Exit codes of the command line: 0 done; 2 usage; 3 findings at or above ``--fail-on``; 4 some input unreadable, the rest was
done; 5 nothing could be read; 130 interrupted (128 and the signal's number, as shells say it).
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_FINDINGS = 3
EXIT_PARTIAL = 4
EXIT_NOTHING_READ = 5
EXIT_INTERRUPTED = 130


class PcapscanError(Exception):
    """Root of all errors this package raises on purpose."""

    exit_code = EXIT_USAGE


class UsageError(PcapscanError):
    """The call is wrong; the message says what to do instead."""


class KnowledgeError(UsageError):
    """A knowledge file is wrong.

    Parameters
    ----------
    file, table, key : str
        Where; ``table`` and ``key`` may be empty.
    problem : str
        What is wrong and what is expected.
    """

    def __init__(self, file: str, table: str, key: str, problem: str) -> None:
        self.file, self.table, self.key, self.problem = file, table, key, problem
        where = ": ".join(part for part in (file, f"[{table}]" if table else "", key) if part)
        super().__init__(f"{where}: {problem}")


class InputError(PcapscanError):
    """An input is unreadable from ``offset`` on.

    Parameters
    ----------
    path : str
        The input as the user named it, or as found below a folder.
    offset : int or None
        Byte offset (in the uncompressed stream) where reading stopped; None where no offset applies.
    problem : str
        What is wrong, and what was kept.
    """

    exit_code = EXIT_PARTIAL

    def __init__(self, path: str, offset: int | None, problem: str) -> None:
        self.path, self.offset, self.problem = path, offset, problem
        at = "" if offset is None else f" at byte {offset:,}".replace(",", " ")
        super().__init__(f"{path}{at}: {problem}")


class NotRecognised(InputError):
    """No reader knows these bytes."""


class Corrupt(InputError):
    """Recognised, then broken; what was read before is kept."""


class TooLarge(InputError):
    """A bound on what one input may ask for was hit."""
