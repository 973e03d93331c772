"""Has this series ever been here? How coarsely one must look for a point to resemble an earlier one.

Grids of growing cells lie over the coordinates of a point, and of every cell one bit says whether a point
fell into it before (half-space chains of xStream, Manzoor, Lamba and Akoglu, KDD 2018, with one bit in
place of a count). A rare value that came back is known, and so is a usual value in its usual company;
a new combination of usual values is not.
"""

import numpy as np

from spear_stream.core.records import Float64Array, IndexArray, Int64Array
from spear_stream.core.table import SeriesTable

COORDINATES = 3
SIZES = np.array([4.0, 2.6, 1.7, 1.1, 0.7])
"""Edges of the cells, coarse to fine, in square roots of tail scales."""
BITS = np.array([64, 64, 128, 256, 256])
"""Cells of a grid share this many bits by a hash: more where there are more cells."""
SHIFTS = np.array([[0.57, 0.75, 0.82], [0.14, 0.51, 0.64]])
"""Where the grids of each size start, as a share of their edges: one holds together what another cuts."""
FAR = 64.0
"""Distances beyond it are alike: the other channels say how far."""
FORGET_EVERY = 256
"""Points after which the next bit of every grid is cleared, so one is remembered for as many times BITS."""
BLOCK = 64
"""Points for which the grids of one shift learn before those of the next take over: so an anomaly that comes
a second time is at least half as new as the first."""
_WORD = 64
_GRIDS = len(SIZES) * len(SHIFTS)
_BITS_OF = np.tile(BITS, len(SHIFTS))
_SHIFT_OF = np.repeat(np.arange(len(SHIFTS)), len(SIZES))
_FIRST_WORD = np.cumsum(_BITS_OF) // _WORD - _BITS_OF // _WORD
_MULTIPLIERS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint64)
_MIX = np.uint64(0x2C1B3C6D)


VISITED = (np.uint64, int(_BITS_OF.sum()) // _WORD)
"""Type of the column of visited cells."""


class Novelty:
    """Works on the column `visited` of a table of series; a row (slot) per series."""

    def __init__(self, table: SeriesTable) -> None:
        self._table = table

    def update(self, slots: IndexArray, distance: Float64Array, seen: Int64Array) -> Float64Array:
        """Novelty of one new point per series, then remember it in the grids whose turn it is.

        slots: (n,) distinct; distance: (n, COORDINATES) in tail scales; seen: (n,) points before this one.
        Returns (n,): the mean over the shifts of the coarsest cell without an earlier point, 0 if none.
        """
        self._forget(slots, seen)
        bit = self._bits(distance)
        word = _FIRST_WORD + bit // _WORD
        mask = np.uint64(1) << (bit % _WORD).astype(np.uint64)
        rows = slots[:, None]
        words = self._table["visited"][rows, word]
        turn = (seen // BLOCK) % len(SHIFTS)
        learns = turn[:, None] == _SHIFT_OF
        self._table["visited"][rows, word] = np.where(learns, words | mask, words)
        fresh = ((words & mask) == 0).reshape(len(slots), len(SHIFTS), len(SIZES))
        coarsest = np.where(fresh.any(axis=2), SIZES[fresh.argmax(axis=2)], 0.0)
        return np.asarray(coarsest.mean(axis=1))

    def _bits(self, distance: Float64Array) -> IndexArray:
        """Bit of the point in each grid, (n, grids)."""
        place = np.sign(distance) * np.sqrt(np.minimum(np.abs(distance), FAR))
        edges = SIZES[None, None, :, None]
        cell = np.floor(place[:, None, None, :] / edges + SHIFTS[None, :, None, :])
        mixed = (cell.astype(np.int64).astype(np.uint64) * _MULTIPLIERS).sum(axis=3)
        mixed = (mixed ^ (mixed >> np.uint64(15))) * _MIX
        mixed ^= mixed >> np.uint64(13)
        bits: IndexArray = (mixed % BITS.astype(np.uint64)).astype(np.intp)
        return bits.reshape(len(distance), _GRIDS)

    def _forget(self, slots: IndexArray, seen: Int64Array) -> None:
        due = np.flatnonzero((seen % FORGET_EVERY == 0) & (seen > 0))
        if len(due):
            bit = (seen[due, None] // FORGET_EVERY) % _BITS_OF
            keep = ~(np.uint64(1) << (bit % _WORD).astype(np.uint64))
            self._table["visited"][slots[due, None], _FIRST_WORD + bit // _WORD] &= keep
