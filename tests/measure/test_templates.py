from __future__ import annotations

import numpy as np
import pytest

from pcapscan.measure.templates import BEACONS, BINS, REACH, beacon_templates, null_templates, pair_templates


def test_no_template_promises_more_than_certainty():
    gain, base, names = beacon_templates()
    assert len(names) == len(gain) == BEACONS
    inside = np.exp(gain.astype(float) + base[:, None]).sum(axis=1)
    outside = np.exp(base) * (BINS - (2 * REACH + 1))
    assert (inside + outside <= 1.001).all()
    nulls, _ = null_templates()
    assert (np.exp(nulls.astype(float)).sum(axis=1) <= 1.001).all()


def test_pair_densities_sum_to_one():
    for table in pair_templates():
        assert np.exp(table).sum(axis=1) == pytest.approx(1, abs=1e-6)
