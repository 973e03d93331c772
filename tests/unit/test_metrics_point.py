"""Point-wise areas and bootstrap intervals."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from trainer.metrics.bootstrap import bootstrap_intervals
from trainer.metrics.point import point_figures


def test_areas_by_hand() -> None:
    figures = point_figures(np.array([False, True, False, True]), np.array([0.1, 0.9, 0.8, 0.7]))
    assert figures.auc_pr == pytest.approx((1 + 2 / 3) / 2)
    assert figures.auc_roc == pytest.approx(3 / 4)
    assert figures.prevalence == 0.5


def test_areas_without_anomalies_are_undefined() -> None:
    figures = point_figures(np.zeros(4, dtype=bool), np.arange(4.0))
    assert math.isnan(figures.auc_pr)
    assert math.isnan(figures.auc_roc)
    assert figures.prevalence == 0


def test_roc_without_normal_points_is_undefined() -> None:
    figures = point_figures(np.ones(4, dtype=bool), np.arange(4.0))
    assert figures.auc_pr == 1
    assert math.isnan(figures.auc_roc)


def mean_of(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda draw: values[draw].mean(keepdims=True)


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(loc=5, size=400)
    ((low, high),) = bootstrap_intervals(mean_of(values), range(400), resamples=2000)
    assert low == pytest.approx(values.mean() - 1.96 * values.std() / 20, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * values.std() / 20, abs=0.02)


def test_what_series_of_a_group_share_counts_once() -> None:
    """Eight sensors of each of 20 runs with the figure of their run: as wide as of the runs alone."""
    runs = np.random.default_rng(0).normal(size=20)
    alone = bootstrap_intervals(mean_of(runs), range(20))
    grouped = bootstrap_intervals(mean_of(np.repeat(runs, 8)), np.repeat(range(20), 8).tolist())
    np.testing.assert_allclose(grouped, alone)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(20.0)
    first, second = (bootstrap_intervals(mean_of(values), range(20)) for _ in range(2))
    assert np.array_equal(first, second)


def test_undefined_draws_are_left_out() -> None:
    def one_defined(draw: np.ndarray) -> np.ndarray:
        return np.array([draw.mean() if 0 in draw else np.nan, np.nan])

    defined, undefined = bootstrap_intervals(one_defined, range(3))
    assert np.isfinite(defined).all()
    assert np.isnan(undefined).all()
