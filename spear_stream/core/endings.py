"""What ends or begins without a point of a series: it goes silent (silence.py), or makes room for others.

The open alert of a silent series is closed, and one begins that says so, if that is wanted (no_data.py). What
comes of a log does not depend on how it is cut into batches: where a series is back before anything else told
of its silence, that is told when the windows of before it are judged.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spear_stream.core.alerts import AlertBook
from spear_stream.core.departure import FORGOTTEN, SILENT
from spear_stream.core.last_windows import LastWindows
from spear_stream.core.no_data import NoData
from spear_stream.core.records import AlertEvent, BoolArray, IndexArray, Int64Array, StructArray
from spear_stream.core.silence import GoneOn, Silence
from spear_stream.core.windows import WindowStore

MOST_TOLD = 200
"""Silent series that one batch of points tells of; the others are asked with the next one."""


class Shadow(Protocol):
    """Alerts of challengers, which end where those of the champions would (shadow.py)."""

    def has_open(self, rows: int) -> BoolArray:
        """Which of the first `rows` rows have an alert that is open; (rows,)."""

    def end(self, windows: StructArray, resolution: str, *, waits: bool = False) -> None:
        """End those of these series that are open. windows: the last one of each; waits: the champions judge
        them now, the challengers next.
        """


@dataclass(slots=True)
class _Return:
    """A series is back from silence while windows of before it wait."""

    waiting: int
    """How many."""
    window: StructArray
    """(1,), the last one of before."""
    ts: Int64Array
    """(1,), of the point that came."""


class Endings:
    """Of one partition's series; a row (slot) per series."""

    def __init__(
        self,
        silence: Silence,
        no_data: NoData,
        alerts: AlertBook,
        windows: WindowStore,
        last_windows: LastWindows,
    ) -> None:
        self._silence = silence
        self._no_data = no_data
        self._alerts = alerts
        self._table = windows.table
        self._last_windows = last_windows
        self._returns: list[_Return] = []
        self.shadow: Shadow | None = None
        """It is told what ends, and nothing else here depends on it."""

    def forget(self, slots: IndexArray) -> list[AlertEvent]:
        """Of series whose rows others get; every window of theirs was judged."""
        have_alerts = self._alerts.table["is_open"][slots] | self._no_data.is_open(slots)
        windows = self._last_windows.of(slots[have_alerts | self._open_in_shadow(slots)])
        self._end_in_shadow(windows, FORGOTTEN)
        return self._close(windows, FORGOTTEN) + self._no_data.closed(windows, windows["ts"], FORGOTTEN)

    def hear(
        self, slots: IndexArray, ts: Int64Array, offsets: Int64Array, gone_on: GoneOn
    ) -> list[AlertEvent]:
        """A point of each of these series is about to be taken in: what ends with it, or began before it."""
        back, events = self._no_data.is_open(slots), list[AlertEvent]()
        if self._silence.is_told:
            if (silent := self._silence.was_silent(slots, gone_on)).any():
                back |= silent & self._is_news(slots)
            self._silence.hear(slots, gone_on)
        if back.any():
            events = self._come_back(slots[back], ts[back])
        self._no_data.heard(slots, offsets)
        return events

    def overdue(self) -> list[AlertEvent]:
        """What is told of series that are silent now. One whose windows wait is asked the next time."""
        if not self._silence.is_told:
            return []
        slots = self._silent(self._alerts.table["is_open"] | self._no_data.may_begin())
        events = self._tell(self._last_windows.of(slots)) if len(slots) else []
        rows = self._alerts.table.capacity
        if self.shadow is not None and len(slots := self._silent(self.shadow.has_open(rows))):
            self.shadow.end(self._last_windows.of(slots), SILENT)
        return events

    def judged(self, slots: IndexArray) -> list[AlertEvent]:
        """One window of each of these series was judged or skipped: ends the silences before which it was the
        last.
        """
        events = list[AlertEvent]()
        for back in self._returns:
            back.waiting -= int(back.window["slot"][0] in slots)
            if not back.waiting:
                self._end_in_shadow(back.window, SILENT, waits=True)
                events += self._end(back.window, back.ts)
        self._returns = [back for back in self._returns if back.waiting]
        return events

    def _silent(self, watched: BoolArray) -> IndexArray:
        """Which of the watched rows are silent now, but for those whose windows wait; MOST_TOLD at most."""
        if not watched.any():
            return np.empty(0, np.intp)
        slots = np.flatnonzero(watched & self._silence.may_be_silent())
        slots = slots[self._table["waiting"][slots] == 0]
        silent: IndexArray = slots[self._silence.is_silent(slots)][:MOST_TOLD]
        return silent

    def _open_in_shadow(self, slots: IndexArray) -> BoolArray:
        """Of which of these series a challenger has an open alert."""
        if self.shadow is None:
            return np.zeros(len(slots), np.bool_)
        return np.asarray(self.shadow.has_open(self._alerts.table.capacity)[slots])

    def _end_in_shadow(self, windows: StructArray, resolution: str, *, waits: bool = False) -> None:
        if self.shadow is not None:
            self.shadow.end(windows, resolution, waits=waits)

    def _is_news(self, slots: IndexArray) -> BoolArray:
        """Silence of these series ends an alert, or may, or begins one."""
        may_end = self._alerts.table["is_open"][slots] | (self._table["waiting"][slots] > 0)
        return np.asarray(may_end | self._no_data.may_begin()[slots] | self._open_in_shadow(slots))

    def _come_back(self, slots: IndexArray, ts: Int64Array) -> list[AlertEvent]:
        windows, waiting = self._last_windows.of(slots), self._table["waiting"][slots]
        for row in np.flatnonzero(waiting):
            one = slice(row, row + 1)
            self._returns.append(_Return(int(waiting[row]), windows[one], ts[one]))
        judged = waiting == 0
        self._end_in_shadow(windows[judged], SILENT)
        return self._end(windows[judged], ts[judged])

    def _end(self, windows: StructArray, ts: Int64Array) -> list[AlertEvent]:
        """These silences ended with points of these times."""
        return self._tell(windows) + self._no_data.closed(windows, ts)

    def _tell(self, windows: StructArray) -> list[AlertEvent]:
        return self._close(windows, SILENT) + self._no_data.opened(windows)

    def _close(self, windows: StructArray, resolution: str) -> list[AlertEvent]:
        is_open = self._alerts.table["is_open"][windows["slot"]]
        return self._alerts.close(windows[is_open], resolution) if is_open.any() else []
