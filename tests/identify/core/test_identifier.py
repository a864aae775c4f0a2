"""Batch after batch: weighing keeps nothing, telling numbers strings and facts in the order of the batches."""

import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pcapscan.identify import Identifier, heads_of
from pcapscan.tables import TCP, UDP

EXAMPLES = runpy.run_path(str(Path(__file__).parent / "conversations.py"))["EXAMPLES"]


def batches():
    """Some batches, of which each has names and facts that another has too, and some of its own."""
    found = []
    for k in range(6):
        for proto in (TCP, UDP):
            flows = [(orig, resp) for _, p, orig, resp, _ in EXAMPLES[k:] if p == proto]
            if proto == TCP:
                flows += [(b"GET / HTTP/1.1\r\nHost: host-%d.example\r\n\r\n" % n, b"HTTP/1.1 200 OK\r\n\r\n") for n in range(k, k + 4)]
            found.append(heads_of(flows, proto, sure=k % 2 == 0))
    return found


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=getattr(one, name).dtype.kind == "f") for name in one.columns()
    )


@pytest.fixture(scope="module")
def one_after_the_other():
    identifier = Identifier()
    return identifier, [identifier.identify(heads) for heads in batches()]


def test_batches_weighed_by_several_threads_are_told_as_one_after_the_other(one_after_the_other):
    expected, tables = one_after_the_other
    identifier = Identifier()
    with ThreadPoolExecutor(4) as threads:
        weighed = list(threads.map(identifier.weigh, batches()))
    told = [identifier.tell(one) for one in weighed]
    assert (identifier.strings, identifier.facts) == (expected.strings, expected.facts)
    assert all(same(one, other) for one, other in zip(told, tables, strict=True))


def test_weighing_in_another_order_changes_no_number(one_after_the_other):
    expected, tables = one_after_the_other
    identifier = Identifier()
    weighed = [identifier.weigh(heads) for heads in reversed(batches())]
    assert identifier.strings == [] and identifier.facts == []
    told = [identifier.tell(one) for one in reversed(weighed)]
    assert identifier.strings == expected.strings
    assert all(same(one, other) for one, other in zip(told, tables, strict=True))


def test_what_was_said_before_keeps_its_number(one_after_the_other):
    identifier, tables = one_after_the_other
    assert len(set(identifier.strings)) == len(identifier.strings)
    again = identifier.identify(batches()[0])
    assert np.array_equal(again.server_name, tables[0].server_name) and (again.server_name >= 0).sum() > 3
    assert np.array_equal(again.orig_facts, tables[0].orig_facts) and (again.orig_facts >= 0).sum() > 3
