"""Options that cannot work are refused with a word."""

from __future__ import annotations

import pytest

from pcapscan.errors import UsageError
from pcapscan.flows import FlowOptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_live": 0},
        {"head_bytes": 4097},
        {"head_bytes": 0},
        {"udp_idle_s": -1},
        {"tcp_idle_s": float("nan")},
        {"max_ticks": 1},
        {"sweep": 0},
    ],
)
def test_impossible_option_is_named(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        FlowOptions(**wrong)
