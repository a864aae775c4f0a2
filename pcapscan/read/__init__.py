"""Bytes on disk -> records of captures, columns of logs.

::

    find_inputs(paths) -> [Input]
    Stream(input) -> head, compression;  sniff(stream) -> kind
    open_capture(input | stream) -> CaptureReader: iterates RecordTable, then .report()
    open_zeek(input | stream) -> ZeekReader: iterates ZeekConnTable and ZeekLogTable, then .report()
"""

from pcapscan.read.capture import CaptureReader, open_capture
from pcapscan.read.inputs import Input, find_inputs
from pcapscan.read.sniff import CAPTURES, HOST, ZEEK, sniff
from pcapscan.read.streams import Stream
from pcapscan.read.zeek import ZeekReader, open_zeek

__all__ = [
    "CAPTURES",
    "HOST",
    "ZEEK",
    "CaptureReader",
    "Input",
    "Stream",
    "ZeekReader",
    "find_inputs",
    "open_capture",
    "open_zeek",
    "sniff",
]
