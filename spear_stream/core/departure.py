"""How far a series has gone from what was usual when its alert opened.

What is usual follows the series, and so the score falls while a leak or a burst goes on. The range expected
at the opening stays where it was: an alert lives as long as points of its series lie outside of it, if it
opened or got farther lately, and its end says whether the series is back (docs/adr/0011-departure.md).
"""

import numpy as np

from spear_stream.core.explain import REACH
from spear_stream.core.quantizer import LARGEST, clip
from spear_stream.core.records import BoolArray, Float64Array, StructArray
from spear_stream.core.ring import among_newest
from spear_stream.core.shift import has_moved
from spear_stream.core.table import SeriesTable

RECOVERED, NEW_LEVEL = "recovered", "new_level"
COLUMNS = {"usual": np.float64, "unit": np.float64, "farthest": np.float64, "farther_at": np.int64}
"""Of the opening: centre and robust scale. Since then: the farthest distance in that scale, and the points
that the series had when it opened or last got farther."""
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

    def __init__(self, table: SeriesTable) -> None:
        self._table = table

    def begin(self, windows: StructArray) -> None:
        """Alerts open with these windows: remember what was usual. Where the level had moved by then, the
        centre had followed it, and the long mean had not.
        """
        table, slots = self._table, windows["slot"].astype(np.intp)
        table["usual"][slots] = np.where(has_moved(windows), windows["long_mean"], windows["centre"])
        table["unit"][slots] = windows["scale"]
        table["farthest"][slots] = self._distance(windows, LEVEL_POINTS)
        table["farther_at"][slots] = windows["seen"]

    def goes_on(self, windows: StructArray) -> BoolArray:
        """Whether each of these series, whose alerts are open, opened or got farther lately, and its newest
        point is neither back nor on its way; (n,).
        """
        table, slots = self._table, windows["slot"].astype(np.intp)
        distance, farthest = self._distance(windows, LEVEL_POINTS), table["farthest"][slots]
        farther = distance >= np.maximum(farthest + STRIDE, GROWTH * farthest)
        farthest = np.where(farther, distance, farthest)
        farther_at = np.where(farther, windows["seen"], table["farther_at"][slots])
        table["farthest"][slots], table["farther_at"][slots] = farthest, farther_at
        lately = windows["seen"] - farther_at < STILL
        return np.asarray(lately & (self._distance(windows, 1) >= np.maximum(REACH, TURNED * farthest)))

    def comes_back(self, windows: StructArray) -> BoolArray:
        """Whether the newest point of each of these series is in the range that was usual and the one before
        was not; (n,). To a model the way back is as surprising as the way there.
        """
        values, known = _newest(windows, 2)
        slots = windows["slot"].astype(np.intp)
        usual, unit = self._table["usual"][slots, None], self._table["unit"][slots, None]
        is_out = known & (np.abs(values - usual) >= REACH * unit)
        return np.asarray(is_out[:, 0] & ~is_out[:, 1])

    def has_departed(self, windows: StructArray) -> BoolArray:
        """Whether each of these series lies to one side of the range that was usual; (n,). More noise around
        the same level lies to both.
        """
        values, known = _newest(windows, LEVEL_POINTS)
        table, slots = self._table, windows["slot"].astype(np.intp)
        usual, reach = table["usual"][slots, None], REACH * table["unit"][slots, None]
        above, below = (known & (values > usual + reach)), (known & (values < usual - reach))
        return np.asarray(np.maximum(above.sum(axis=1), below.sum(axis=1)) >= MOST * known.sum(axis=1))

    def resolutions(self, windows: StructArray) -> list[str]:
        """Where each of these series is at the end of its alert: back in what was usual, or not."""
        is_back = self._distance(windows, END_POINTS) <= REACH
        return [RECOVERED if back else NEW_LEVEL for back in is_back]

    def _distance(self, windows: StructArray, newest: int) -> Float64Array:
        """Of the newest points from what was usual, in the robust scales of then; (n,)."""
        values, known = _newest(windows, newest)
        table, slots = self._table, windows["slot"].astype(np.intp)
        if known.all():
            level = np.median(values, axis=1)  # a tenth of the time of the other
        else:
            level = np.nanmedian(np.where(known, values, np.nan), axis=1)
        return np.asarray(np.abs(level - table["usual"][slots]) / table["unit"][slots])


def _newest(windows: StructArray, newest: int) -> tuple[Float64Array, BoolArray]:
    """The newest values of their tails, and which of them the series have; (n, newest) both."""
    values = clip(windows["tail_value"][:, -newest:], -LARGEST, LARGEST)
    return values, among_newest(windows["points"], values.shape[1])
