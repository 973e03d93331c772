"""The curves of a report, from the points of all series together: one threshold serves them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from spear_stream.core.records import BoolArray, Float64Array
from trainer.datasets.series import LabelledSeries

MOST_POINTS = 400
"""Of a curve; more cannot be told apart."""
BINS = 10


@dataclass(frozen=True, eq=False)
class Curve:
    """x, y: (n,), both 0 to 1; area: under it, nan where it is not defined."""

    x: Float64Array
    y: Float64Array
    area: float


@dataclass(frozen=True, eq=False)
class Reliability:
    """Points in ten bins of their probability; empty bins are left out."""

    predicted: Float64Array
    """Mean probability of a bin, (n,)."""
    observed: Float64Array
    """Share of labelled points in it, (n,)."""
    points: Float64Array

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of both, weighted by points."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.points))


def pooled(
    corpus: Sequence[LabelledSeries], scores: Mapping[str, Float64Array]
) -> tuple[BoolArray, Float64Array]:
    """Labels and scores of all points behind the probation, (points,) each."""
    labels = [series.label[series.probation :] for series in corpus]
    return np.concatenate(labels), np.concatenate([scores[s.name][s.probation :] for s in corpus])


def precision_recall(label: BoolArray, score: Float64Array) -> Curve:
    """Recall to precision; the area is the average precision."""
    if not label.any():
        return _undefined()
    precision, recall, _ = precision_recall_curve(label, score)
    found = recall > 0  # before the first find there is nothing to be precise about
    curve = _thinned(recall[found][::-1], precision[found][::-1])
    return Curve(*curve, float(-np.sum(np.diff(recall) * precision[:-1])))


def receiver_operating(label: BoolArray, score: Float64Array) -> Curve:
    """False positive rate to true positive rate."""
    if label.all() or not label.any():
        return _undefined()
    false, true, _ = roc_curve(label, score)
    return Curve(*_thinned(false, true), float(np.trapezoid(true, false)))


def reliability(label: BoolArray, probability: Float64Array) -> Reliability:
    """How often points with a probability are labelled."""
    place = np.minimum((probability * BINS).astype(np.intp), BINS - 1)
    points = np.bincount(place, minlength=BINS).astype(np.float64)
    known = points > 0
    predicted = np.bincount(place, probability, BINS)[known] / points[known]
    observed = np.bincount(place, label, BINS)[known] / points[known]
    return Reliability(predicted, observed, points[known])


def _undefined() -> Curve:
    return Curve(np.zeros(0), np.zeros(0), np.nan)


def _thinned(x: Float64Array, y: Float64Array) -> tuple[Float64Array, Float64Array]:
    """At most MOST_POINTS of a curve, evenly along it, with both ends."""
    along = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
    kept = np.unique(np.searchsorted(along, np.linspace(0, along[-1], MOST_POINTS)))
    return x[kept], y[kept]
