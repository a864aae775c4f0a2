"""The join: clocks that lie, coincidences, and the words that every event ends in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from pcapscan.attribute import attribute
from pcapscan.tables import JOIN_OUTCOMES, NO_TIME, FlowTable, HostEventTable

Flows, Events, Event = Callable[..., FlowTable], Callable[..., HostEventTable], Callable[..., dict[str, Any]]
FIVE = [(0.0, 50001), (7.0, 50002), (19.0, 50003), (44.0, 50004), (90.0, 50005)]


def outcomes(answer: Any) -> list[str]:
    return [JOIN_OUTCOMES[code] for code in answer.outcome[answer.outcome >= 0]]


@pytest.mark.parametrize("shift", [0.0, 1.5, -1.5, 90.0, -483_275.0, 400 * 86_400.0, -400 * 86_400.0])
def test_clock_shift_changes_no_join(made_flows: Flows, made_events: Events, made_event: Event, shift: float) -> None:
    answer = attribute(made_flows(*FIVE), made_events(*(made_event(at + shift, port) for at, port in FIVE)))
    assert answer.flow.tolist() == [0, 1, 2, 3, 4]
    assert outcomes(answer) == ["exact"] * 5
    assert abs(answer.hosts[0].offset_s - shift) < 0.001
    assert answer.hosts[0].state == "estimated"


def test_two_coincidences_far_away_join_nothing(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    answer = attribute(made_flows(*FIVE[:2]), made_events(*(made_event(at + 39_600, port) for at, port in FIVE[:2])))
    assert outcomes(answer) == ["no-common-clock"] * 2
    assert answer.hosts[0].state == "none"
    assert (answer.flow == -1).all()


def test_two_events_near_are_weak(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    answer = attribute(made_flows(*FIVE[:2]), made_events(*(made_event(at + 60, port) for at, port in FIVE[:2])))
    assert answer.hosts[0].state == "weak"
    assert outcomes(answer) == ["exact"] * 2


def test_rival_offset_refuses(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    docs = [made_event(at + (1000 if i % 2 else 5000), p) for i, (at, p) in enumerate([*FIVE, (120.0, 50006)])]
    answer = attribute(made_flows(*FIVE, (120.0, 50006)), made_events(*docs))
    assert answer.hosts[0].state == "none"


def test_one_pair_of_fixed_ports_is_one_vote(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    same = [(60.0 * i, 123) for i in range(8)]
    answer = attribute(made_flows(*same), made_events(*(made_event(at + 86_400 * 9, 123) for at, _ in same)))
    assert answer.hosts[0].state == "none"


def test_whole_hours_are_named(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    answer = attribute(made_flows(*FIVE), made_events(*(made_event(at - 4 * 3600 + 0.2, port) for at, port in FIVE)))
    assert "local time" in answer.hosts[0].note


def test_users_offset_overrides_and_is_checked(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    events = made_events(*(made_event(at, port) for at, port in FIVE))
    answer = attribute(made_flows(*FIVE), events, 3600.0)
    assert outcomes(answer) == ["outside-capture-span"] * 5
    assert answer.hosts[0].state == "given"
    assert "given" in answer.hosts[0].note
    assert outcomes(attribute(made_flows(*FIVE), events, {"PC1.example": 0.0})) == ["exact"] * 5


def test_late_only_where_beginning_was_not_captured(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    docs = [made_event(at, port) for at, port in FIVE] + [made_event(200.0, 50009)]
    flows = made_flows(*FIVE, (215.0, 50009))
    assert outcomes(attribute(flows, made_events(*docs)))[-1] == "key-but-time"
    unseen = flows.orig_pkts.copy()
    unseen[-1] = 0
    assert outcomes(attribute(replace(flows, orig_pkts=unseen), made_events(*docs)))[-1] == "late"


def test_reused_tuple_takes_nearest_start(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    docs = [made_event(at, port) for at, port in FIVE] + [made_event(3.0, 50001)]
    answer = attribute(made_flows(*FIVE, (3.0, 50001)), made_events(*docs))
    assert answer.flow[-1] == 5
    assert outcomes(answer)[-1] == "ambiguous"
    assert answer.candidates[-1] == 2


def test_flow_seen_by_two_sensors_is_one_candidate(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    flows = made_flows(*FIVE, (0.001, 50001), source=0)
    source = flows.source.copy()
    source[-1] = 1
    answer = attribute(replace(flows, source=source), made_events(*(made_event(at, port) for at, port in FIVE)))
    assert answer.candidates[0] == 1
    assert answer.flow_event[0, 0] == answer.flow_event[5, 0] == 0


def test_every_event_ends_in_a_word(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    docs = [made_event(at, port) for at, port in FIVE]
    docs += [docs[0]]
    docs += [made_event(5, 1, SourceIp="127.0.0.1"), made_event(5, 2, DestinationIp="10.0.0.5"), made_event(5, 3, DestinationIp="8.8.8.8")]
    docs += [made_event(5, 4, SourceIp="1.1.1.1", DestinationIp="8.8.8.8"), made_event(5, 5), made_event(900_000, 6)]
    docs += [made_event(5, 7, UtcTime="-"), made_event(5, 8, SourceIp="")]
    said = outcomes(attribute(made_flows(*FIVE), made_events(*docs)))
    assert said[5:] == [
        "duplicate", "loopback", "self", "address-pair-not-captured", "addresses-not-captured", "no-flow", "outside-capture-span",
        "no-time", "addresses-not-captured",
    ]  # fmt: skip
    assert Counter(said)["exact"] == 5


def test_side_is_the_owner_not_initiated(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    docs = [made_event(at, port) for at, port in FIVE[:4]] + [made_event(*FIVE[4], Initiated="false")]
    assert attribute(made_flows(*FIVE), made_events(*docs)).side.tolist() == [0] * 5


def test_both_ends_keep_their_process(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    server = {"Hostname": "srv.example", "Initiated": "false", "ProcessGuid": "{33334444-0000-0000-0000-000000000009}"}
    docs = [made_event(at, p) for at, p in FIVE] + [made_event(at + 11, p, **server) for at, p in FIVE]
    answer = attribute(made_flows(*FIVE), made_events(*docs))
    assert answer.flow_event.tolist() == [[i, 5 + i] for i in range(5)]


def test_two_hosts_of_one_name_keep_their_clocks(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    other = [(at + 3, port + 100) for at, port in FIVE]
    docs = [made_event(at, p) for at, p in FIVE]
    docs += [made_event(at + 7200.5, p, ProcessGuid="{99998888-0000-0000-0000-000000000001}") for at, p in other]
    answer = attribute(made_flows(*FIVE, *other), made_events(*docs))
    assert outcomes(answer) == ["exact"] * 10
    assert len(answer.hosts) == 2


@pytest.mark.parametrize("word", ["<unknown process>", "&lt;unknown process&gt;", "-", ""])
def test_unknown_process_is_resolved(made_flows: Flows, made_events: Events, made_event: Event, word: str) -> None:
    docs = [made_event(at, port, Image=word) for at, port in FIVE]
    docs.append(made_event(-1.0, 1) | {"EventID": 1, "Image": "C:\\Users\\x\\mimikatz.exe", "CommandLine": "mimikatz.exe x"})
    events = made_events(*docs)
    answer = attribute(made_flows(*FIVE), events)
    assert events.strings[answer.image[0]] == "C:\\Users\\x\\mimikatz.exe"
    assert answer.started[0] == 5


def test_broken_ipv6_is_mended(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    broken = {"SourceIp": "a00:5:3000:0:1:2:3:4", "DestinationIp": "cb00:7109:0:0:9:9:9:9", "SourceIsIpv6": "true"}
    docs = [made_event(at, port) for at, port in FIVE[:4]] + [made_event(*FIVE[4], **broken, DestinationIsIpv6="true")]
    assert attribute(made_flows(*FIVE), made_events(*docs)).flow.tolist() == [0, 1, 2, 3, 4]


def test_no_flows_at_all(made_flows: Flows, made_events: Events, made_event: Event) -> None:
    answer = attribute(made_flows(), made_events(*(made_event(at, port) for at, port in FIVE)))
    assert outcomes(answer) == ["addresses-not-captured"] * 5
    assert (answer.skew_ns == NO_TIME).all()
    assert answer.flow_event.shape == (0, 2)
    assert not np.any(answer.flow >= 0)
