"""The newest codes of every series, as a ring each, and which of a window's entries are the newest."""

import numpy as np

from spear_stream.core.quantizer import LARGEST, clip
from spear_stream.core.records import BoolArray, CodeArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.spec import CHANNELS
from spear_stream.core.table import SeriesTable

_PACKED = np.dtype(f"V{len(CHANNELS)}")
"""The codes of one point travel as one word: one gather per point instead of one per channel."""


class CodeRing:
    """Works on the columns `points` and `codes` of a table. Unwritten positions hold PAD, so a short window
    needs no mask.
    """

    def __init__(self, table: SeriesTable, length: int) -> None:
        """table: with the columns that ring_columns() names."""
        self._table = table
        self._length = length
        self._turns = turns(length)

    def append(self, slots: IndexArray, codes: CodeArray) -> Int64Array:
        """Add one point per series; slots distinct. Returns the points each series now has."""
        points: Int64Array = self._table["points"][slots]
        self._words()[slots, points % self._length] = np.ascontiguousarray(codes).view(_PACKED)[:, 0]
        self._table["points"][slots] = points + 1
        return points + 1

    def newest(self, slots: IndexArray) -> CodeArray:
        """Copies, oldest point first; (n, length, channels)."""
        at = entries(self._turns, slots, self._table["points"][slots])
        packed = self._words().reshape(-1).take(at)
        return packed.view(np.uint8).reshape(len(slots), self._length, len(CHANNELS))

    def _words(self) -> np.ndarray:
        """(series, length), a view."""
        return self._table["codes"].view(_PACKED)


def ring_columns(length: int) -> dict[str, type | tuple[type, int]]:
    """Columns of a table that has a ring of codes."""
    return {"points": np.int64, "codes": (np.uint8, length * len(CHANNELS))}


def turns(length: int) -> IndexArray:
    """Row k: the entries of a ring in order, from the k-th on; a view of twice the ring, not its square."""
    twice = np.arange(2 * length, dtype=np.intp) % length
    return np.lib.stride_tricks.sliding_window_view(twice, length)


def entries(of: IndexArray, slots: IndexArray, points: Int64Array) -> IndexArray:
    """Where the entries of each ring are in the flat column, oldest first; (n, length). of: turns()."""
    length = of.shape[1]
    found: IndexArray = of[points % length]
    found += (slots * length)[:, None]
    return found


def among_newest(count: IndexArray, length: int) -> BoolArray:
    """Which of `length` entries, oldest first, are among the newest `count` of each row; (n, length)."""
    return np.asarray(np.arange(length, 0, -1) <= count[:, None])


def farthest_fresh(windows: StructArray) -> tuple[Float64Array, IndexArray]:
    """Signed distance of the farthest new point of each window from the centre, and how many points came
    since; (n,) both. Of many new points the newest that a window has the values of are looked at.
    """
    values = clip(windows["tail_value"], -LARGEST, LARGEST)
    fresh = among_newest(windows["fresh"], values.shape[1])
    distance = np.where(fresh, values - windows["centre"][:, None], 0.0)
    at = np.abs(distance).argmax(axis=1)
    return distance[np.arange(len(windows)), at], values.shape[1] - 1 - at
