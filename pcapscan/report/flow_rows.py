"""Flow tables as row output: the columns of ``pcapscan flows``, whose names are a contract."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.report.columns import Coded, Column, Columns, Known, Plain, Thousandths, counted, from_zero, nothing
from pcapscan.tables import BASES, CONN_STATES, FAKES, ORIG_BASES, TRANSPORTS, TUNNELS, VERDICTS, FlowTable, IdentityTable

TIMES = ("first", "last")

_TRANSPORT = tuple(TRANSPORTS.get(n, str(n)) for n in range(256))
_NAMING = np.zeros(256, np.bool_)
_NAMING[list(b"\0" + string.ascii_letters.encode() + string.digits.encode())] = True


def _uids(flows: FlowTable) -> Column:
    """Zeek's names of flows; ``Plain`` where they are no more than letters and digits, as Zeek's are."""
    n = len(flows)
    there = flows.uid != b""
    if not there.any():
        return nothing(n)
    letters = np.ascontiguousarray(flows.uid).view(np.uint8)
    if there.all() and bool(_NAMING[letters].all()):
        return Plain(flows.uid.astype("U"))
    return Coded(np.where(there, np.arange(n), -1), [uid.decode("ascii", "replace") for uid in flows.uid.tolist()])


def flow_columns(
    flows: FlowTable,
    identities: IdentityTable,
    verdicts: np.ndarray[Any, Any],
    *,
    orig_h: NDArray[np.str_],
    resp_h: NDArray[np.str_],
    community_id: NDArray[np.str_],
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
    return {
        "first": flows.first_ns,
        "last": flows.last_ns,
        "transport": Coded(flows.proto, _TRANSPORT),
        "orig_h": Plain(orig_h),
        "orig_p": flows.orig_p,
        "resp_h": Plain(resp_h),
        "resp_p": flows.resp_p,
        "protocol": Coded(identities.protocol, identities.names),
        "basis": from_zero(identities.basis, BASES),
        "verdict": Coded(verdicts, VERDICTS),
        "expected_ports": Coded(expected_row, expected),
        "state": Coded(flows.state, CONN_STATES),
        "orig_pkts": counted(flows.orig_pkts),
        "resp_pkts": counted(flows.resp_pkts),
        "orig_bytes": counted(flows.orig_bytes),
        "resp_bytes": counted(flows.resp_bytes),
        "server_name": Coded(identities.server_name, identities.strings),
        "community_id": Plain(community_id),
        "source": Coded(flows.source, sources),
        "orig_protocol": Coded(identities.orig_protocol, identities.names),
        "resp_protocol": Coded(identities.resp_protocol, identities.names),
        "upgraded": Coded(identities.upgraded, identities.names),
        "fake": from_zero(identities.fake, FAKES),
        "midstream": identities.midstream,
        "shell": identities.shell,
        "orig_basis": Coded(flows.orig_basis, ORIG_BASES),
        "tunnel": from_zero(flows.tunnel, TUNNELS),
        "tunnel_id": flows.tunnel_id,
        "vlan": Known(flows.vlan.astype(np.int32), flows.vlan != 0xFFFF),
        "orig_entropy": Thousandths(identities.orig_entropy),
        "resp_entropy": Thousandths(identities.resp_entropy),
        "orig_printable": Thousandths(identities.orig_printable),
        "resp_printable": Thousandths(identities.resp_printable),
        "uid": _uids(flows),
        "number": counted(flows.number),
    }
