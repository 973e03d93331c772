"""A labelled series, the one form in which the trainer sees data."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.records import BoolArray, Float64Array, Int64Array

PROBATION_SHARE = 0.15
PROBATION_LIMIT = 750
MS_PER_DAY = 86_400_000
BEGINNING = 64
"""Values by which a series that has grown is known again."""
TELLING = 9
"""Fewest different values, and steps between them, that no other series begins with by chance: a counter or a
time of day has many of the ones and few of the others."""

Span = tuple[int, int]
"""First and last index or millisecond of a stretch, both inclusive."""


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """One series with its anomalies, points in time order.

    Raises InputError when the arrays differ in length or a window lies outside them.
    """

    name: str
    ts: Int64Array
    """Milliseconds since the epoch, (n,)."""
    value: Float64Array
    """Finite, (n,)."""
    label: BoolArray
    """True inside a labelled window, (n,)."""
    probation: int
    """Points at the start that a detector may learn from and that are not scored."""
    windows: tuple[Span, ...]
    """Labelled anomalies as index ranges, in order and disjoint."""
    labelled: bool = True
    """False where nobody has said what is an anomaly; `label` is then false throughout and means nothing."""
    group: str = ""
    """What the series shares with others of its corpus: one patient, one machine, one run. A split keeps a
    group together; empty for a series that stands alone."""
    unclear: tuple[Span, ...] = ()
    """Index ranges known neither as normal nor as anomalous: nothing is learned there."""
    moments: tuple[int, ...] = ()
    """Indices at which anomalies begin, for data whose windows are wide margins around them (NAB)."""
    history: int = 0
    """Points at the start that come from elsewhere, within the probation: what a detector may have seen by
    the first point of the series itself."""

    def __post_init__(self) -> None:
        if not len(self.ts) == len(self.value) == len(self.label):
            raise InputError(f"series {self.name}: ts, value and label differ in length")
        if not np.isfinite(self.value).all():
            first = int(np.flatnonzero(~np.isfinite(self.value))[0])
            raise InputError(f"series {self.name}: the value of point {first + 1} is no finite number")
        if not 0 <= self.probation <= len(self):
            raise InputError(f"series {self.name}: probation {self.probation} is not within 0 to {len(self)}")
        if any(start > end for start, end in self.windows) or any(
            a[1] >= b[0] for a, b in pairwise(self.windows)
        ):
            raise InputError(f"series {self.name}: windows must be in order and must not overlap")
        if self.windows and not (self.windows[0][0] >= 0 and self.windows[-1][1] < len(self)):
            raise InputError(f"series {self.name}: a window lies outside its {len(self)} points")

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def clock(self) -> Int64Array:
        """Latest time so far (n,): unlike `ts` it never goes back, so times can be looked up in it."""
        return np.maximum.accumulate(self.ts)

    @cached_property
    def is_in_order(self) -> BoolArray:
        """Points later than all before them, (n,): the daemon refuses the others."""
        return np.concatenate([np.ones(len(self.ts[:1]), np.bool_), self.ts[1:] > self.clock[:-1]])

    def between(self, start: int, end: int) -> range:
        """Points from one millisecond to another, both inclusive; of a series in the order of time."""
        first = int(np.searchsorted(self.ts, start, side="left"))
        return range(first, int(np.searchsorted(self.ts, end, side="right")))

    @property
    def drawn_with(self) -> str:
        """Its group, or itself where it stands alone."""
        return self.group or self.name

    @property
    def scored_windows(self) -> tuple[Span, ...]:
        """Windows as far as they lie behind the probation."""
        return tuple(
            (max(start, self.probation), end) for start, end in self.windows if end >= self.probation
        )

    @property
    def scored_days(self) -> float:
        """Days from the first to the last scored point."""
        scored = self.clock[self.probation :]
        return float(scored[-1] - scored[0]) / MS_PER_DAY if len(scored) else 0.0

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """SHA-256 of the values and of their BEGINNING: finds the same data under another name, and when more
        has come. None of a series that never changes, nor of a beginning that others may share. Of a
        history nothing is scored, so nothing of it is looked at.
        """
        return frozenset(_fingerprints(self.own))

    @property
    def own(self) -> Float64Array:
        """The values without the history."""
        return self.value[self.history :]


def _fingerprints(value: Float64Array) -> Iterator[str]:
    if len(value) and np.ptp(value):
        yield sha256_of(value)
    if is_telling(beginning := value[:BEGINNING]):
        yield sha256_of(beginning)


def sha256_of(values: Float64Array) -> str:
    """Of their bytes as little-endian float64."""
    return hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()


def is_telling(values: Float64Array) -> bool:
    """Whether no other series has these values by chance."""
    if len(np.unique(values)) < TELLING:
        return False
    steps = np.round(np.diff(values) / np.ptp(values), 6)  # .1 is not added exactly
    return len(np.unique(steps)) >= TELLING


def from_labels(
    name: str, ts: Int64Array, value: Float64Array, label: BoolArray, group: str = ""
) -> LabelledSeries:
    """Make a series whose windows are the runs of its labels, with the usual probation."""
    return LabelledSeries(name, ts, value, label, probation_points(len(value)), runs(label), group=group)


def unlabelled(name: str, ts: Int64Array, value: Float64Array, group: str = "") -> LabelledSeries:
    """Make a series of which nobody has said what is an anomaly."""
    nothing = np.zeros(len(value), dtype=bool)
    return replace(from_labels(name, ts, value, nothing, group), labelled=False)


def in_order(series: LabelledSeries) -> LabelledSeries:
    """Without the points that the daemon refuses; with the usual probation."""
    keep = series.is_in_order
    return from_labels(series.name, series.ts[keep], series.value[keep], series.label[keep], series.group)


def probation_points(points: int) -> int:
    """Unscored points at the start of a series of this length, the rule of NAB."""
    return min(int(PROBATION_SHARE * points), PROBATION_LIMIT)


def runs(mask: BoolArray) -> tuple[Span, ...]:
    """Index ranges in which `mask` (n,) is true."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return tuple((int(start), int(end) - 1) for start, end in edges.reshape(-1, 2))


def mark(points: int, spans: Sequence[Span]) -> BoolArray:
    """Mask (points,) that is true within the index ranges."""
    mask = np.zeros(points, dtype=bool)
    for start, end in spans:
        mask[start : end + 1] = True
    return mask
