"""Every series a second time, from farther off: by the means of BLOCK points.

A window of points cannot show what takes hours, and its noise hides a small change. One of means reaches
farther back and has less noise, and to the model it is a window like any other (docs/adr/0010-coarse.md).
"""

from math import ceil

import numpy as np

from spear_stream.core.gate import AT_ONCE, hops_of
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

BLOCK = 4
"""Points whose mean is one point of a coarse window."""
EARLIER = 8
"""What BLOCK was in state up to version 7, whose journal is replayed by it."""
POINTS_PER_COARSE = 2
"""Fewest windows of points for one of means: with longer hops blocks are left out as points are."""
LONG_GAP = 3
"""Octaves of a gap, see quantizer.py, from which what was before says nothing of now: six usual intervals."""
NONE = 0
"""Number of the coarse window where there was none, or a long gap since."""
MANY = 10_000
"""Points since a coarse window from which it does not matter how many."""


class Coarse:
    """Blocks, codes and windows of means; a row (slot) per series."""

    def __init__(self, spec: WindowSpec, block: int, hop: int, calm_hop: int | None = None) -> None:
        """block: points of a mean, BLOCK or EARLIER. hop: fewest points between two windows of points.
        calm_hop: most points between two of means (gate.py).
        """
        self._spec = spec
        self._block = block
        calm = None if calm_hop is None else ceil(calm_hop / block)
        self._hops = hops_of(spec, blocks_between(hop, block), calm, back_off=AT_ONCE)
        length = blocks_shown(spec, block)
        self._least = min(spec.min_points, length)
        self._quantizer = Quantizer(spec)
        self._table = SeriesTable(
            open=np.int16,
            total=np.float64,
            broken=np.bool_,
            block=np.int32,
            since=np.int16,
            **ring_columns(length),
        )
        self._codes = CodeRing(self._table, length)
        self.tables = {"coarse": self._table, "coarse_quantizer": self._quantizer.table}
        if self._hops.table is not None:
            self.tables["coarse_gate"] = self._hops.table

    def append(self, slots: IndexArray, ts: Int64Array, values: Float64Array, codes: CodeArray) -> IndexArray:
        """Take in one new point per series. Returns the rows whose coarse window is due with it.

        slots: (n,) distinct; ts: (n,) milliseconds; values: (n,) finite; codes: (n, channels) of them.
        """
        table, x = self._table, clip(values, -LARGEST, LARGEST)
        begins = self._note_gaps(slots, codes)
        points = np.where(begins, 0, table["open"][slots]) + 1
        total = np.where(begins, 0.0, table["total"][slots]) + x
        full = np.flatnonzero(points == self._block)
        means = total[full] / self._block
        points[full], total[full] = 0, 0.0
        table["open"][slots], table["total"][slots] = points, total
        table["since"][slots] = np.minimum(table["since"][slots] + 1, MANY)
        return full[self._learn(slots[full], ts[full], means)]

    def stamp(self, windows: StructArray) -> None:
        """Say in windows of points which coarse window was due last, and how many points ago."""
        slots = windows["slot"].astype(np.intp)
        windows["block"], windows["since"] = self._table["block"][slots], self._table["since"][slots]

    def capture(self, slots: IndexArray) -> StructArray:
        """Windows of means that end with the newest block; what only an alert reads is zero."""
        windows, codes = np.zeros(len(slots), self._spec.dtype), self._codes.newest(slots)
        windows["coarse"] = True
        windows["slot"] = slots
        windows["points"] = np.minimum(self._table["points"][slots], codes.shape[1])
        windows["fresh"] = np.minimum(self._hops.fresh(slots), windows["points"])
        windows["codes"][:, -codes.shape[1] :] = codes
        self.stamp(windows)
        return windows

    def _note_gaps(self, slots: IndexArray, codes: CodeArray) -> BoolArray:
        """Break blocks and forget which window was due behind a long gap. Returns where a block begins anew:
        a mean of before and after was never there; not when the one before was broken too, or series that
        come in bursts would have no means at all.
        """
        gap = np.asarray(codes[:, STEP] >= self._spec.bins + LONG_GAP)
        begins = gap & ~self._table["broken"][slots]
        self._table["broken"][slots] |= gap
        self._table["block"][slots] = np.where(gap, NONE, self._table["block"][slots])
        return np.asarray(begins)

    def _learn(self, slots: IndexArray, ts: Int64Array, means: Float64Array) -> BoolArray:
        """Take in the means of full blocks, and which windows are due. Returns which of those are scored."""
        if len(slots) == 0:
            return np.zeros(0, np.bool_)
        table = self._table
        codes = self._quantizer.update(slots, ts, means)
        blocks = self._codes.append(slots, codes)
        table["broken"][slots] = False
        turn = self._hops.due(slots, codes, blocks, np.zeros(len(slots), np.bool_))
        table["block"][slots[turn]], table["since"][slots[turn]] = blocks[turn], 0
        return np.asarray(turn & (blocks >= self._least))


def blocks_between(hop: int, block: int) -> int:
    """Blocks from one coarse window to the next, with a window of points every `hop` points."""
    return ceil(hop * POINTS_PER_COARSE / block)


def blocks_shown(spec: WindowSpec, block: int) -> int:
    """Blocks of a full coarse window: as many as the model reads; of the earlier ones half, and padding."""
    if block == EARLIER:
        return spec.patch * max(ceil(2 / spec.patch), spec.patches // 2)
    return spec.length
