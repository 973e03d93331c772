"""How far a series has gone from what was usual when its alert opened.

What is usual follows the series, and so the score falls while a leak or a burst goes on. The range expected
at the opening stays where it was: an alert lives as long as points of its series lie outside of it, if it
opened or got farther lately, and its end says whether the series is back (docs/adr/0011-departure.md).
"""

import numpy as np

from spear_stream.core.explain import REACH
from spear_stream.core.gate import turns
from spear_stream.core.quantizer import LARGEST, clip
from spear_stream.core.records import BoolArray, Float64Array, IndexArray, StructArray
from spear_stream.core.ring import among_newest
from spear_stream.core.shift import has_moved
from spear_stream.core.table import SeriesTable

RECOVERED, NEW_LEVEL = "recovered", "new_level"
FORGOTTEN, SILENT = "forgotten", "silent"
"""Resolutions of alerts, the last two of those that no point ends (endings.py)."""
COLUMNS = {"usual": np.float64, "unit": np.float64, "farthest": np.float64, "farther_at": np.int64}
"""Of the opening: centre and robust scale. Since then: the farthest distance in that scale, and the points
that the series had when it opened or last got farther."""
CLOSE_SCORES = 5
"""Scores in a row below the closing threshold that end an alert: one quiet score is no end."""
LEVEL_POINTS = 16
"""Newest points whose median is where the series has got to; of a spike it knows nothing."""
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
MOST = 0.75
"""Share of the newest points that lie to one side of a level elsewhere."""


class Departure:
    """Works on COLUMNS of a table of series; a row (slot) per series. Windows are of distinct slots."""

    def __init__(self, table: SeriesTable, hop: int) -> None:
        """hop: fewest points between two windows of a series."""
        self._table = table
        self._hop = hop

    def begin(self, windows: StructArray) -> None:
        """Alerts open with these windows: remember what was usual. Where the level had moved by then, the
        centre had followed it, and the long mean had not.
        """
        table, slots = self._table, windows["slot"].astype(np.intp)
        table["usual"][slots] = np.where(has_moved(windows), windows["long_mean"], windows["centre"])
        table["unit"][slots] = windows["scale"]
        table["farthest"][slots] = self._distance(windows, LEVEL_POINTS)
        table["farther_at"][slots] = windows["seen"]

    def follow(self, windows: StructArray) -> None:
        """Note how far the levels of these series, whose alerts are open, have got; once for every window."""
        table, slots = self._table, windows["slot"].astype(np.intp)
        distance, farthest = self._distance(windows, LEVEL_POINTS), table["farthest"][slots]
        farther = distance >= np.maximum(farthest + STRIDE, GROWTH * farthest)
        table["farthest"][slots] = np.where(farther, distance, farthest)
        table["farther_at"][slots] = np.where(farther, windows["seen"], table["farther_at"][slots])

    def newest(self, windows: StructArray) -> Float64Array:
        """Value of the newest point of each of these series, (n,). Of a window that stands for several it is
        the farthest from what was usual of those that the newest CLOSE_SCORES of them would have ended with.
        """
        places = np.abs(self._places(windows, CLOSE_SCORES * self._hop))[:, :: -self._hop]
        ends = np.arange(places.shape[1]) < turns(windows, self._hop)[:, None]
        farthest = np.where(ends & ~np.isnan(places), places, -1.0).argmax(axis=1)
        return np.asarray(windows["tail_value"][np.arange(len(windows)), -1 - self._hop * farthest])

    def is_away(self, windows: StructArray, value: Float64Array) -> BoolArray:
        """Whether this point of each of these series is neither back nor on its way, and the alert opened or
        the level got farther lately; (n,).
        """
        table, slots = self._table, windows["slot"].astype(np.intp)
        lately = windows["seen"] - table["farther_at"][slots] < STILL
        least = np.maximum(REACH, TURNED * table["farthest"][slots])
        return np.asarray(lately & (np.abs(self._place_of(slots, value)) >= least))

    def comes_back(self, windows: StructArray) -> BoolArray:
        """Whether the one new point of each of these series is in the range that was usual and the one before
        was not; (n,). To a model the way back is as surprising as the way there. A window of several new
        points may be surprising for any of them.
        """
        before, now = np.abs(self._places(windows, 2)).T >= REACH
        return np.asarray((windows["fresh"] == 1) & before & ~now)

    def has_departed(self, windows: StructArray) -> BoolArray:
        """Whether each of these series lies to one side of the range that was usual; (n,). More noise around
        the same level lies to both.
        """
        places = self._places(windows, LEVEL_POINTS)
        above, below = (places >= REACH).sum(axis=1), (places <= -REACH).sum(axis=1)
        return np.asarray(np.maximum(above, below) >= MOST * (~np.isnan(places)).sum(axis=1))

    def resolutions(self, windows: StructArray) -> list[str]:
        """Where each of these series is at the end of its alert: back in what was usual, or not."""
        is_back = self._distance(windows, END_POINTS) < REACH
        return [RECOVERED if back else NEW_LEVEL for back in is_back]

    def _distance(self, windows: StructArray, newest: int) -> Float64Array:
        """Of the median of the newest points from what was usual, in the robust scales of then; (n,)."""
        places = self._places(windows, newest)
        median = np.nanmedian if np.isnan(places).any() else np.median  # the second takes a tenth of the time
        return np.asarray(np.abs(median(places, axis=1)))

    def _places(self, windows: StructArray, newest: int) -> Float64Array:
        """Where the newest points lie beside what was usual, in the robust scales of then; (n, newest), NaN
        for points that a series does not have.
        """
        slots = windows["slot"].astype(np.intp)
        values = windows["tail_value"][:, -newest:]
        known = among_newest(windows["points"], values.shape[1])
        return np.where(known, self._place_of(slots[:, None], values), np.nan)

    def _place_of(self, slots: IndexArray, values: Float64Array) -> Float64Array:
        table = self._table
        return np.asarray((clip(values, -LARGEST, LARGEST) - table["usual"][slots]) / table["unit"][slots])
