"""Every series a second time, from farther off: by the means of BLOCK points.

A window of points cannot show what takes hours, and its noise hides a small change. One of means reaches
farther back and has less noise, and to the model it is a window like any other (docs/adr/0010-coarse.md).
"""

from math import ceil

import numpy as np

from spear_stream.core.quantizer import LARGEST, STEP, Quantizer, clip
from spear_stream.core.records import (
    BoolArray,
    CodeArray,
    Float64Array,
    IndexArray,
    Int64Array,
    StructArray,
)
from spear_stream.core.ring import CodeRing, ring_columns
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable

BLOCK = 8
"""Points whose mean is one point of a coarse window."""
POINTS_PER_BLOCK = 4
"""Points of the longest hop with which every block is scored. Beyond it blocks are left out as points are, so
that of three windows to score one is coarse at most."""
LONG_GAP = 3
"""Octaves of a gap, see quantizer.py, from which what was before says nothing of now: six usual intervals."""


class Coarse:
    """Blocks, codes and windows of means; a row (slot) per series."""

    def __init__(self, spec: WindowSpec, hop: int) -> None:
        """hop: points between two windows of points."""
        self._spec = spec
        self._hop = ceil(hop / POINTS_PER_BLOCK)
        length = blocks_shown(spec)
        self._least = min(spec.min_points, length)
        self._quantizer = Quantizer(spec)
        self._blocks = SeriesTable(open=np.int16, total=np.float64, **ring_columns(length))
        self._codes = CodeRing(self._blocks, length)
        self.tables = {"coarse": self._blocks, "coarse_quantizer": self._quantizer.table}

    def append(self, slots: IndexArray, ts: Int64Array, values: Float64Array, codes: CodeArray) -> IndexArray:
        """Take in one new point per series. Returns the rows whose coarse window is due with it.

        slots: (n,) distinct; ts: (n,) milliseconds; values: (n,) finite; codes: (n, channels) of these
        points. Behind a long gap a block begins anew: a mean of before and after was never there.
        """
        after_gap = after_long_gap(codes, self._spec)
        points = np.where(after_gap, 0, self._blocks["open"][slots]) + 1
        total = np.where(after_gap, 0.0, self._blocks["total"][slots]) + clip(values, -LARGEST, LARGEST)
        full = np.flatnonzero(points == BLOCK)
        means = total[full] / BLOCK
        points[full], total[full] = 0, 0.0
        self._blocks["open"][slots] = points
        self._blocks["total"][slots] = total
        due: IndexArray = full[self._is_due(slots[full], ts[full], means)]
        return due

    def capture(self, slots: IndexArray) -> StructArray:
        """Windows of means that end with the newest block; what only an alert reads is zero."""
        windows, codes = np.zeros(len(slots), self._spec.dtype), self._codes.newest(slots)
        windows["coarse"] = True
        windows["slot"] = slots
        windows["points"] = np.minimum(self._blocks["points"][slots], codes.shape[1])
        windows["fresh"] = np.minimum(self._hop, windows["points"])
        windows["codes"][:, -codes.shape[1] :] = codes
        return windows

    def _is_due(self, slots: IndexArray, ts: Int64Array, means: Float64Array) -> BoolArray:
        if len(slots) == 0:
            return np.zeros(0, np.bool_)
        blocks = self._codes.append(slots, self._quantizer.update(slots, ts, means))
        return np.asarray((blocks >= self._least) & (blocks % self._hop == 0))


def blocks_shown(spec: WindowSpec) -> int:
    """Blocks of a full coarse window: half of what the model reads, the rest is padding."""
    return spec.patch * max(ceil(2 / spec.patch), spec.patches // 2)


def after_long_gap(codes: CodeArray, spec: WindowSpec) -> BoolArray:
    """Where a point follows a long gap; codes: (..., channels)."""
    return np.asarray(codes[..., STEP] >= spec.bins + LONG_GAP)
