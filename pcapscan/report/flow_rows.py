"""Flow tables as row output: the columns of ``pcapscan flows``, whose names are a contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pcapscan.report.rows import Columns, texts
from pcapscan.tables import BASES, CONN_STATES, FAKES, ORIG_BASES, TRANSPORTS, TUNNELS, VERDICTS, FlowTable, IdentityTable

TIMES = ("first", "last")

_TRANSPORT = tuple(TRANSPORTS.get(n, str(n)) for n in range(256))
_NONE_FIRST = np.int64(-1)


def _from_zero(codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Codes whose 0 means "nothing": 0 becomes -1."""
    return np.where(codes == 0, _NONE_FIRST, codes)


def _known(values: np.ndarray[Any, Any]) -> pl.Series:
    """Counts whose -1 means unknown: null there."""
    series = pl.Series(values)
    return series.set(series < 0, None)


def _measured(values: np.ndarray[Any, Any]) -> pl.Series:
    return pl.Series(np.round(values.astype(np.float64), 3)).fill_nan(None)


def flow_columns(
    flows: FlowTable,
    identities: IdentityTable,
    verdicts: np.ndarray[Any, Any],
    *,
    orig_h: np.ndarray[Any, Any] | list[str],
    resp_h: np.ndarray[Any, Any] | list[str],
    community_id: np.ndarray[Any, Any] | list[str],
    expected: list[list[int]],
    expected_row: np.ndarray[Any, Any],
    sources: list[str],
) -> Columns:
    """Columns of one batch.

    Parameters
    ----------
    flows, identities, verdicts : tables of n rows
    orig_h, resp_h, community_id : n texts
    expected : list of lists of int
        Distinct lists of expected ports.
    expected_row : int64[n]
        Index into ``expected``; -1 where nothing was named.
    sources : list of str
        Input names by index.
    """
    ports = pl.Series(expected, dtype=pl.List(pl.Int32)) if expected else pl.Series([[]], dtype=pl.List(pl.Int32))
    which = pl.Series(expected_row.astype(np.int64))
    vlan = pl.Series(flows.vlan.astype(np.int32))
    return {
        "first": flows.first_ns,
        "last": flows.last_ns,
        "transport": texts(flows.proto, _TRANSPORT),
        "orig_h": orig_h,
        "orig_p": flows.orig_p,
        "resp_h": resp_h,
        "resp_p": flows.resp_p,
        "protocol": texts(identities.protocol, identities.names),
        "basis": texts(_from_zero(identities.basis), BASES),
        "verdict": texts(verdicts, VERDICTS),
        "expected_ports": ports.gather(which.set(which < 0, None)),
        "state": texts(flows.state, CONN_STATES),
        "orig_pkts": _known(flows.orig_pkts),
        "resp_pkts": _known(flows.resp_pkts),
        "orig_bytes": _known(flows.orig_bytes),
        "resp_bytes": _known(flows.resp_bytes),
        "server_name": texts(identities.server_name, identities.strings),
        "community_id": community_id,
        "source": texts(flows.source, sources),
        "orig_protocol": texts(identities.orig_protocol, identities.names),
        "resp_protocol": texts(identities.resp_protocol, identities.names),
        "upgraded": texts(identities.upgraded, identities.names),
        "fake": texts(_from_zero(identities.fake), FAKES),
        "midstream": identities.midstream,
        "shell": identities.shell,
        "orig_basis": texts(flows.orig_basis, ORIG_BASES),
        "tunnel": texts(_from_zero(flows.tunnel), TUNNELS),
        "tunnel_id": flows.tunnel_id,
        "vlan": vlan.set(vlan == 0xFFFF, None),
        "orig_entropy": _measured(identities.orig_entropy),
        "resp_entropy": _measured(identities.resp_entropy),
        "orig_printable": _measured(identities.orig_printable),
        "resp_printable": _measured(identities.resp_printable),
        "uid": texts(np.where(flows.uid == b"", -1, np.arange(len(flows))), [u.decode("ascii", "replace") for u in flows.uid])
        if bool((flows.uid != b"").any())
        else pl.Series([None] * len(flows), dtype=pl.String),
        "number": _known(flows.number),
    }
