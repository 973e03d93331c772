"""Alerts that end without a point of their series: it made room for others, or has gone silent.

Silence is told by what else arrives, in the order of the log: a series is silent when the others have gone
on for so long since it was last heard. How long they have is what their points add to the newest time of the
partition, each a bounded step, and never beyond now. So the end of an outage that all had, one wrong clock,
a worker that was away and a backlog make nothing silent, nor does a series whose times lag behind.
"""

import numpy as np

from spear_stream.core.alerts import FORGOTTEN, SILENT, AlertBook
from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import AlertEvent, IndexArray, Int64Array, StructArray
from spear_stream.core.roster import Roster
from spear_stream.core.table import SeriesTable
from spear_stream.core.windows import WindowStore

MISSED = 8.0
"""Usual intervals of a series over which it is not silent yet, however long they are."""
STEPS = 8.0
"""Points of others, at least, in which the silence passes ..."""
STEP = 1.5
"""... unless they usually come farther apart: usual intervals of a series that its point may add."""
MOST_ENDED = 200
"""Alerts that one batch of points ends; the others are asked with the next one."""


class Endings:
    """Of one partition's alerts; a row (slot) per series."""

    def __init__(
        self,
        silent_ms: int | None,
        hop: int,
        roster: Roster,
        quantizer: Quantizer,
        windows: WindowStore,
        alerts: AlertBook,
    ) -> None:
        """silent_ms: how long others must go on without a series; None: silence ends no alert."""
        self._silent_ms = silent_ms
        self._hop = hop
        self._roster = roster
        self._quantizer = quantizer
        self._windows = windows
        self._alerts = alerts
        self.table = SeriesTable(newest=np.int64, passed=np.int64)
        """Newest time of the partition and how long it has gone on, both in milliseconds, when the series was
        last heard: the largest ones are those of the partition.
        """

    def forget(self, slots: IndexArray) -> list[AlertEvent]:
        """Of series whose rows others get; every window of theirs was judged."""
        return self._end(slots[self._alerts.table["is_open"][slots]], FORGOTTEN)

    def hear(self, slots: IndexArray, ts: Int64Array, now_ms: int) -> list[AlertEvent]:
        """Points come; events of alerts whose series had said nothing for too long before they are taken in.

        slots, ts: (n,) of the points, in the order of the log. A series whose windows wait to be judged is
        asked with the next points.
        """
        if self._silent_ms is None or not len(slots):
            return []
        newest, passed = self._gone_on(slots, ts, now_ms, self._silent_ms)
        alarmed = np.flatnonzero(self._alerts.table["is_open"])
        alarmed = alarmed[self._windows.table["waiting"][alarmed] == 0]
        if len(alarmed):
            silence = _first_heard(alarmed, slots, passed) - self.table["passed"][alarmed]
            patience = np.maximum(self._silent_ms, MISSED * self._quantizer.table["interval"][alarmed])
            alarmed = alarmed[silence > patience]
        self.table["newest"][slots], self.table["passed"][slots] = newest, passed
        return self._end(alarmed[:MOST_ENDED], SILENT)

    def _gone_on(
        self, slots: IndexArray, ts: Int64Array, now_ms: int, silent_ms: int
    ) -> tuple[Int64Array, Int64Array]:
        """Newest time of the partition and how long it has gone on, with each point; (n,) both."""
        before = self.table["newest"].max()
        newest = np.maximum.accumulate(np.maximum(np.minimum(ts, now_ms), before))
        steps = np.diff(newest, prepend=before)
        most = np.maximum(silent_ms / STEPS, STEP * self._quantizer.table["interval"][slots])
        passed = self.table["passed"].max() + np.cumsum(np.minimum(steps, most).astype(np.int64))
        return newest, passed

    def _end(self, slots: IndexArray, resolution: str) -> list[AlertEvent]:
        return self._alerts.close(self._last_windows(slots), resolution) if len(slots) else []

    def _last_windows(self, slots: IndexArray) -> StructArray:
        windows = self._windows.capture(slots)
        windows["fresh"] = np.minimum(self._hop, windows["points"])
        windows["prompt"] = self._roster.prompts[slots]
        windows["ts"] = self._quantizer.table["last_ts"][slots]
        windows["value"] = self._quantizer.table["last"][slots]
        windows["centre"], windows["scale"] = self._quantizer.expect(slots)
        return windows


def _first_heard(alarmed: IndexArray, slots: IndexArray, passed: Int64Array) -> Int64Array:
    """How long the partition has gone on with the first of these points of each alarmed series, or with all
    of them where none is of it.
    """
    heard, first = np.unique(slots, return_index=True)
    place = np.minimum(np.searchsorted(heard, alarmed), len(heard) - 1)
    return np.where(heard[place] == alarmed, passed[first[place]], passed[-1])
