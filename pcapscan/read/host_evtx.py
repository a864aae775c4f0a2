"""Windows event logs as they lie on disk (EVTX) -> records as JSON, through package evtx, which is optional."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

from pcapscan.errors import NotRecognised
from pcapscan.read.streams import Stream

_SPOOL = 64 << 20
MISSING = "an EVTX file: reading it needs package evtx (pip install 'pcapscan[evtx]')"


def records(stream: Stream) -> Iterator[tuple[int, Any]]:
    """Record id and content of every record; None for one that cannot be read, ids -1 where not even that is known.

    The format points to and fro, so the (uncompressed) bytes are spooled to a temporary file that is deleted afterwards.
    """
    try:
        from evtx import PyEvtxParser
    except ImportError:
        raise NotRecognised(stream.input.path, None, MISSING) from None
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as file:
        blocks = stream.blocks()
        block = None
        while block is None or not block.last:
            block = blocks.next(block)
            file.write(block.data[block.lo : block.hi].tobytes())
        file.seek(0)
        yield from _parsed(PyEvtxParser, file)


def _parsed(parser: Any, file: Any) -> Iterator[tuple[int, Any]]:
    try:
        found = iter(parser(file).records_json())
    except BaseException as error:  # the wheel raises RuntimeError, and a panic derives from BaseException
        _reraise(error)
        yield -1, None
        return
    while True:
        try:
            record = next(found)
        except StopIteration:
            return
        except BaseException as error:
            _reraise(error)
            yield -1, None
            if isinstance(error, RuntimeError):
                continue
            return
        try:
            yield int(record["event_record_id"]), json.loads(record["data"], strict=False)
        except (ValueError, KeyError, TypeError, RecursionError):
            yield -1, None


def _reraise(error: BaseException) -> None:
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
        raise error
