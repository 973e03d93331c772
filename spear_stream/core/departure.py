"""How far a series has gone from what was usual when its alert opened.

What is usual follows the series, and so the score of a leak falls while it goes on. The range expected at the
opening stays where it was: an alert lives as long as its series gets farther away outside of it, and its end
says whether the series is back in it (docs/adr/0011-departure.md).
"""

import numpy as np

from spear_stream.core.explain import REACH
from spear_stream.core.records import BoolArray, Float64Array, StructArray
from spear_stream.core.table import SeriesTable

RECOVERED, NEW_LEVEL = "recovered", "new_level"
COLUMNS = {"usual": np.float64, "unit": np.float64, "farthest": np.float64, "still": np.int16}
LEVEL_POINTS = 16
"""Newest points whose median is where the series is; of a spike it knows nothing."""
END_POINTS = 5
"""The same at the end of an alert, which may have been a burst of some points."""
STRIDE = 1.0
"""Robust scales by which the series must have got farther, more than the median of noise does, ..."""
GROWTH = 1.05
"""... and the share: a leak that is no larger beside what it has become is the new usual."""
STILL = 64
"""Points without that after which it goes no farther."""
TURNED = 0.5
"""Share of the farthest distance below which the series is on its way back."""


class Departure:
    """Works on COLUMNS of a table of series; a row (slot) per series."""

    def __init__(self, table: SeriesTable) -> None:
        self._table = table

    def begin(self, window: np.void) -> None:
        """An alert opens with this window: remember what was usual."""
        table, slot = self._table, window["slot"]
        table["usual"][slot], table["unit"][slot] = window["centre"], window["scale"]
        table["farthest"][slot] = self._distance(_one(window), LEVEL_POINTS)[0]
        table["still"][slot] = STILL  # it has yet to get farther

    def goes_on(self, windows: StructArray) -> BoolArray:
        """Whether each of these series, whose alerts are open, still gets farther. windows: (n,) of distinct
        slots.
        """
        table, slots = self._table, windows["slot"].astype(np.intp)
        distance, farthest = self._distance(windows, LEVEL_POINTS), table["farthest"][slots]
        farther = distance >= np.maximum(farthest + STRIDE, GROWTH * farthest)
        still = np.where(farther, 0, np.minimum(table["still"][slots] + windows["fresh"], STILL))
        farthest = np.where(farther, distance, farthest)
        table["farthest"][slots], table["still"][slots] = farthest, still
        return np.asarray((still < STILL) & (distance >= np.maximum(REACH, TURNED * farthest)))

    def resolution(self, window: np.void) -> str:
        """Where the series is at the end of its alert: back in what was expected at its opening, or not."""
        is_back = self._distance(_one(window), END_POINTS)[0] <= REACH
        return RECOVERED if is_back else NEW_LEVEL

    def _distance(self, windows: StructArray, newest: int) -> Float64Array:
        """Of the newest points from what was usual, in the robust scales of then; (n,)."""
        table, slots = self._table, windows["slot"].astype(np.intp)
        level = np.median(windows["tail_value"][:, -newest:], axis=1)
        return np.asarray(np.abs(level - table["usual"][slots]) / table["unit"][slots])


def _one(window: np.void) -> StructArray:
    return np.asarray([window])
