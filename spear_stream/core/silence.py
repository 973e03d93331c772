"""How long the others of a partition have gone on without each of its series.

Silence is told by what else arrives, in the order of the log: a series is silent when the others have gone
on for so long since it was last heard. How long they have is what their points add to the newest time of the
partition, each a bounded step, and never beyond now. So the end of an outage that all had, one wrong clock,
a worker that was away and a backlog make nothing silent, nor does a series whose times lag behind.
"""

import numpy as np

from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import BoolArray, IndexArray, Int64Array
from spear_stream.core.table import SeriesTable

MISSED = 8.0
"""Usual intervals of a series over which it is not silent yet, however long they are."""
STEPS = 8.0
"""Points of others, at least, in which the silence passes ..."""
STEP = 1.5
"""... unless they usually come farther apart: usual intervals of a series that its point may add."""


class Silence:
    """Of one partition; a row (slot) per series."""

    def __init__(self, silent_ms: int | None, quantizer: Quantizer) -> None:
        """silent_ms: how long others must go on without a series; None: nothing is silent. quantizer: of the
        usual intervals.
        """
        self.is_told = silent_ms is not None
        self._silent_ms = silent_ms or 0
        self._intervals = quantizer.table
        self.table = SeriesTable(newest=np.int64, passed=np.int64)
        """Newest time of the partition and how long it has gone on, both in milliseconds, when the series was
        last heard: the largest ones are those of the partition.
        """

    def hear(self, slots: IndexArray, ts: Int64Array, now_ms: int) -> Int64Array:
        """How long others had gone on, when each point came, since its series was heard; (n,) milliseconds.

        slots, ts: (n,) of the points, in the order of the log.
        """
        before = self.table["newest"].max()
        newest = np.maximum.accumulate(np.maximum(np.minimum(ts, now_ms), before))
        steps = np.diff(newest, prepend=before)
        most = np.maximum(self._silent_ms / STEPS, STEP * self._intervals["interval"][slots])
        passed = self.table["passed"].max() + np.cumsum(np.minimum(steps, most).astype(np.int64))
        unheard: Int64Array = passed - _before_each(slots, passed, self.table["passed"])
        self.table["newest"][slots], self.table["passed"][slots] = newest, passed
        return unheard

    def now(self, slots: IndexArray) -> Int64Array:
        """How long others have gone on without each of these series."""
        return np.asarray(self.table["passed"].max() - self.table["passed"][slots])

    def may_last(self) -> BoolArray:
        """Rows, spare ones included, that are silent now if their usual intervals are short."""
        passed = self.table["passed"]
        return np.asarray(passed < passed.max() - self._silent_ms)

    def may_be(self, unheard: Int64Array) -> BoolArray:
        """Whether that long is silence for a series whose usual intervals are short."""
        return np.asarray(unheard > self._silent_ms)

    def lasts(self, slots: IndexArray, unheard: Int64Array) -> BoolArray:
        """Whether that long is silence for these series."""
        return np.asarray(unheard > np.maximum(self._silent_ms, MISSED * self._intervals["interval"][slots]))


def _before_each(slots: IndexArray, passed: Int64Array, table: Int64Array) -> Int64Array:
    """How long the partition had gone on when the series of each point was heard before it."""
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    before = np.empty_like(passed)
    before[order] = np.where(first, table[ordered], np.roll(passed[order], 1))
    return before
