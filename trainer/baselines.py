"""Simple detectors to compare with; literature finds them often as good as large models.

Each scores a series point by point without looking ahead: the score of a point depends on the values up to
and including it. One parameter set serves all series and every series starts from scratch. Scores are
standardised against the series' own past where one threshold has to fit all series.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from river import anomaly, compose, preprocessing
from sklearn.decomposition import PCA

from spear_stream.core.likelihood import PRIOR_MEAN
from spear_stream.core.records import Float64Array
from spear_stream.core.shift import LEVELS, Shift
from spear_stream.core.table import SeriesTable
from trainer.datasets.series import LabelledSeries

ROUNDING = 1e-10
"""Deviations below this share of the mean are rounding errors of a constant."""


class Baseline(Protocol):
    """A detector that needs no training."""

    def score(self, series: LabelledSeries) -> Float64Array:
        """Score of every point (n,), finite, higher is more anomalous; labels are not looked at."""


@dataclass(frozen=True)
class Random:
    """Exponential noise, different for every series name: what a detector has to beat."""

    seed: int = 0

    def score(self, series: LabelledSeries) -> Float64Array:
        rng = np.random.default_rng([self.seed, zlib.crc32(series.name.encode())])
        return rng.standard_exponential(len(series))


@dataclass(frozen=True)
class SquaredDifference:
    """Squared step from the point before, standardised against all earlier ones."""

    def score(self, series: LabelledSeries) -> Float64Array:
        return standardise(np.diff(series.value, prepend=series.value[:1]) ** 2)


@dataclass(frozen=True)
class MovingVariance:
    """Variance of the newest `window` points, standardised against its earlier values."""

    window: int = 64

    def score(self, series: LabelledSeries) -> Float64Array:
        windows = _trailing(series.value, self.window)
        # Relative to the first value of a window: a constant series then has a variance of exactly 0.
        return standardise((windows - windows[:, :1]).var(axis=1))


@dataclass(frozen=True)
class LevelShift:
    """How far the level has moved, core/shift.py alone: what the score of a checkpoint owes to it."""

    def score(self, series: LabelledSeries) -> Float64Array:
        table, slot = SeriesTable(**LEVELS), np.zeros(1, np.intp)
        table.resize(1)
        shift, found = Shift(table), np.empty(len(series))
        for point, value in enumerate(series.value):
            shift.update(slot, np.array([value]), np.array([point]))
            found[point] = abs(table["shift"][0])
        return found


@dataclass(frozen=True)
class SubPca:
    """Distance of the newest subsequence to the mean of the probation, in units of its principal components.

    The detector of Shyu et al. (2003) on subsequences, "Sub-PCA" in TSB-AD. Fitted without labels on the
    probation part of the series, then left as it is; only the probation is scored with later values, and its
    scores never count. A probation that is constant or shorter than four points leaves the squared distance
    to the first value.
    """

    window: int = 100
    variance: float = 0.99
    """Share of the variance that the kept components explain."""

    def score(self, series: LabelledSeries) -> Float64Array:
        window = min(self.window, series.probation // 2)
        learned = series.value[: series.probation]
        if window < 2 or np.ptp(learned) == 0:
            distance: Float64Array = (series.value - series.value[0]) ** 2
            return distance
        windows = _trailing((series.value - learned.mean()) / learned.std(), window)
        model = PCA(n_components=self.variance, svd_solver="full").fit(windows[window - 1 : series.probation])
        components = model.transform(windows) ** 2 / model.explained_variance_
        return np.asarray(components.sum(axis=1))


@dataclass(frozen=True)
class HalfSpaceTrees:
    """river's Half-Space Trees (Tan et al., IJCAI 2011) on value and step, scaled to their range so far.

    Their scores lie within 0 and 1, of which as_logits could make nothing rare: they are standardised.
    """

    trees: int = 10
    height: int = 8
    window: int = 250
    seed: int = 0

    def score(self, series: LabelledSeries) -> Float64Array:
        trees = anomaly.HalfSpaceTrees(
            n_trees=self.trees, height=self.height, window_size=self.window, seed=self.seed
        )
        model = compose.Pipeline(preprocessing.MinMaxScaler(), trees)
        steps = np.diff(series.value, prepend=series.value[:1])
        scores = np.empty(len(series))
        for row, (value, step) in enumerate(zip(series.value.tolist(), steps.tolist(), strict=True)):
            features = {"value": value, "step": step}
            scores[row] = model.score_one(features)
            model.learn_one(features)
        return standardise(scores)


BASELINES: Mapping[str, Baseline] = {
    "random": Random(),
    "squared_difference": SquaredDifference(),
    "moving_variance": MovingVariance(),
    "level_shift": LevelShift(),
    "sub_pca": SubPca(),
    "half_space_trees": HalfSpaceTrees(),
}


def standardise(score: Float64Array) -> Float64Array:
    """Subtract the mean of the earlier points and divide by their standard deviation, (n,).

    As long as all earlier points are equal, the newest one is part of the deviation, so a first spike after
    a flat start stands out by sqrt(n) and stays finite. Welford's update in cumulative form, so that large
    offsets do not cancel.
    """
    count = np.arange(1, len(score) + 1)
    mean = np.cumsum(score) / count
    earlier = np.concatenate((score[:1], mean[:-1]))
    squares = np.cumsum((score - earlier) * (score - mean))
    deviation = np.sqrt(np.concatenate(([0.0], squares[:-1])) / np.maximum(count - 1, 1))
    floor = ROUNDING * np.abs(earlier)
    deviation = np.where(deviation > floor, deviation, np.sqrt(squares / count))
    return np.divide(score - earlier, deviation, out=np.zeros(len(score)), where=deviation > floor)


def _trailing(value: Float64Array, window: int) -> Float64Array:
    """The `window` values that end at every point, (n, window); before the first one it repeats."""
    padded = np.concatenate((np.full(window - 1, value[0]), value))
    return sliding_window_view(padded, window)


def as_logits(score: Float64Array) -> Float64Array:
    """Scores of a baseline, unbounded and at least 0, on the scale the likelihood expects; (n,).

    One mapping for all: log(z + 1) on top of the mean of the prior starts at what is usual and grows with the
    order of magnitude, as a logit does. Standardised scores below 0 say "less than usual" and count as 0.
    """
    return np.log1p(np.maximum(score, 0.0)) + PRIOR_MEAN
