"""Host network events as row output: the columns of ``pcapscan attribute``, whose names are a contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.report.columns import Coded, Column, Columns, Known, nothing
from pcapscan.tables import I64, JOIN_OUTCOMES, NO_TIME, TRANSPORTS, Attribution, FlowTable, HostEventTable

TIMES = ("time", "flow_first")

_TRANSPORT = tuple(TRANSPORTS.get(n, str(n)) for n in range(255))
_SIDES = ("orig", "resp")


def reported(attribution: Attribution) -> I64:
    """Rows of the events that are reported: every network event, a repeated one once."""
    outcome = attribution.outcome
    return np.flatnonzero((outcome >= 0) & (outcome != JOIN_OUTCOMES.index("duplicate"))).astype(np.int64)


def _or_null(values: np.ndarray[Any, Any], absent: np.ndarray[Any, Any]) -> Known:
    return Known(values, ~absent)


def host_columns(
    events: HostEventTable,
    attribution: Attribution,
    flows: FlowTable,
    *,
    source_h: np.ndarray[Any, Any],
    dest_h: np.ndarray[Any, Any],
    orig_h: np.ndarray[Any, Any],
    resp_h: np.ndarray[Any, Any],
    sources: list[str],
) -> Columns:
    """Columns of n events; ``time`` and ``flow_first`` are nanoseconds.

    Parameters
    ----------
    events, attribution : tables of n rows
        Both taken at :func:`reported`.
    flows : FlowTable of n rows
        The flow that each event joined; any flow where it joined to none.
    source_h, dest_h, orig_h, resp_h : n texts
        Addresses of the events, and of ``flows``.
    sources : list of str
        Input names by index.
    """
    alone, unknown = attribution.flow < 0, ~events.has_tuple
    image = np.where(attribution.image >= 0, attribution.image, events.image)
    skew = attribution.skew_ns == NO_TIME
    if alone.all():  # perhaps there are no flows at all
        none: dict[str, Column] = dict.fromkeys(
            ("first", "orig_p", "resp_p"), Known(np.zeros(len(events), np.int64), np.zeros(len(events), np.bool_))
        )
        none |= dict.fromkeys(("orig_h", "resp_h", "source"), nothing(len(events)))
    else:
        none = {
            "first": _or_null(flows.first_ns, alone), "orig_p": _or_null(flows.orig_p.astype(np.int64), alone),
            "resp_p": _or_null(flows.resp_p.astype(np.int64), alone), "orig_h": _or_null(orig_h, alone), "resp_h": _or_null(resp_h, alone),
            "source": Coded(np.where(alone, -1, flows.source), sources),
        }  # fmt: skip
    return {
        "host": Coded(events.host, events.strings),
        "source": Coded(events.source, sources),
        "line": _or_null(events.line, events.line < 0),
        "time": _or_null(attribution.time_ns, attribution.time_ns == NO_TIME),
        "transport": Coded(np.where(events.proto == 255, -1, events.proto.astype(np.int64)), _TRANSPORT),
        "source_h": _or_null(source_h, unknown),
        "source_p": _or_null(events.src_p, unknown),
        "dest_h": _or_null(dest_h, unknown),
        "dest_p": _or_null(events.dst_p, unknown),
        "pid": _or_null(events.pid, events.pid < 0),
        "process_guid": Coded(events.guid, events.strings),
        "image": Coded(image, events.strings),
        "outcome": Coded(attribution.outcome, JOIN_OUTCOMES),
        "side": Coded(attribution.side, _SIDES),
        "skew_s": _or_null(np.where(skew, 0, attribution.skew_ns) / 1e9, skew),
        "flow_first": none["first"],
        "flow_orig_h": none["orig_h"],
        "flow_orig_p": none["orig_p"],
        "flow_resp_h": none["resp_h"],
        "flow_resp_p": none["resp_p"],
        "flow_source": none["source"],
        "candidates": attribution.candidates,
    }
