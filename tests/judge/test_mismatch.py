from __future__ import annotations

import numpy as np
import pytest

from pcapscan.judge.mismatch import _edges, pair_of
from pcapscan.judge.priors import _campaigns
from pcapscan.knowledge import load, place_key
from pcapscan.tables import TCP, UDP

K = load()


@pytest.mark.parametrize("proto", [TCP, UDP])
@pytest.mark.parametrize("name", ["tls", "ssh", "?", "fake", "unheard"])
@pytest.mark.parametrize("verdict", ["unexpected_port", "wrong_protocol", "unknown_on_reserved", "unknown"])
def test_ports_that_are_judged_as_one_are_alike_in_every_pair_and_campaign(proto, name, verdict):
    ports = np.arange(1 << 16)
    place = np.searchsorted(_edges(K), proto << 16 | ports, "right")
    assert 20 < len(np.unique(place)) < 5000
    first = np.searchsorted(place, place)  # places ascend with ports
    for port, alike in zip(ports.tolist(), first.tolist(), strict=True):
        if port == alike:
            decides, campaigns = pair_of(K, name, proto, port, verdict), _campaigns(K).get(place_key(proto, port), [])
        elif port % 7 == 0 or port - alike < 3 or place[min(port + 1, 65535)] != place[port]:
            assert pair_of(K, name, proto, port, verdict) is decides, port
            assert _campaigns(K).get(place_key(proto, port), []) == campaigns, port
