"""VUS-PR, the volume under the surface of range-based precision and recall.

Paparrizos et al., "Volume Under the Surface", VLDB 2022, in the form that TSB-AD (Liu and Paparrizos,
NeurIPS 2024) computes it: labels fade out over a buffer on both sides of every anomaly, so a detection that
is a little early or late still counts, and the result is the mean over all buffer lengths up to a limit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import argrelmax, correlate

from spear_stream.core.records import BoolArray, Float64Array, IndexArray, Int64Array
from trainer.datasets.series import runs

THRESHOLDS = 250
"""Thresholds of one curve, at equal steps of the rank of the scores."""
DEFAULT_BUFFER = 125
"""Points, for a series without a clear period."""
LAGS = 400
SHORTEST_LAG = 3
LONGEST_PERIOD = 300
ACF_POINTS = 20_000


def vus_pr(label: BoolArray, score: Float64Array, buffer: int) -> float:
    """Mean range AUC-PR over the buffer lengths 0 to `buffer` points, in [0, 1].

    label, score: (n,); higher scores are more anomalous. nan without an anomaly in `label`.
    """
    if not label.any():
        return float("nan")
    curve = _Curve.of(label, score, buffer)
    return float(np.mean([_range_auc_pr(curve, width) for width in range(buffer + 1)]))


def buffer_length(value: Float64Array) -> int:
    """Buffer limit of a series: the lag of its strongest autocorrelation peak, as TSB-AD chooses it.

    `find_length_rank` with rank 1: lags 4 to 400 of the first 20,000 points; 125 when no peak stands out.
    """
    correlation = _autocorrelation(value[:ACF_POINTS])[SHORTEST_LAG : LAGS + 1]
    peaks = argrelmax(correlation)[0]
    if not len(peaks):
        return DEFAULT_BUFFER
    peak = int(peaks[np.argmax(correlation[peaks])])
    return peak + SHORTEST_LAG if SHORTEST_LAG <= peak <= LONGEST_PERIOD else DEFAULT_BUFFER


def _autocorrelation(value: Float64Array) -> Float64Array:
    """Correlation with itself by lag (n,), 1 at lag 0; zeros for a constant series."""
    centred = value - value.mean()
    energy = float(centred @ centred)
    products = correlate(centred, centred, method="fft")[len(value) - 1 :]
    return np.asarray(products / energy if energy > 0 else np.zeros(len(value)))


@dataclass(frozen=True, eq=False)
class _Curve:
    """What all buffer lengths of one series share; `level` counts thresholds from the highest."""

    level: IndexArray
    """First threshold at which a point is predicted, (n + 1,) with one that never is at the end."""
    starts: Int64Array
    ends: Int64Array
    predicted: Float64Array
    """Predicted points by threshold."""
    hits: Float64Array
    """Predicted anomalous points by threshold."""
    near: IndexArray
    """Normal points within reach of an anomaly."""
    distance: Int64Array
    """Points from `near` to the closest anomaly."""
    second: Int64Array
    """Points from `near` to the second closest anomaly."""

    @classmethod
    def of(cls, label: BoolArray, score: Float64Array, buffer: int) -> "_Curve":
        starts, ends = np.array(runs(label), dtype=np.int64).T
        level = _levels(score)
        distances = _distances(len(label), starts, ends)
        near = np.flatnonzero(~label & (distances[0] <= buffer // 2))
        return cls(
            level=np.append(level, THRESHOLDS),
            starts=starts,
            ends=ends,
            predicted=_reached(level),
            hits=_reached(level[label]),
            near=near,
            distance=distances[0, near],
            second=distances[1, near],
        )


def _range_auc_pr(curve: _Curve, width: int) -> float:
    """Area under range precision and recall for one buffer length."""
    close = curve.distance <= width // 2
    distance, both = curve.distance[close], curve.second[close] <= width // 2
    # Labels that fade in from both sides add up to more than 1 and are cut there.
    weight = np.where(both, 1.0, np.sqrt(1 - distance / max(width, 1)))
    faded = _reached(curve.level[curve.near[close]], weight)
    true_positives = curve.hits + faded
    # Half of the faded labels count as positives, those that were predicted: recall neither soars nor sinks.
    positives = curve.hits[-1] + faded / 2
    recall = np.minimum(true_positives / positives, 1) * _existence(curve, width // 2)
    precision = true_positives / curve.predicted
    return float(np.diff(recall, prepend=0.0) @ precision)


def _existence(curve: _Curve, reach: int) -> Float64Array:
    """Share of anomalies of which some point, buffer included, is predicted, by threshold."""
    apart = curve.ends[:-1] + reach < curve.starts[1:] - reach
    starts = np.maximum(curve.starts[np.append(True, apart)] - reach, 0)
    ends = np.minimum(curve.ends[np.append(apart, True)] + reach, len(curve.level) - 2)
    edges = np.column_stack((starts, ends + 1)).ravel()
    return _reached(np.minimum.reduceat(curve.level, edges)[::2]) / len(starts)


def _levels(score: Float64Array) -> IndexArray:
    ranks = np.linspace(0, len(score) - 1, THRESHOLDS).astype(int)
    thresholds = np.sort(score)[::-1][ranks]
    return np.searchsorted(-thresholds, -score, side="left")


def _reached(level: IndexArray, weight: Float64Array | None = None) -> Float64Array:
    """Sum of the weights (default 1) of points predicted at each threshold, (THRESHOLDS,)."""
    return np.cumsum(np.bincount(level, weight, minlength=THRESHOLDS)).astype(np.float64)


def _distances(points: int, starts: Int64Array, ends: Int64Array) -> Int64Array:
    """Distance of every point to the closest and second closest anomaly on either side, (2, points)."""
    far = 4 * points
    index = np.arange(points)
    left = np.concatenate(([-far, -far], ends))
    right = np.concatenate((starts, [far, far]))
    before = np.searchsorted(ends, index, side="left")
    after = np.searchsorted(starts, index, side="right")
    gaps = (index - left[before + 1], index - left[before], right[after] - index, right[after + 1] - index)
    return np.sort(np.stack(gaps), axis=0)[:2]
