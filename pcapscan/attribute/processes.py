"""Which program an event means, and when it was started: by GUID, by PID and time, by what the Security log says of the same connection."""

from __future__ import annotations

import re
from bisect import bisect_right

import numpy as np

from pcapscan.tables import HOST_PROVIDERS, I32, I64, NO_TIME, Bool, HostEventTable

UNRESOLVED = ("<unknown process>", "&lt;unknown process&gt;", "-", "")
_DEVICE = re.compile(r"\\device\\harddiskvolume\d+(?=\\)", re.IGNORECASE)
_SECURITY = HOST_PROVIDERS.index("security")
_START, _NETWORK, _END = 0, 1, 2


def drive_less(path: str) -> str:
    r"""A path without its device.

    >>> drive_less(r"\\device\\harddiskvolume2\\windows\\system32\\svchost.exe")
    '\\\\windows\\\\system32\\\\svchost.exe'
    """
    return _DEVICE.sub("", path, count=1)


def named(events: HostEventTable) -> Bool:
    """Events that name a program."""
    unknown = np.array([text in UNRESOLVED for text in events.strings] + [True], np.bool_)
    return ~unknown[events.image]  # -1 reads the last


def record_time(events: HostEventTable) -> I64:
    """The clock that all events of a host share: the log's, else the event's own."""
    return np.where(events.clock_ns[:, 1] != NO_TIME, events.clock_ns[:, 1], events.clock_ns[:, 0])


def starts(events: HostEventTable, host: I64) -> I64:
    """For each event the row of the event that tells of its process's start; -1 none."""
    begun = np.flatnonzero(events.kind == _START)
    found = np.full(len(events), -1, np.int64)
    if not len(begun):
        return found
    by_guid: dict[tuple[int, int], int] = {}
    by_pid: dict[tuple[int, int], list[tuple[int, int]]] = {}
    times = record_time(events)
    for row in begun.tolist():
        if events.guid[row] >= 0:
            by_guid.setdefault((int(host[row]), int(events.guid[row])), row)
        if events.pid[row] >= 0 and times[row] != NO_TIME:
            by_pid.setdefault((int(host[row]), int(events.pid[row])), []).append((int(times[row]), row))
    for pairs in by_pid.values():
        pairs.sort()
    for row in np.flatnonzero(events.kind == _NETWORK).tolist():
        at = by_guid.get((int(host[row]), int(events.guid[row])), -1) if events.guid[row] >= 0 else -1
        if at < 0 and events.guid[row] < 0 and events.pid[row] >= 0 and times[row] != NO_TIME:
            pairs = by_pid.get((int(host[row]), int(events.pid[row])), [])
            place = bisect_right(pairs, (int(times[row]) + 1, 0))
            at = pairs[place - 1][1] if place else -1
        found[row] = at
    return found


def images(events: HostEventTable, host: I64, key: I64, started: I64) -> I32:
    """Program of each event, index in its strings; -1 unknown.

    Parameters
    ----------
    host, key : int64[n]
        Codes of the event's host and endpoints.
    started : int64[n]
        From :func:`starts`.
    """
    known = named(events)
    answer = np.where(known, events.image, -1).astype(np.int32)
    missing = np.flatnonzero(~known & (events.kind == _NETWORK))
    if not len(missing):
        return answer
    by_guid, by_pid, by_tuple = _witnesses(events, host, key, known)
    times = record_time(events)
    for row in missing.tolist():
        who = int(host[row])
        if started[row] >= 0 and known[started[row]]:
            answer[row] = events.image[started[row]]
        elif (who, int(events.guid[row])) in by_guid:
            answer[row] = by_guid[who, int(events.guid[row])]
        elif (index := _by_pid(by_pid.get((who, int(events.pid[row])), []), int(times[row]))) >= 0:
            answer[row] = index
        elif (who, int(key[row]), int(events.pid[row])) in by_tuple:
            answer[row] = _without_device(events.strings, by_tuple[who, int(key[row]), int(events.pid[row])])
    return answer


def _witnesses(
    events: HostEventTable, host: I64, key: I64, known: Bool
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], list[tuple[int, int]]], dict[tuple[int, int, int], int]]:
    """What other events say: by GUID, by PID over time (starts and ends alone), by connection and PID (Security log)."""
    by_guid: dict[tuple[int, int], int] = {}
    by_pid: dict[tuple[int, int], list[tuple[int, int]]] = {}
    by_tuple: dict[tuple[int, int, int], int] = {}
    times = record_time(events)
    for row in np.flatnonzero(known).tolist():
        who, image = int(host[row]), int(events.image[row])
        if events.guid[row] >= 0:
            by_guid.setdefault((who, int(events.guid[row])), image)
        if events.pid[row] < 0:
            continue
        if events.kind[row] in (_START, _END) and times[row] != NO_TIME:
            by_pid.setdefault((who, int(events.pid[row])), []).append((int(times[row]), image if events.kind[row] == _START else ~image))
        if events.provider[row] == _SECURITY and events.has_tuple[row]:
            by_tuple.setdefault((who, int(key[row]), int(events.pid[row])), image)
    for pairs in by_pid.values():
        pairs.sort()
    return by_guid, by_pid, by_tuple


def _by_pid(pairs: list[tuple[int, int]], time_ns: int) -> int:
    """Program that ran under a PID at a time: of the last start before it, unless it had ended; of the next end after it."""
    place = bisect_right(pairs, (time_ns, 1 << 62))
    if place < len(pairs) and pairs[place][1] < 0:
        return ~pairs[place][1]
    return pairs[place - 1][1] if place and pairs[place - 1][1] >= 0 else -1


def _without_device(strings: list[str], index: int) -> int:
    """Index of a path without its device; a new text where there is none yet."""
    path = drive_less(strings[index])
    if path == strings[index]:
        return index
    strings.append(path)
    return len(strings) - 1
