"""A score needs all three, rarity, the model and novelty, or something that lasts (test_lasting.py)."""

from dataclasses import replace

import numpy as np
import pytest

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.evidence import (
    FAMILIAR_MEANS,
    LASTING,
    MOVED,
    NEW,
    OLD,
    YOUNG,
    Evidence,
    is_fresh,
    newest_novelty,
)
from spear_stream.core.quantizer import NOVELTY, NOVELTY_UNIT, SATURATION
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=16, patch=8, min_points=8)


def ready() -> Evidence:
    evidence = Evidence(SPEC)
    evidence.table.resize(1)
    return evidence


def window(novelty: float, fresh: int) -> np.ndarray:
    windows = np.zeros(1, SPEC.dtype)
    windows["fresh"], windows["seen"] = fresh, OLD
    squashed = 0.5 + 0.5 * np.arcsinh(NOVELTY_UNIT * novelty) / np.arcsinh(SATURATION)
    windows["codes"][:, :, NOVELTY] = 1 + int(squashed * SPEC.bins)
    return windows


def scored(evidence: Evidence, surprise: float, probability: float, novelty: float, fresh: int = 1) -> float:
    windows = window(novelty, fresh)
    [unusual] = evidence.unusual(windows, np.array([surprise]), np.array([probability], np.float32))
    return max(float(unusual), float(evidence.lasting(windows)[0]))


@pytest.mark.parametrize(
    ("surprise", "probability", "novelty", "expected"),
    [
        (1.0, 1.0, NEW, 1.0),
        (1.0, 1.0, 2 * NEW, 1.0),
        (1.0, 1.0, 0.0, 0.0),
        (1.0, 0.0, NEW, 0.0),
        (0.0, 1.0, NEW, 0.0),
        (0.8, 0.5, NEW / 2, 0.2),
    ],
)
def test_a_score_is_the_product(surprise: float, probability: float, novelty: float, expected: float) -> None:
    assert scored(ready(), surprise, probability, novelty) == pytest.approx(expected, abs=0.03)


def test_a_high_probability_that_lasts_stands_in_for_novelty() -> None:
    evidence = ready()
    scores = [scored(evidence, 1.0, 1.0, 0.0) for _ in range(3 * LASTING)]
    assert scores[0] < 0.05, "one point that has been seen before is none"
    assert scores == sorted(scores)
    assert scores[-1] > 0.8


@pytest.mark.parametrize(
    ("seen", "expected"), [(8, 1.0), (YOUNG, 1.0), ((YOUNG + OLD) // 2, 0.5), (OLD, 0.0), (1_000_000, 0.0)]
)
def test_a_young_series_knows_no_familiar_points(seen: int, expected: float) -> None:
    windows = window(0.0, 1)
    windows["seen"] = seen
    [score] = ready().unusual(windows, np.ones(1), np.ones(1, np.float32))
    assert score == pytest.approx(expected, abs=0.03)


def test_familiar_means_open_an_alert_and_no_more() -> None:
    windows = window(0.0, 1)
    windows["coarse"] = True
    [score] = ready().unusual(windows, np.ones(1), np.ones(1, np.float32))
    assert AlertPolicy().open_score < score < AlertPolicy().warning_score
    assert score == pytest.approx(FAMILIAR_MEANS, abs=0.001)


def test_one_that_is_half_high_for_long_does_hardly() -> None:
    evidence = ready()
    scores = [scored(evidence, 1.0, 0.6, 0.0) for _ in range(8 * LASTING)]
    assert scores[-1] == pytest.approx(0.6**5, abs=0.01)


def test_a_series_scored_every_fourth_point_needs_as_many_points() -> None:
    each, fourth = ready(), ready()
    scores = [scored(each, 1.0, 0.9, 0.0) for _ in range(16)]
    assert [scored(fourth, 1.0, 0.9, 0.0, fresh=4) for _ in range(4)] == pytest.approx(scores[3::4], rel=1e-5)


def test_a_level_that_has_moved_counts_without_surprise_and_opens_no_more_than_an_alert() -> None:
    scores = []
    for shift in (0.0, 4.0, -7.7, 12.0, 100.0):
        windows = window(0.0, 1)
        windows["shift"] = shift
        scores += ready().lasting(windows).tolist()
    assert scores == pytest.approx([0.0, 0.050, 0.149, 0.3, 0.3], abs=0.001)
    assert scores[-1] == MOVED == AlertPolicy().open_score


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
