"""Windows of all series: the codes a model reads, the newest raw points, and how far the level moved."""

import numpy as np

from spear_stream.core.records import CodeArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.ring import CodeRing, among_newest, entries, ring_columns, turns
from spear_stream.core.shift import LEVELS, Shift
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable
from spear_stream.core.window_scaling import window_codes


class WindowStore:
    """One ring per series.

    `waiting` counts captured windows that are not judged yet: their row must keep its series.
    """

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self._recent_turns = turns(spec.recent)
        self.table = SeriesTable(
            waiting=np.int32,
            tail_ts=(np.int64, spec.recent),
            tail_value=(np.float64, spec.recent),
            **ring_columns(spec.length),
            **LEVELS,
        )
        self._codes = CodeRing(self.table, spec.length)
        self._shift = Shift(self.table)

    def append(self, slots: IndexArray, codes: CodeArray, ts: Int64Array, values: Float64Array) -> Int64Array:
        """Add one point per series; slots distinct. Returns the points each series now has."""
        points = self._codes.append(slots, codes)
        before = points - 1
        recent = before % self._spec.recent
        self.table["tail_ts"][slots, recent] = ts
        self.table["tail_value"][slots, recent] = values
        self._shift.update(slots, values, before)
        return points

    def capture(self, slots: IndexArray) -> StructArray:
        """Copies of the windows that end at the newest point, oldest point first."""
        spec = self._spec
        windows = np.zeros(len(slots), spec.dtype)
        points = self.table["points"][slots]
        windows["slot"] = slots
        windows["points"] = np.minimum(points, spec.length)
        windows["seen"] = points
        windows["shift"], windows["long_mean"] = self.table["shift"][slots], self.table["long_mean"][slots]
        windows["codes"] = self._codes.newest(slots)
        recent = entries(self._recent_turns, slots, points)
        windows["tail_ts"] = self.table["tail_ts"].reshape(-1).take(recent)
        windows["tail_value"] = self.table["tail_value"].reshape(-1).take(recent)
        if spec.scaling == "window":
            known = among_newest(windows["points"], spec.length)
            windows["codes"] = window_codes(spec, windows["tail_value"][:, -spec.length :], known)
        return windows
