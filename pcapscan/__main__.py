"""``pcapscan`` and ``python -m pcapscan``: large files begin to be hashed, then the command line is loaded."""

from __future__ import annotations

import sys

from pcapscan import digest
from pcapscan.errors import EXIT_INTERRUPTED

HASHING = ("scan", "attribute")
"""Commands whose answer holds digests."""


def run() -> None:
    """Run the command line.

    What looks like a path among the arguments is hashed while click and numpy are loaded, which takes a tenth of a second; what turns out
    to be no input is let go when the arguments are understood (:func:`pcapscan.cli.common.start`).
    """
    if sys.argv[1:2] and sys.argv[1] in HASHING:
        digest.expect(sys.argv[2:])
    try:
        from pcapscan.cli import main

        main()
    except KeyboardInterrupt:  # while it was loaded; after that it sees to it itself
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    run()
