"""Uncertainty of corpus figures: how much they move when the series are drawn again."""

from collections.abc import Callable

import numpy as np

from spear_stream.core.records import Float64Array, IndexArray

LEVEL = 0.95
RESAMPLES = 500


def bootstrap_intervals(
    statistic: Callable[[IndexArray], Float64Array], count: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> Float64Array:
    """95 % percentile intervals over `count` series drawn with replacement (Efron, 1979), (figures, 2).

    `statistic` maps indices of series (count,), some of them repeated, to one or more figures (figures,).
    Draws where a figure is nan are left out of its interval, which is nan when none remains.
    """
    draws = np.random.default_rng(seed).integers(max(count, 1), size=(resamples, count))
    figures = np.array([statistic(draw) for draw in draws])
    return np.array([_interval(values[np.isfinite(values)]) for values in figures.T])


def _interval(values: Float64Array) -> Float64Array:
    if not len(values):
        return np.array([np.nan, np.nan])
    return np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
