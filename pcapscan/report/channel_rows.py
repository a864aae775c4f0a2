"""Channel tables as row output: the columns of ``pcapscan beacons``, whose names are a contract."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcapscan.report.columns import Coded, Columns, Known, Plain, nothing, rounded
from pcapscan.tables import CHANNEL_KINDS, TRANSPORTS, Channels, ChannelTable

TIMES = ("first", "last")

_TRANSPORT = tuple(TRANSPORTS.get(n, str(n)) for n in range(256))


def channel_columns(
    channels: Channels,
    periods: ChannelTable,
    *,
    orig_h: NDArray[np.str_],
    resp_h: NDArray[np.str_],
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
    return {
        "orig_h": Plain(orig_h),
        "resp_h": Known(resp_h, channels.has_resp),
        "resp_p": channels.resp_p,
        "transport": Coded(channels.proto, _TRANSPORT),
        "server_name": Coded(channels.server_name, names),
        "connections": periods.connections,
        "first": periods.first_ns,
        "last": periods.last_ns,
        "period_s": rounded(periods.period_s, 6),
        "jitter": rounded(periods.jitter, 4),
        "missed": rounded(periods.missed, 4),
        "score": rounded(periods.score, 6),
        "false_alarm": periods.false_alarm,
        "kind": Coded(periods.kind, CHANNEL_KINDS),
        "attempt": channels.attempt,
        "within_flow": channels.within,
        "checkins": periods.checkins,
        "coverage": rounded(periods.coverage, 4),
        "answered": rounded(periods.answered, 4),
        "text": text if text is not None else nothing(len(channels)),
    }
