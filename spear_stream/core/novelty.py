"""Has this series ever been here? How coarsely one must look for a point to resemble an earlier one.

Grids of growing cells lie over the coordinates of a point, and of every cell one bit says whether a point
fell into it before (half-space chains of xStream, Manzoor, Lamba and Akoglu, KDD 2018, with one bit in
place of a count). A rare value that came back is known, and so is a usual value in its usual company;
a new combination of usual values is not.
"""

import numpy as np

from spear_stream.core.records import BoolArray, Float64Array, IndexArray, Int64Array
from spear_stream.core.table import SeriesTable

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
_BITS_OF = np.tile(BITS, len(SHIFTS))[:, None]
"""These columns have a row per grid, so that all points of a grid lie side by side."""
_EDGES = np.tile(SIZES, len(SHIFTS))[:, None]
_SHIFT_OF = np.repeat(np.arange(len(SHIFTS)), len(SIZES))[:, None]
_SHIFTS_OF = np.repeat(SHIFTS, len(SIZES), axis=0).T[:, :, None]
_FIRST_WORD = np.cumsum(_BITS_OF, axis=0) // _WORD - _BITS_OF // _WORD
_WORDS = int(_BITS_OF.sum()) // _WORD
_MULTIPLIERS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint64)
_MIX = np.uint64(0x2C1B3C6D)
VISITED = (np.uint64, _WORDS)
"""Type of the column of visited cells."""


class Novelty:
    """Works on the column `visited` of a table of series; a row (slot) per series."""

    def __init__(self, table: SeriesTable) -> None:
        self._table = table

    def update(self, slots: IndexArray, distance: Float64Array, seen: Int64Array) -> Float64Array:
        """Novelty of one new point per series, then remember it in the grids whose turn it is.

        slots: (n,) distinct; distance: (n, 3) in tail scales; seen: (n,) points before this one.
        Returns (n,): the mean over the shifts of the coarsest cell without an earlier point, 0 if none.
        """
        self._forget(slots, seen)
        bit = _bits(distance)
        visited = self._table["visited"].reshape(-1)
        at = slots * _WORDS + (_FIRST_WORD + bit // _WORD)
        mask = np.uint64(1) << (bit % _WORD).astype(np.uint64)
        words = visited.take(at)
        learns = (seen // BLOCK) % len(SHIFTS) == _SHIFT_OF
        visited[at] = np.where(learns, words | mask, words)
        return _coarsest((words & mask) == 0)

    def _forget(self, slots: IndexArray, seen: Int64Array) -> None:
        due = np.flatnonzero((seen % FORGET_EVERY == 0) & (seen > 0))
        if len(due):
            bit = (seen[due] // FORGET_EVERY) % _BITS_OF
            keep = ~(np.uint64(1) << (bit % _WORD).astype(np.uint64))
            self._table["visited"][slots[due], _FIRST_WORD + bit // _WORD] &= keep


def _bits(distance: Float64Array) -> IndexArray:
    """Bit of each point in each grid, (grids, n)."""
    place = np.sign(distance.T) * np.sqrt(np.minimum(np.abs(distance.T), FAR))
    mixed = np.zeros((_GRIDS, len(distance)), np.uint64)
    for coordinate, shift, multiplier in zip(place, _SHIFTS_OF, _MULTIPLIERS, strict=True):
        cell = np.floor(coordinate / _EDGES + shift).astype(np.int64)
        mixed += cell.view(np.uint64) * multiplier
    mixed = (mixed ^ (mixed >> np.uint64(15))) * _MIX
    mixed ^= mixed >> np.uint64(13)
    return (mixed & (_BITS_OF - 1).astype(np.uint64)).astype(np.intp)


def _coarsest(fresh: BoolArray) -> Float64Array:
    """Mean over the shifts of the largest cell that is fresh; fresh: (grids, n)."""
    found = np.zeros((len(SHIFTS), fresh.shape[1]))
    by_size = fresh.reshape(len(SHIFTS), len(SIZES), -1)
    for size in reversed(range(len(SIZES))):
        found[by_size[:, size]] = SIZES[size]
    return np.asarray(found.mean(axis=0))
