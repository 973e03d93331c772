"""Score of the Numenta Anomaly Benchmark (Lavin and Ahmad, ICMLA 2015, arXiv 1510.03336).

A detection inside a labelled window earns more the earlier it is, only the earliest of a window counts, and
a detection outside costs more the further it lies behind the last window. One threshold serves the whole
corpus; it is the best one for the profile, so the score needs no threshold of the detector's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spear_stream.core.records import BoolArray, Float64Array, IndexArray, Int64Array
from trainer.datasets.series import LabelledSeries

FAR = 3.0
"""Window widths behind a window from which a false alarm costs its full weight."""


@dataclass(frozen=True)
class Profile:
    """What a true detection, a missed window and a false detection weigh."""

    name: str
    tp: float
    fn: float
    fp: float


PROFILES = (
    Profile("standard", tp=1.0, fn=1.0, fp=0.11),
    Profile("reward_low_FP_rate", tp=1.0, fn=1.0, fp=0.22),
    Profile("reward_low_FN_rate", tp=1.0, fn=2.0, fp=0.11),
)


@dataclass(frozen=True)
class NabScore:
    score: float
    """100 for a perfect detector, 0 for one that never fires; nan without labelled windows."""
    threshold: float
    """Scores at or above it are detections; infinite when silence is best."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """All scored points of a corpus from the highest score down, with what detecting each changes."""

    score: Float64Array
    owner: IndexArray
    """Which series a point is of."""
    outside: Float64Array
    """Negative worth of a false detection, 0 inside windows."""
    inside: Float64Array
    """By how much the point improves on the earlier detections of its window."""
    first: BoolArray
    """The first detection of its window, which is then no longer missed."""
    windows: Int64Array
    """Labelled windows of each series."""

    @cached_property
    def _last_of_equals(self) -> IndexArray:
        return np.flatnonzero(np.diff(self.score, append=-np.inf))

    def best(self, profile: Profile, copies: Int64Array | None = None) -> NabScore:
        """Score at the best threshold; `copies` (series,) repeats series, for resampling."""
        gain = profile.fp * self.outside + profile.tp * self.inside + profile.fn * self.first
        windows = self.windows if copies is None else self.windows * copies
        if copies is not None:
            gain *= copies[self.owner]
        total = np.cumsum(gain)[self._last_of_equals]
        if not windows.sum():
            return NabScore(np.nan, np.inf)
        top = int(np.argmax(total))
        if total[top] <= 0:
            return NabScore(0.0, np.inf)
        perfect = (profile.tp + profile.fn) * windows.sum()
        return NabScore(float(100 * total[top] / perfect), float(self.score[self._last_of_equals[top]]))


def sweep(corpus: Sequence[LabelledSeries], scores: Mapping[str, Float64Array]) -> Sweep:
    """Prepare a corpus of at least one scored point for scoring; scores by series name, one per point."""
    parts = [_series_gains(series, scores[series.name]) for series in corpus]
    score, outside, inside, first = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    owner = np.repeat(np.arange(len(corpus)), [len(series) - series.probation for series in corpus])
    order = np.argsort(-score, kind="stable")
    windows = np.array([len(series.scored_windows) for series in corpus], dtype=np.int64)
    return Sweep(score[order], owner[order], outside[order], inside[order], first[order], windows)


def _series_gains(
    series: LabelledSeries, score: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array, BoolArray]:
    """Columns score, outside, inside and first of the scored points of one series."""
    outside = _false_alarm_worth(series)
    inside, first = np.zeros(len(series)), np.zeros(len(series), dtype=bool)
    for start, end in series.windows:
        points = np.arange(max(start, series.probation), end + 1)
        if len(points):
            worth = _detection_worth(points, start, end)
            order = np.argsort(-score[points], kind="stable")
            best_so_far = np.maximum.accumulate(worth[order])
            inside[points[order]] = np.diff(best_so_far, prepend=0.0)
            first[points[order[0]]] = True
    scored = slice(series.probation, None)
    return score[scored], outside[scored], inside[scored], first[scored]


def _detection_worth(points: IndexArray, start: int, end: int) -> Float64Array:
    """1 at the left edge of a window, falling to almost 0 at its right edge."""
    width = end - start + 1
    return _sigmoid((points - end - 1) / width) / _sigmoid(np.array(-1.0))


def _false_alarm_worth(series: LabelledSeries) -> Float64Array:
    """Almost 0 right behind a window, falling to -1; -1 before the first window, 0 inside windows."""
    points = np.arange(len(series))
    position = np.full(len(series), FAR)
    for start, end in series.windows:
        position[end + 1 :] = (points[end + 1 :] - end) / max(end - start, 1)
    worth = np.where(position >= FAR, -1.0, _sigmoid(np.minimum(position, FAR)))
    worth[series.label] = 0.0
    return worth


def _sigmoid(position: Float64Array) -> Float64Array:
    """From 1 far before the right edge of a window (position 0) to -1 far behind it."""
    return np.tanh(-2.5 * position)
