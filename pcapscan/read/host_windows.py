"""Events of Windows (and of Sysmon for Linux) -> rows: Sysmon 1, 3, 5, 13, 22 and Security 5156, whatever shell they came in.

Field names are Sysmon's own, https://learn.microsoft.com/sysinternals/downloads/sysmon and
https://learn.microsoft.com/windows/security/threat-protection/auditing/event-5156 .
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field

from pcapscan.read.host_values import AT, BLANK, Row, Values, guid, image, truth, whole
from pcapscan.tables import HOST_BROKEN_IPV6, HOST_LOCAL_TIME, NO_TIME, TCP, UDP

PROTOCOLS = {"tcp": TCP, "udp": UDP, "icmp": 1, "ipv6-icmp": 58, "icmpv6": 58, "sctp": 132, "igmp": 2, "gre": 47}
SYSMON_KINDS = {1: 0, 3: 1, 5: 2, 13: 3, 22: 4}
QUARTER_HOUR = 900 * 10**9

_MESSAGE_PID = re.compile(r"Process ID:\s*(\d{1,10})")


class Shell(Struct):
    """A Windows event out of its shell.

    Attributes
    ----------
    event_id : int
    provider, host : str or None
    data : dict
        The event's own fields.
    record_time, ship_time : object
        When the log recorded it; when it was shipped (only to find the zone of a time that states none).
    message : str or None
        Rendered text: asked only for what no field holds.
    """

    event_id: int
    provider: Any
    host: Any
    data: dict[str, Any]
    record_time: Any = None
    ship_time: Any = None
    message: Any = None
    host_id: Any = None
    data_pid: bool = True
    extra: dict[str, Any] = field(default_factory=dict)


def wanted(shell: Shell) -> bool:
    """Whether the event is one that is read."""
    if shell.event_id == 5156:
        return True
    if shell.event_id not in SYSMON_KINDS:
        return False
    provider = shell.provider if isinstance(shell.provider, str) else ""
    return "sysmon" in provider.lower() if provider else "UtcTime" in shell.data or "ProcessGuid" in shell.data


def windows_row(shell: Shell, values: Values) -> Row:
    """Row of a wanted event."""
    row = BLANK.copy()
    data, add = shell.data, values.strings.add
    _times(row, shell, values)
    row[AT["host"]] = add(shell.host.lower() if isinstance(shell.host, str) else None)
    row[AT["host_id"]] = add(shell.host_id)
    if shell.event_id == 5156:
        _filtering_platform(row, shell, values)
        return row
    row[AT["kind"]] = SYSMON_KINDS[shell.event_id]
    row[AT["provider"]] = 0
    row[AT["guid"]] = add(guid(data.get("ProcessGuid")))
    row[AT["pid"]] = whole(data.get("ProcessId"), 0xFFFF_FFFF)
    row[AT["image"]] = add(image(data.get("Image")))
    row[AT["user"]] = add(data.get("User"))
    if shell.event_id == 3:
        _connection(row, data, values)
    elif shell.event_id == 1:
        row[AT["command_line"]] = add(data.get("CommandLine"))
        row[AT["original_name"]] = add(data.get("OriginalFileName"))
        row[AT["parent_guid"]] = add(guid(data.get("ParentProcessGuid")))
        row[AT["parent_pid"]] = whole(data.get("ParentProcessId"), 0xFFFF_FFFF)
        row[AT["parent_image"]] = add(image(data.get("ParentImage")))
        row[AT["parent_command_line"]] = add(data.get("ParentCommandLine"))
    elif shell.event_id == 13:
        row[AT["target"]] = add(data.get("TargetObject"))
        row[AT["details"]] = add(data.get("Details"))
    elif shell.event_id == 22:
        row[AT["target"]] = add(data.get("QueryName"))
        row[AT["details"]] = add(data.get("QueryResults"))
    return row


def _times(row: Row, shell: Shell, values: Values) -> None:
    """Both clocks; a record time without a zone is local, and snapped to a quarter of an hour by one that has a zone."""
    utc, _ = values.time(shell.data.get("UtcTime"))  # by its name UTC, whatever it states
    record, zoned = values.time(shell.record_time)
    if record != NO_TIME and not zoned:
        shipped, known = values.time(shell.ship_time)
        reference = shipped if shipped != NO_TIME and known else utc
        if reference == NO_TIME:
            record = NO_TIME
        else:
            record += (reference - record + QUARTER_HOUR // 2) // QUARTER_HOUR * QUARTER_HOUR
            row[AT["marks"]] |= HOST_LOCAL_TIME
    if record == NO_TIME and utc == NO_TIME:
        record, _ = values.time(shell.ship_time)
    row[AT["utc_ns"]], row[AT["record_ns"]] = utc, record


def endpoints(row: Row, values: Values, proto: int, src: Any, src_p: Any, dst: Any, dst_p: Any) -> None:
    """Fill transport and endpoints; what is missing stays absent."""
    a, b = values.address(src), values.address(dst)
    a_p, b_p = whole(src_p, 0xFFFF), whole(dst_p, 0xFFFF)
    if a is not None:
        row[AT["src_hi"]], row[AT["src_lo"]] = a
    if b is not None:
        row[AT["dst_hi"]], row[AT["dst_lo"]] = b
    row[AT["src_p"]], row[AT["dst_p"]] = max(a_p, 0), max(b_p, 0)
    row[AT["proto"]] = proto if 0 <= proto < 255 else 255
    ports = proto not in (TCP, UDP, 132) or (a_p >= 0 and b_p >= 0)
    row[AT["has_tuple"]] = a is not None and b is not None and ports and row[AT["proto"]] != 255


def transport(value: Any) -> int:
    """IP protocol number of a word or number; 255 unknown."""
    if isinstance(value, str) and value.strip().lower() in PROTOCOLS:
        return PROTOCOLS[value.strip().lower()]
    number = whole(value, 254)
    return number if number >= 0 else 255


def _connection(row: Row, data: dict[str, Any], values: Values) -> None:
    get = data.get
    proto = transport(get("Protocol"))
    endpoints(row, values, proto, get("SourceIp"), get("SourcePort"), get("DestinationIp"), get("DestinationPort"))
    row[AT["outbound"]] = truth(get("Initiated"))
    if (row[AT["src_hi"]] or row[AT["dst_hi"]]) and (truth(get("SourceIsIpv6")) == 1 or truth(get("DestinationIsIpv6")) == 1):
        row[AT["marks"]] |= HOST_BROKEN_IPV6


def _filtering_platform(row: Row, shell: Shell, values: Values) -> None:
    data = shell.data
    row[AT["kind"]], row[AT["provider"]] = 1, 3
    row[AT["image"]] = values.strings.add(data.get("Application"))
    endpoints(
        row, values, transport(data.get("Protocol")), data.get("SourceAddress"), data.get("SourcePort"), data.get("DestAddress"),
        data.get("DestPort"),
    )  # fmt: skip
    direction = str(data.get("Direction") or "")
    row[AT["outbound"]] = (
        1 if "14593" in direction or direction == "Outbound" else 0 if "14592" in direction or direction == "Inbound" else -1
    )
    row[AT["pid"]] = _filtering_pid(shell)


def _filtering_pid(shell: Shell) -> int:
    """PID of a 5156: its field where the shell keeps the event's own, else the rendered text's."""
    if isinstance(shell.message, str) and (match := _MESSAGE_PID.search(shell.message[:4096])):
        return whole(match[1], 0xFFFF_FFFF)
    if not shell.data_pid:
        return -1
    pid = whole(shell.data.get("ProcessID"), 0xFFFF_FFFF)
    return pid if pid >= 0 else whole(shell.data.get("ProcessId"), 0xFFFF_FFFF)
