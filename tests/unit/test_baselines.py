"""Baselines look at the past only and find what they are made to find."""

import numpy as np
import pytest

from spear_stream.core.likelihood import PRIOR_MEAN
from trainer.baselines import (
    BASELINES,
    Baseline,
    MovingVariance,
    Random,
    SquaredDifference,
    SubPca,
    as_logits,
    standardise,
)
from trainer.datasets.series import LabelledSeries

POINTS, PROBATION = 900, 400
SPIKE = 700
DETECTORS = [name for name in BASELINES if name != "random"]


def series(value: np.ndarray, name: str = "a", probation: int = PROBATION) -> LabelledSeries:
    return LabelledSeries(name, np.arange(len(value)), value, np.zeros(len(value), dtype=bool), probation, ())


def daily(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(scale=0.1, size=POINTS)
    return 1e6 + np.sin(np.arange(POINTS) * 2 * np.pi / 48) + noise


@pytest.fixture(params=BASELINES)
def baseline(request: pytest.FixtureRequest) -> Baseline:
    return BASELINES[request.param]


def test_scores_are_finite_and_one_per_point(baseline: Baseline) -> None:
    score = baseline.score(series(daily()))
    assert score.dtype == np.float64
    assert score.shape == (POINTS,)
    assert np.isfinite(score).all()


@pytest.mark.parametrize("cut", [PROBATION, 600, 899])
def test_no_score_depends_on_later_points(baseline: Baseline, cut: int) -> None:
    value = daily()
    other = value.copy()
    other[cut:] = 5e6
    assert np.array_equal(baseline.score(series(value))[:cut], baseline.score(series(other))[:cut])


def test_a_series_is_scored_the_same_alone_and_after_others(baseline: Baseline) -> None:
    alone = baseline.score(series(daily()))
    baseline.score(series(daily(seed=1), name="b"))
    assert np.array_equal(alone, baseline.score(series(daily())))


@pytest.mark.parametrize("points", [1, 2, 5])
def test_the_shortest_series_are_scored(baseline: Baseline, points: int) -> None:
    score = baseline.score(series(np.arange(float(points)), probation=points // 2))
    assert np.isfinite(score).all()
    assert score.shape == (points,)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_constant_series_is_nowhere_odd(name: str) -> None:
    score = BASELINES[name].score(series(np.full(POINTS, 0.1)))
    assert np.ptp(score[PROBATION:]) == 0


# Half-Space Trees put all beyond the range seen so far into their outermost leaf: no spike stands out there.
@pytest.mark.parametrize("name", [name for name in DETECTORS if name != "half_space_trees"])
def test_a_spike_stands_out_of_a_daily_pattern(name: str) -> None:
    assert_spike_found(name, daily())


@pytest.mark.parametrize("name", DETECTORS)
def test_a_spike_stands_out_of_a_constant(name: str) -> None:
    assert_spike_found(name, np.full(POINTS, 0.1))


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_bounds_a_score(name: str) -> None:
    """An alert needs a logit far above the usual ones, which scores within 0 and 1 never make."""
    value = np.full(POINTS, 0.1)
    value[SPIKE:] += 30
    assert as_logits(BASELINES[name].score(series(value))).max() > PRIOR_MEAN + 2


def assert_spike_found(name: str, value: np.ndarray) -> None:
    value[SPIKE] += 30
    score = BASELINES[name].score(series(value))
    assert SPIKE <= int(np.argmax(score[PROBATION:])) + PROBATION <= SPIKE + MovingVariance().window


def test_sub_pca_sees_a_broken_pattern_that_stays_within_the_range() -> None:
    value = daily()
    value[SPIKE : SPIKE + 48] = 1e6
    score = SubPca().score(series(value))
    assert score[SPIKE : SPIKE + 48].max() > 2 * score[PROBATION:SPIKE].max()


def test_random_differs_by_series_and_seed() -> None:
    one, two = series(daily(), "one"), series(daily(), "two")
    assert not np.array_equal(Random().score(one), Random().score(two))
    assert not np.array_equal(Random().score(one), Random(seed=1).score(one))


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_standardise_uses_mean_and_deviation_of_the_past(offset: float) -> None:
    score = np.array([1.0, 3.0, 2.0, 6.0]) + offset
    assert standardise(score)[3] == pytest.approx((6 - 2) / np.std([1, 3, 2]), rel=1e-6)


def test_the_unit_of_the_values_does_not_matter() -> None:
    small, large = (SquaredDifference().score(series(daily() * factor)) for factor in (1e-9, 1e9))
    assert small == pytest.approx(large, rel=1e-6)


def test_scores_of_baselines_become_logits_in_their_order() -> None:
    logits = as_logits(np.array([-3.0, 0.0, 1.0, 10.0, 1e12]))
    assert logits[0] == logits[1] == PRIOR_MEAN
    assert (np.diff(logits[1:]) > 0).all()
    assert logits[-1] == pytest.approx(np.log(1e12) + PRIOR_MEAN)
