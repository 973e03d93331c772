"""Ring buffers of all series: the codes a model reads and the newest raw points."""

import numpy as np

from spear_stream.core.records import CodeArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.core.table import SeriesTable

_PACKED = np.dtype(np.uint32)
"""The codes of one point travel as one word: one gather per point instead of one per channel."""
assert _PACKED.itemsize == len(CHANNELS)


class WindowStore:
    """One ring per series. Unwritten positions hold PAD, so a short window needs no mask."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self.table = SeriesTable(
            points=np.int64,
            codes=(_PACKED, spec.length),
            tail_ts=(np.int64, spec.recent),
            tail_value=(np.float64, spec.recent),
        )

    def append(self, slots: IndexArray, codes: CodeArray, ts: Int64Array, values: Float64Array) -> Int64Array:
        """Add one point per series; slots distinct. Returns the points each series now has."""
        points = self.table["points"][slots]
        packed = np.ascontiguousarray(codes).view(_PACKED)[:, 0]
        self.table["codes"][slots, points % self._spec.length] = packed
        recent = points % self._spec.recent
        self.table["tail_ts"][slots, recent] = ts
        self.table["tail_value"][slots, recent] = values
        self.table["points"][slots] = points + 1
        return points + 1

    def capture(self, slots: IndexArray) -> StructArray:
        """Copies of the windows that end at the newest point, oldest point first."""
        spec = self._spec
        windows = np.zeros(len(slots), spec.dtype)
        points = self.table["points"][slots]
        windows["slot"] = slots
        windows["points"] = np.minimum(points, spec.length)
        packed = _unroll(self.table["codes"], slots, points, spec.length)
        windows["codes"] = packed.view(np.uint8).reshape(len(slots), spec.length, len(CHANNELS))
        windows["tail_ts"] = _unroll(self.table["tail_ts"], slots, points, spec.recent)
        windows["tail_value"] = _unroll(self.table["tail_value"], slots, points, spec.recent)
        return windows


def _unroll(ring: np.ndarray, slots: IndexArray, points: Int64Array, length: int) -> np.ndarray:
    columns = (points[:, None] + np.arange(length)) % length
    return ring[slots[:, None], columns]
