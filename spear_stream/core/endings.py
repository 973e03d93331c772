"""Alerts that end without a point of their series: it made room for others, or has gone silent.

Silence is told by what else arrives. The time of a partition is the newest time among its points, never
later than now, so neither a backlog nor a worker that was away makes a series silent, and a series whose
points always come late is not silent either: it counts what passed since it was last heard.
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
        """silent_ms: how long a series must say nothing while others do; None: silence ends no alert."""
        self._silent_ms = silent_ms
        self._hop = hop
        self._roster = roster
        self._times = quantizer.table
        self._quantizer = quantizer
        self._windows = windows
        self._alerts = alerts
        self.table = SeriesTable(heard=np.int64)
        """The partition's time, in milliseconds, when a point of the series was last taken in."""

    def forget(self, slots: IndexArray) -> list[AlertEvent]:
        """Of series whose rows others get; every window of theirs was judged."""
        return self._end(slots[self._alerts.table["is_open"][slots]], FORGOTTEN)

    def hear(self, slots: IndexArray, ts: Int64Array, now_ms: int) -> list[AlertEvent]:
        """Points were taken in; events of alerts whose series have said nothing for too long by now.

        slots, ts: (n,) of the points. Where windows wait to be judged, the series is asked again later.
        """
        if not len(slots):
            return []
        heard = self.table["heard"]
        time = max(int(heard.max()), min(int(ts.max()), now_ms))
        heard[slots] = time
        if self._silent_ms is None:
            return []
        alarmed = np.flatnonzero(self._alerts.table["is_open"])
        alarmed = alarmed[self._windows.table["waiting"][alarmed] == 0]
        patience = np.maximum(self._silent_ms, MISSED * self._times["interval"][alarmed])
        return self._end(alarmed[time - heard[alarmed] > patience], SILENT)

    def _end(self, slots: IndexArray, resolution: str) -> list[AlertEvent]:
        return self._alerts.close(self._last_windows(slots), resolution) if len(slots) else []

    def _last_windows(self, slots: IndexArray) -> StructArray:
        windows = self._windows.capture(slots)
        windows["fresh"] = np.minimum(self._hop, windows["points"])
        windows["prompt"] = self._roster.prompts[slots]
        windows["ts"] = self._times["last_ts"][slots]
        windows["value"] = self._times["last"][slots]
        windows["centre"], windows["scale"] = self._quantizer.expect(slots)
        return windows
