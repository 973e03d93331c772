"""Ring buffers of all series: the codes a model reads, the newest raw points, and how far the level moved."""

import numpy as np

from spear_stream.core.records import CodeArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.shift import LEVELS, Shift
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.core.table import SeriesTable
from spear_stream.core.window_scaling import window_codes

_PACKED = np.dtype(f"V{len(CHANNELS)}")
"""The codes of one point travel as one word: one gather per point instead of one per channel."""


class WindowStore:
    """One ring per series. Unwritten positions hold PAD, so a short window needs no mask.

    `waiting` counts captured windows that are not judged yet: their row must keep its series.
    """

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self._turns = _turns(spec.length)
        self._recent_turns = _turns(spec.recent)
        self.table = SeriesTable(
            points=np.int64,
            waiting=np.int32,
            codes=(np.uint8, spec.length * len(CHANNELS)),
            tail_ts=(np.int64, spec.recent),
            tail_value=(np.float64, spec.recent),
            **LEVELS,
        )
        self._shift = Shift(self.table)

    def append(self, slots: IndexArray, codes: CodeArray, ts: Int64Array, values: Float64Array) -> Int64Array:
        """Add one point per series; slots distinct. Returns the points each series now has."""
        points = self.table["points"][slots]
        self._codes()[slots, points % self._spec.length] = np.ascontiguousarray(codes).view(_PACKED)[:, 0]
        recent = points % self._spec.recent
        self.table["tail_ts"][slots, recent] = ts
        self.table["tail_value"][slots, recent] = values
        self._shift.update(slots, values, points)
        self.table["points"][slots] = points + 1
        return points + 1

    def capture(self, slots: IndexArray) -> StructArray:
        """Copies of the windows that end at the newest point, oldest point first."""
        spec = self._spec
        windows = np.zeros(len(slots), spec.dtype)
        points = self.table["points"][slots]
        windows["slot"] = slots
        windows["points"] = np.minimum(points, spec.length)
        windows["shift"] = self.table["shift"][slots]
        packed = self._codes().reshape(-1).take(_entries(self._turns, slots, points))
        windows["codes"] = packed.view(np.uint8).reshape(len(slots), spec.length, len(CHANNELS))
        recent = _entries(self._recent_turns, slots, points)
        windows["tail_ts"] = self.table["tail_ts"].reshape(-1).take(recent)
        windows["tail_value"] = self.table["tail_value"].reshape(-1).take(recent)
        if spec.scaling == "window":
            known = np.arange(spec.length, 0, -1) <= windows["points"][:, None]
            windows["codes"] = window_codes(spec, windows["tail_value"][:, -spec.length :], known)
        return windows

    def _codes(self) -> np.ndarray:
        """(series, length) of words, a view."""
        return self.table["codes"].view(_PACKED)


def _turns(length: int) -> IndexArray:
    """Row k: the entries of a ring in order, from the k-th on; a view of twice the ring, not its square."""
    twice = np.arange(2 * length, dtype=np.intp) % length
    return np.lib.stride_tricks.sliding_window_view(twice, length)


def _entries(turns: IndexArray, slots: IndexArray, points: Int64Array) -> IndexArray:
    """Where the entries of each ring are in the flat column, oldest first. Returns (n, length)."""
    length = turns.shape[1]
    entries: IndexArray = turns[points % length]
    entries += (slots * length)[:, None]
    return entries
