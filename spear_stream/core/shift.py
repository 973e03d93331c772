"""Has the level of a series moved? Its newest mean against all its means before.

Points surprise once, then the quantizer and the calibration have learnt them; an anomaly goes on. What stays
is the distance between the mean of some tens of points and the long mean of the series, in units of the
spread that this distance usually has (docs/adr/0007-shift.md).
"""

import numpy as np

from spear_stream.core.quantizer import LARGEST, RELATIVE_FLOOR, clip
from spear_stream.core.records import BoolArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.table import SeriesTable

NEWEST = 32
"""Points over which the newest mean forgets."""
MEMORY = 4096
"""Points over which the long mean forgets: the time until a new level is the usual one."""
KNOWN = 2
"""Points from which one point moves the newest mean by so much at most."""
STRIDE = 4.0
"""Spreads by which one point moves the newest mean at most: one far point is no move, many are."""
FAR = 6.0
"""Spreads from which a level has plainly moved: noise reaches 4, a move holds an alert open down to 8."""
LEVELS = {"newest_mean": np.float64, "long_mean": np.float64, "spread": np.float64, "shift": np.float32}


class Shift:
    """Works on LEVELS of a table of series; a row (slot) per series."""

    def __init__(self, table: SeriesTable) -> None:
        self._table = table

    def update(self, slots: IndexArray, values: Float64Array, points: Int64Array) -> None:
        """Take in one new point per series and renew the column `shift`.

        slots: (n,) distinct; values: (n,) finite; points: (n,) of the series before this one. The spread
        contains the newest distance, so n points hardly shift further than the square root of n: a
        young series is not sure of its level.
        """
        table, x = self._table, clip(values, -LARGEST, LARGEST)
        newest = np.where(points > 0, table["newest_mean"][slots], x)
        mean = np.where(points > 0, table["long_mean"][slots], newest)
        step, known = (x - newest) / NEWEST, points >= KNOWN
        before = self._spread(slots, step, mean, known)
        most = np.where(known, STRIDE * before, np.inf)
        newest += clip(step, -most, most)
        rate = 1.0 / np.minimum(points + 1, MEMORY)
        distance = newest - mean
        spread = np.sqrt((1.0 - rate) * (before**2 + rate * distance**2))
        varies = spread > RELATIVE_FLOOR * np.abs(mean)
        table["newest_mean"][slots] = newest
        table["long_mean"][slots] = mean + rate * distance
        table["spread"][slots] = spread
        table["shift"][slots] = np.divide(distance, spread, out=np.zeros(len(x)), where=varies)

    def _spread(
        self, slots: IndexArray, step: Float64Array, mean: Float64Array, known: BoolArray
    ) -> Float64Array:
        """What the spread was; of a level that never moved, what makes this step one of STRIDE spreads."""
        spread = self._table["spread"][slots]
        first = known & ~(spread > RELATIVE_FLOOR * np.abs(mean))
        return np.asarray(np.where(first, np.abs(step) / STRIDE, spread))


def has_moved(windows: StructArray | np.void) -> BoolArray:
    """Whether the level of each window, or of one, has plainly moved."""
    return np.asarray(np.abs(windows["shift"]) >= FAR)
