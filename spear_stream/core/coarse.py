"""Every series a second time, from farther off: by the means of BLOCK points.

A window of points cannot show what takes hours, and its noise hides a small change. One of means reaches
BLOCK times as far back and has less noise, and to the model it is a window like any other
(docs/adr/0010-coarse.md).
"""

from dataclasses import replace
from math import ceil

import numpy as np

from spear_stream.core.quantizer import LARGEST, Quantizer, clip
from spear_stream.core.records import BoolArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable
from spear_stream.core.windows import WindowStore

BLOCK = 8
"""Points whose mean is one point of a coarse window."""
POINTS_PER_BLOCK = 4
"""Points of the longest hop with which every block is scored. Beyond it blocks are left out as points are, so
that of three windows to score one is coarse at most."""


class Coarse:
    """Blocks, codes and windows of means; a row (slot) per series."""

    def __init__(self, spec: WindowSpec, hop: int) -> None:
        """hop: points between two windows of points."""
        self._spec = spec
        self._hop = ceil(hop / POINTS_PER_BLOCK)
        kept = _kept(spec)
        self._least = kept.min_points
        self._blocks = SeriesTable(points=np.int16, total=np.float64)
        self._quantizer = Quantizer(spec)
        self._windows = WindowStore(kept)
        self.tables = {
            "coarse_blocks": self._blocks,
            "coarse_quantizer": self._quantizer.table,
            "coarse_windows": self._windows.table,
        }

    def append(self, slots: IndexArray, ts: Int64Array, values: Float64Array) -> IndexArray:
        """Take in one new point per series. Returns the rows whose coarse window is due with it.

        slots: (n,) distinct; ts: (n,) milliseconds; values: (n,) finite.
        """
        total = self._blocks["total"][slots] + clip(values, -LARGEST, LARGEST)
        points = self._blocks["points"][slots] + 1
        full = np.flatnonzero(points == BLOCK)
        points[full] = 0
        means = total[full] / BLOCK
        total[full] = 0.0
        self._blocks["points"][slots] = points
        self._blocks["total"][slots] = total
        due: IndexArray = full[self._is_due(slots[full], ts[full], means)]
        return due

    def capture(self, slots: IndexArray) -> StructArray:
        """Windows of means that end with the newest block; what only an alert reads is zero."""
        found = self._windows.capture(slots)
        windows = np.zeros(len(slots), self._spec.dtype)
        windows["coarse"] = True
        windows["slot"], windows["points"] = found["slot"], found["points"]
        windows["codes"][:, -found["codes"].shape[1] :] = found["codes"]
        windows["fresh"] = np.minimum(self._hop, windows["points"])
        return windows

    def _is_due(self, slots: IndexArray, ts: Int64Array, means: Float64Array) -> BoolArray:
        if len(slots) == 0:
            return np.zeros(0, np.bool_)
        blocks = self._windows.append(slots, self._quantizer.update(slots, ts, means), ts, means)
        return np.asarray((blocks >= self._least) & (blocks % self._hop == 0))


def _kept(spec: WindowSpec) -> WindowSpec:
    """What is kept of means: half of a window, the rest is padding, and no raw points."""
    length = spec.patch * max(1, spec.patches // 2)
    least = min(spec.min_points, length)
    return replace(spec, length=length, min_points=least, recent=1, scaling="robust")
