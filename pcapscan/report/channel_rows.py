"""Channel tables as row output: the columns of ``pcapscan beacons``, whose names are a contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pcapscan.report.rows import Columns, texts
from pcapscan.tables import CHANNEL_KINDS, TRANSPORTS, Channels, ChannelTable

TIMES = ("first", "last")

_TRANSPORT = tuple(TRANSPORTS.get(n, str(n)) for n in range(256))


def _number(values: np.ndarray[Any, Any], digits: int) -> pl.Series:
    return pl.Series(values.astype(np.float64)).round(digits).fill_nan(None)


def channel_columns(
    channels: Channels,
    periods: ChannelTable,
    *,
    orig_h: np.ndarray[Any, Any] | list[str],
    resp_h: np.ndarray[Any, Any] | list[str],
    names: list[str],
    text: list[str] | None,
) -> Columns:
    """Columns of c channels.

    Parameters
    ----------
    channels, periods : tables of c rows
    orig_h, resp_h : c texts
    names : list of str
        What ``channels.server_name`` indexes.
    text : list of str or None
        A sentence a channel.
    """
    resp = pl.Series(resp_h, dtype=pl.String)
    return {
        "orig_h": orig_h,
        "resp_h": resp.set(pl.Series(~channels.has_resp), None),
        "resp_p": channels.resp_p,
        "transport": texts(channels.proto, _TRANSPORT),
        "server_name": texts(channels.server_name, names),
        "connections": periods.connections,
        "first": periods.first_ns,
        "last": periods.last_ns,
        "period_s": _number(periods.period_s, 6),
        "jitter": _number(periods.jitter, 4),
        "missed": _number(periods.missed, 4),
        "score": _number(periods.score, 6),
        "false_alarm": pl.Series(periods.false_alarm),
        "kind": texts(periods.kind, CHANNEL_KINDS),
        "attempt": channels.attempt,
        "within_flow": channels.within,
        "checkins": periods.checkins,
        "coverage": _number(periods.coverage, 4),
        "answered": _number(periods.answered, 4),
        "text": text if text is not None else pl.Series([None] * len(channels), dtype=pl.String),
    }
