"""A score needs all three: rarity, the model, and novelty."""

from dataclasses import replace

import numpy as np
import pytest

from spear_stream.core.evidence import NEW, evidence, is_fresh, newest_novelty
from spear_stream.core.quantizer import NOVELTY
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=16, patch=8, min_points=8)


@pytest.mark.parametrize(
    ("surprise", "probability", "novelty", "expected"),
    [
        (1.0, 1.0, NEW, 1.0),
        (1.0, 1.0, 10 * NEW, 1.0),
        (1.0, 1.0, 0.0, 0.0),
        (1.0, 0.0, NEW, 0.0),
        (0.0, 1.0, NEW, 0.0),
        (0.8, 0.5, NEW / 2, 0.2),
    ],
)
def test_a_score_is_the_product(surprise: float, probability: float, novelty: float, expected: float) -> None:
    found = evidence(np.array([surprise]), np.array([probability]), np.array([novelty]))
    np.testing.assert_allclose(found, [expected])


def test_only_the_points_since_the_window_before_count() -> None:
    windows = np.zeros(3, SPEC.dtype)
    windows["codes"] = 1 + SPEC.bins // 2
    windows["codes"][:, -3, NOVELTY] = SPEC.bins
    windows["fresh"] = [1, 2, 3]
    found = newest_novelty(windows, SPEC)
    assert (found[:2] < 0.1).all()
    assert found[2] > NEW
    assert is_fresh(windows, 3).sum(axis=1).tolist() == [1, 2, 3]


def test_the_published_scaling_takes_nothing_away_for_novelty() -> None:
    spec = replace(SPEC, scaling="unit")
    assert newest_novelty(np.zeros(2, spec.dtype), spec).tolist() == [NEW, NEW]


def test_no_windows_have_no_novelty() -> None:
    assert newest_novelty(np.zeros(0, SPEC.dtype), SPEC).shape == (0,)


def test_the_published_scaling_knows_of_no_novelty() -> None:
    windows = np.zeros(1, SPEC.dtype)
    windows["fresh"] = 1
    assert newest_novelty(windows, replace(SPEC, scaling="unit")).tolist() == [NEW]
