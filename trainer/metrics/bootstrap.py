"""Uncertainty of corpus figures: how much they move when the series are drawn again."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from spear_stream.core.records import Float64Array, IndexArray

LEVEL = 0.95
RESAMPLES = 500


def bootstrap_intervals(
    statistic: Callable[[IndexArray], Float64Array],
    groups: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Float64Array:
    """95 % percentile intervals (figures, 2) over groups drawn with replacement (Efron, 1979).

    A group comes with all its series: what the sensors of a machine have in common counts once.
    `statistic` maps indices of series, some of them repeated, to one or more figures (figures,); groups: of
    every series. Draws where a figure is nan are left out of its interval, which is nan when none remains.
    """
    members = _members(groups)
    draws = np.random.default_rng(seed).integers(max(len(members), 1), size=(resamples, len(members)))
    nobody = np.zeros(0, np.intp)
    figures = [statistic(np.concatenate([nobody, *(members[group] for group in draw)])) for draw in draws]
    return np.array([_interval(values[np.isfinite(values)]) for values in np.array(figures).T])


def _members(groups: Sequence[Hashable]) -> list[IndexArray]:
    """Indices by group."""
    found: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group, []).append(row)
    return [np.array(rows, np.intp) for rows in found.values()]


def _interval(values: Float64Array) -> Float64Array:
    if not len(values):
        return np.array([np.nan, np.nan])
    return np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
