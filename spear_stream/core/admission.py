"""Which samples are taken in, and into which rows."""

from collections.abc import Callable
from itertools import compress

import numpy as np

from spear_stream.core.records import BoolArray, IndexArray, Rejection, SampleBatch
from spear_stream.core.refusals import Refusal
from spear_stream.core.roster import NO_ROOM, Roster


class Admission:
    """Refuses samples from the future and series beyond the limit."""

    def __init__(
        self, roster: Roster, max_series: int, max_future_ms: int | None, *, rows_for_all: bool = False
    ) -> None:
        """roster: of at most max_series. max_future_ms: how far ahead of now samples may be; None: any.
        rows_for_all: what is refused for its time takes a row all the same, as it did.
        """
        self._roster = roster
        self._max_future_ms = max_future_ms
        self._rows_for_all = rows_for_all
        self._limit = f"the limit is {max_series} series"

    def rows(
        self, samples: SampleBatch, now_ms: int, release: Callable[[IndexArray], IndexArray]
    ) -> tuple[IndexArray, list[Rejection]]:
        """Row of the series of each sample, (n,), NO_ROOM where it is refused; release: see Roster.slots.

        A sample from the future takes no row: a producer whose clock is wrong must not lock others out.
        """
        future = self._in_the_future(samples, now_ms)
        slots = np.full(len(samples), NO_ROOM, np.intp)
        heard = ~future | self._rows_for_all
        series = samples.series if heard.all() else list(compress(samples.series, heard))
        slots[heard] = self._roster.slots(series, now_ms, release)
        slots[future] = NO_ROOM
        refused = np.flatnonzero(slots == NO_ROOM).tolist()
        return slots, [self._refusal(samples, row, now_ms, future=bool(future[row])) for row in refused]

    def _in_the_future(self, samples: SampleBatch, now_ms: int) -> BoolArray:
        if self._max_future_ms is None:
            return np.zeros(len(samples), np.bool_)
        return np.asarray(samples.ts > now_ms + self._max_future_ms)

    def _refusal(self, samples: SampleBatch, row: int, now_ms: int, *, future: bool) -> Rejection:
        if future:
            ahead = (samples.ts[row] - now_ms) / 1000
            return Rejection(row, Refusal.IN_THE_FUTURE, f"{ahead:.0f} s ahead of the clock")
        return Rejection(row, Refusal.TOO_MANY_SERIES, self._limit)
