"""One JSON object -> one row: which exporter wrote it is told by its keys, then its shell is taken off.

======================= =============================================================================
told by                 shape
======================= =============================================================================
``Event.System``        EVTX as JSON (package evtx, evtx_dump)
``EventData`` a text    Azure Monitor: the event's fields are JSON (or XML) inside a string
``event_data``          winlogbeat 5 and 6; ``host.name`` is the collector there, ``computer_name`` the host
``winlog``, ``event``   the Elastic Common Schema
``EventID``             NXLog's flat JSON; ``ProcessID`` is the logging service there, ``EventTime`` local time
a text with ``<Event``  Sysmon for Linux in syslog
======================= =============================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from pcapscan.read.host_ecs import ecs_kind, ecs_row
from pcapscan.read.host_values import Row, Values, part, whole
from pcapscan.read.host_windows import Shell, wanted, windows_row

_TEXT_KEYS = ("message", "Message", "MESSAGE", "SyslogMessage", "msg", "log", "event.original")
_XML = re.compile(r"<Event[\s>].*?</Event>", re.DOTALL)
_SHIPPED = ("@timestamp", "EventReceivedTime", "TimeGenerated", "_time")


def read_object(doc: dict[str, Any], values: Values) -> tuple[Row | None, str]:
    """Row of an event, or None and the word it is counted under."""
    inner = doc.get("_source")
    if inner.__class__ is dict:
        doc = inner
    shell = _shell(doc)
    if shell is not None:
        return (windows_row(shell, values), "") if wanted(shell) else (None, "other events")
    if "event" not in doc and any(key.startswith(("event.", "winlog.")) for key in doc):
        doc = _nested(doc)
    if "event" in doc or "winlog" in doc or "flow" in doc:
        kind, provider = ecs_kind(doc)
        if kind >= 0:
            return ecs_row(doc, kind, provider, values), ""
        if not _has_xml(doc):
            return None, "other events"
    return _from_text(doc, values)


def _shell(doc: dict[str, Any]) -> Shell | None:
    if part(doc, "Event", "System").__class__ is dict:
        return evtx_shell(doc)
    data = doc.get("event_data")
    if data.__class__ is dict:
        return Shell(
            whole(doc.get("event_id")), doc.get("source_name"), doc.get("computer_name"), data,
            ship_time=doc.get("@timestamp"), record_time=doc.get("@timestamp"), message=doc.get("message"),
        )  # fmt: skip
    if "EventID" not in doc:
        return None
    event_id = whole(doc["EventID"] if doc["EventID"].__class__ is not dict else doc["EventID"].get("#text"))
    data = doc.get("EventData")
    if data.__class__ is str:
        return _azure(doc, event_id, data)
    if data.__class__ is dict:
        return Shell(event_id, _provider(doc), doc.get("Computer") or doc.get("Hostname"), data,
                     record_time=doc.get("TimeCreated") or doc.get("EventTime"), ship_time=_shipped(doc))  # fmt: skip
    return Shell(
        event_id, _provider(doc), doc.get("Hostname") or doc.get("Computer") or doc.get("ComputerName"), doc,
        record_time=doc.get("TimeCreated") or doc.get("EventTime"), ship_time=_shipped(doc), message=doc.get("Message"),
        data_pid="EventTime" not in doc or "ExecutionProcessID" in doc,
    )  # fmt: skip


def _provider(doc: dict[str, Any]) -> Any:
    return doc.get("SourceName") or doc.get("Provider") or doc.get("ProviderName") or doc.get("Channel") or doc.get("Source")


def _shipped(doc: dict[str, Any]) -> Any:
    return next((doc[key] for key in _SHIPPED if doc.get(key)), None)


def _azure(doc: dict[str, Any], event_id: int, data: str) -> Shell:
    fields: Any = {}
    try:
        fields = xml_data(_element(data)) if data.lstrip().startswith("<") else json.loads(data, strict=False)
    except (ValueError, RecursionError, ElementTree.ParseError):
        fields = {}
    return Shell(
        event_id, _provider(doc), doc.get("Computer"), fields if isinstance(fields, dict) else {},
        record_time=doc.get("TimeCreated") or doc.get("TimeGenerated"), ship_time=doc.get("TimeGenerated"), message=doc.get("RenderedDescription"),
    )  # fmt: skip


def evtx_shell(doc: dict[str, Any]) -> Shell:
    """A record of an EVTX file, as package evtx gives it."""
    system = doc["Event"]["System"]
    event_id = system.get("EventID")
    if isinstance(event_id, dict):
        event_id = event_id.get("#text")
    data = doc["Event"].get("EventData")
    return Shell(
        whole(event_id), part(system, "Provider", "#attributes", "Name"), system.get("Computer"), data if isinstance(data, dict) else {},
        record_time=part(system, "TimeCreated", "#attributes", "SystemTime"),
    )  # fmt: skip


def _nested(doc: dict[str, Any]) -> dict[str, Any]:
    """Keys with dots (``event.code``) as nested objects."""
    whole_doc: dict[str, Any] = {}
    for key, value in doc.items():
        *way, last = key.split(".")[:12]
        at = whole_doc
        for name in way:
            below = at.setdefault(name, {})
            if not isinstance(below, dict):
                break
            at = below
        else:
            at.setdefault(last, value[0] if isinstance(value, list) and len(value) == 1 else value)
    return whole_doc


def _has_xml(doc: dict[str, Any]) -> bool:
    return any(isinstance(doc.get(key), str) and "<Event" in doc[key] for key in _TEXT_KEYS)


def _from_text(doc: dict[str, Any], values: Values) -> tuple[Row | None, str]:
    for key in _TEXT_KEYS:
        text = doc.get(key)
        if isinstance(text, str) and "<Event" in text:
            for row, word in xml_rows(text, values, _shipped(doc)):
                return row, word
    return None, "no host event"


def xml_rows(text: str, values: Values, shipped: Any = None) -> Iterator[tuple[Row | None, str]]:
    """Rows of the ``<Event>`` elements in a text."""
    for match in _XML.finditer(text):
        yield xml_row(match[0], values, shipped)


def xml_row(text: str, values: Values, shipped: Any = None) -> tuple[Row | None, str]:
    """Row of one ``<Event>`` element."""
    try:
        root = _element(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None, "broken XML"
    shell = _xml_shell(root)
    shell.ship_time = shipped
    return (windows_row(shell, values), "") if wanted(shell) else (None, "other events")


def _element(text: str) -> ElementTree.Element:
    """Parse XML that declares no entities: an event needs none, a bomb does."""
    if "<!" in text.replace("<![CDATA[", ""):
        raise ValueError("declares entities")
    return ElementTree.fromstring(text)  # noqa: S314 - what makes XML dangerous was just refused


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _xml_shell(root: ElementTree.Element) -> Shell:
    shell = Shell(-1, None, None, {})
    for child in root:
        if _local(child.tag) == "System":
            for item in child:
                tag = _local(item.tag)
                if tag == "EventID":
                    shell.event_id = whole(item.text)
                elif tag == "Provider":
                    shell.provider = item.get("Name")
                elif tag == "TimeCreated":
                    shell.record_time = item.get("SystemTime")
                elif tag == "Computer":
                    shell.host = item.text
        elif _local(child.tag) == "EventData":
            shell.data = xml_data(child)
    return shell


def xml_data(element: ElementTree.Element) -> dict[str, Any]:
    """Names and texts of ``<Data Name="...">`` elements."""
    return {str(item.get("Name")): item.text for item in element.iter() if item.get("Name") and _local(item.tag) == "Data"}
