"""How long the others of a partition have gone on without each of its series.

Silence is told by what else arrives, in the order of the log: a series is silent when the others have gone
on for so long since it was last heard, by a point that was taken in. How long they have is what their points
add to the newest time of the partition, each a bounded step, and never beyond now. So the end of an outage
that all had, one wrong clock, a worker that was away and a backlog make nothing silent, nor does a series
whose times lag behind.
"""

from typing import NamedTuple

import numpy as np

from spear_stream.core.order import intervals_before
from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import BoolArray, IndexArray, Int64Array
from spear_stream.core.table import SeriesTable

MISSED = 8.0
"""Usual intervals of a series over which it is not silent yet, however long they are."""
STEPS = 8.0
"""Points of others, at least, in which the silence passes ..."""
STEP = 1.5
"""... unless they usually come farther apart: usual intervals of a series that its point may add."""


class GoneOn(NamedTuple):
    """How far a partition has gone on with each of some points; (n,) both, in milliseconds."""

    newest: Int64Array
    """Newest time of the partition."""
    passed: Int64Array
    """How long it has gone on."""

    def at(self, rows: IndexArray) -> "GoneOn":
        return GoneOn(self.newest[rows], self.passed[rows])


class Silence:
    """Of one partition; a row (slot) per series."""

    def __init__(self, silent_ms: int | None, quantizer: Quantizer) -> None:
        """silent_ms: how long others must go on without a series; None: nothing is silent. quantizer: with
        the times of the series.
        """
        self.is_told = silent_ms is not None
        self._silent_ms = silent_ms or 0
        self._times = quantizer.table
        self.table = SeriesTable(newest=np.int64, passed=np.int64)
        """Newest time of the partition and how long it has gone on, both in milliseconds, when the series was
        last heard: the largest ones are those of the partition.
        """

    def go_on(self, slots: IndexArray, ts: Int64Array, now_ms: int, rows: IndexArray) -> GoneOn:
        """How far the partition has gone on with each point; 0 but in `rows`.

        slots, ts: (n,) of points in the order of the log. rows: those of series that have a row. Points that
        will be refused as late or double add nothing.
        """
        gone_on = GoneOn(np.zeros(len(ts), np.int64), np.zeros(len(ts), np.int64))
        if not self.is_told or not len(rows):
            return gone_on
        intervals = intervals_before(self._times, slots[rows], ts[rows])
        before, counts = self.table["newest"].max(), ~np.isnan(intervals)
        newest = np.maximum.accumulate(
            np.where(counts, np.maximum(np.minimum(ts[rows], now_ms), before), before)
        )
        most = np.maximum(self._silent_ms / STEPS, STEP * np.where(counts, intervals, 0.0))
        steps = np.minimum(np.diff(newest, prepend=before), most)
        gone_on.newest[rows] = newest
        gone_on.passed[rows] = self._now() + np.cumsum(steps.astype(np.int64))
        return gone_on

    def hear(self, slots: IndexArray, gone_on: GoneOn) -> None:
        """One point of each of these series is taken in."""
        self.table["newest"][slots], self.table["passed"][slots] = gone_on

    def was_silent(self, slots: IndexArray, gone_on: GoneOn) -> BoolArray:
        """Whether these series were silent before one point of each, which is not heard yet."""
        return self._lasts(slots, gone_on.passed - self.table["passed"][slots])

    def is_silent(self, slots: IndexArray) -> BoolArray:
        return self._lasts(slots, self._now() - self.table["passed"][slots])

    def may_be_silent(self) -> BoolArray:
        """Rows, spare ones included, that are silent now if their usual intervals are short."""
        return np.asarray(self.table["passed"] < self._now() - self._silent_ms)

    def _lasts(self, slots: IndexArray, unheard: Int64Array) -> BoolArray:
        return np.asarray(unheard > np.maximum(self._silent_ms, MISSED * self._times["interval"][slots]))

    def _now(self) -> int:
        """How long the partition has gone on."""
        return int(self.table["passed"].max(initial=0))
