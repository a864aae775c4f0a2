"""Values of host events: times, addresses, numbers and texts as the exporters write them -> columns.

Absence is written ``""``, ``"-"`` or not at all; numbers and booleans come as texts from some exporters, as themselves from others.
"""

from __future__ import annotations

import re
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import numpy as np

from pcapscan.tables import NO_TIME, HostEventTable

Row = list[Any]

COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("kind", "i1", 0), ("provider", "i1", 4), ("edge", "i1", 0), ("utc_ns", "i8", NO_TIME), ("record_ns", "i8", NO_TIME),
    ("start_ns", "i8", NO_TIME), ("end_ns", "i8", NO_TIME), ("proto", "u1", 255), ("has_tuple", "?", False),
    ("src_hi", "u8", 0), ("src_lo", "u8", 0), ("dst_hi", "u8", 0), ("dst_lo", "u8", 0), ("src_p", "u2", 0), ("dst_p", "u2", 0),
    ("outbound", "i1", -1), ("pid", "i8", -1), ("parent_pid", "i8", -1), ("signed", "i1", -1),
    ("src_bytes", "i8", -1), ("dst_bytes", "i8", -1), ("packets", "i8", -1),
    ("host", "i4", -1), ("host_id", "i4", -1), ("host_ip", "i4", -1), ("guid", "i4", -1), ("image", "i4", -1), ("user", "i4", -1),
    ("command_line", "i4", -1), ("original_name", "i4", -1), ("parent_guid", "i4", -1), ("parent_image", "i4", -1),
    ("parent_command_line", "i4", -1), ("signer", "i4", -1), ("process_side", "i4", -1), ("target", "i4", -1), ("details", "i4", -1),
    ("community_id", "i4", -1), ("flow_id", "i4", -1), ("source", "i4", 0), ("line", "i8", -1), ("marks", "u1", 0),
)  # fmt: skip
"""Columns of a row in the order they are collected: name, dtype, value of absence."""

AT = {name: at for at, (name, _, _) in enumerate(COLUMNS)}
BLANK: Row = [absent for _, _, absent in COLUMNS]

MAX_TEXT = 8192
"""Longest text that is kept of a value (characters); command lines of Windows end at 32,767, what tells stands at the beginning."""

_KEPT_ADDRESSES = 1 << 18
_UNSET = (None, "", "-", "(null)", "null")

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?\s*(Z|z|UTC|GMT|[+-]\d\d:?\d\d)?\s*", re.ASCII)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,16}")


class Strings:
    """Texts, each kept once.

    Attributes
    ----------
    texts : list of str
        Grows; shared with the tables.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, value: Any) -> int:
        """Index of a text; -1 for what is unset or no text."""
        if value.__class__ is not str:
            if value is None or isinstance(value, (dict, list, bool)):
                return -1
            value = str(value)
        at = self._index.get(value)
        return at if at is not None else self._fresh(value)

    def _fresh(self, value: str) -> int:
        kept = value[:MAX_TEXT]
        if not kept.isascii():
            kept = _visible(kept)
        if kept.strip() in _UNSET:
            at = -1
        else:
            at = len(self.texts)
            self.texts.append(kept)
        if len(value) <= MAX_TEXT:
            self._index[value] = at
        return at


def _visible(text: str) -> str:
    """Text that can be written as UTF-8: foreign bytes and lone surrogates as escapes."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


class Values:
    """Readers of single values; what was read before is remembered.

    Attributes
    ----------
    strings : Strings
    """

    def __init__(self, strings: Strings) -> None:
        self.strings = strings
        self._addresses: dict[str, tuple[int, int] | None] = {}
        self._days: dict[str, int | None] = {}

    def time(self, value: Any) -> tuple[int, bool]:
        """Nanoseconds since 1970, and whether a zone was stated; :data:`NO_TIME` for what is no time."""
        if value.__class__ is not str:
            return self._epoch(value), True
        match = _TIME.fullmatch(value)
        if match is None:
            return NO_TIME, False
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        begin = self._day(value[:10], int(year), int(month), int(day))
        h, m, s = int(hour), int(minute), int(second)
        if begin is None or h > 23 or m > 59 or s > 60:
            return NO_TIME, False
        ns = ((begin * 24 + h) * 60 + m) * 60 + s
        if zone and zone[0] in "+-":
            away = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
            ns += -away if zone[0] == "+" else away
        return ns * 1_000_000_000 + (int(fraction[:9].ljust(9, "0")) if fraction else 0), zone is not None

    def _day(self, text: str, year: int, month: int, day: int) -> int | None:
        if text not in self._days:
            try:
                self._days[text] = date(year, month, day).toordinal() - _EPOCH_DAY if 1971 <= year < 2261 else None
            except ValueError:
                return None
        return self._days[text]

    @staticmethod
    def _epoch(value: Any) -> int:
        """A number: seconds, milliseconds, microseconds or nanoseconds since 1970, told by its size."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 86_400 * 365 <= value < 9.2e18:
            return NO_TIME
        scale = 10**9 if value < 1e11 else 10**6 if value < 1e14 else 10**3 if value < 1e17 else 1
        ns = int(value) * scale if isinstance(value, int) else int(value * scale)
        return ns if ns < 9.2e18 else NO_TIME

    def address(self, value: Any) -> tuple[int, int] | None:
        """High and low word, IPv4 mapped into IPv6, without a zone; None for what is no address."""
        if value.__class__ is not str:
            return None
        if value in self._addresses:
            return self._addresses[value]
        if len(self._addresses) > _KEPT_ADDRESSES:
            self._addresses.clear()
        words = _words(value)
        if len(value) < 64:
            self._addresses[value] = words
        return words


def _words(text: str) -> tuple[int, int] | None:
    try:
        address = ip_address(text.partition("%")[0].strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return 0, 0xFFFF_0000_0000 | int(address)
    assert isinstance(address, IPv6Address)
    return int(address) >> 64, int(address) & 0xFFFF_FFFF_FFFF_FFFF


def whole(value: Any, most: int = 1 << 62) -> int:
    """A non-negative integer, also as text or hexadecimal; -1 for anything else."""
    if value.__class__ is int:
        return int(value) if 0 <= value <= most else -1
    if value.__class__ is str:
        text = value.strip()
        if text.isascii() and text.isdigit() and len(text) < 20:
            number = int(text)
        elif _HEX.fullmatch(text):
            number = int(text, 16)
        else:
            return -1
        return number if number <= most else -1
    if value.__class__ is float and value == value and 0 <= value <= most and value == int(value):
        return int(value)
    return -1


def truth(value: Any) -> int:
    """1 true, 0 false, -1 neither; texts too."""
    if value.__class__ is bool:
        return int(value)
    if value.__class__ is str:
        return {"true": 1, "false": 0, "1": 1, "0": 0}.get(value.strip().lower(), -1)
    return int(value) if value.__class__ is int and value in (0, 1) else -1


def guid(value: Any) -> Any:
    """A GUID in upper case without braces; anything else as it is."""
    return value.strip().strip("{}").upper() if value.__class__ is str else value


def image(value: Any) -> Any:
    """A program's path; the mark of an unresolved one without HTML escapes."""
    if value.__class__ is str and value[:4] == "&lt;" and value[-4:] == "&gt;":
        return f"<{value[4:-4]}>"
    return value


def first(value: Any) -> Any:
    """A value, or the first of a list."""
    if value.__class__ is list:
        return value[0] if value else None
    return value


def part(value: Any, *keys: str) -> Any:
    """A value inside nested objects; None where the way ends."""
    for key in keys:
        if value.__class__ is not dict:
            return None
        value = value.get(key)
    return value


def table(rows: list[Row], strings: Strings) -> HostEventTable:
    """Rows as columns."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    arrays = {name: np.array(column, dtype) for (name, dtype, _), column in zip(COLUMNS, columns, strict=True)}
    clocks = np.stack([arrays.pop("utc_ns"), arrays.pop("record_ns")], axis=1)
    return HostEventTable(clock_ns=clocks, strings=strings.texts, **arrays)
