"""Is this one burst of many? How high a point is among the highest bursts of its own series.

Requests, loads and latencies burst, to heights that spread widely: every tenth burst is the highest so far,
and to all else in a detector a height that was never seen is news. How far a tail goes on is told by the
heights in it: by those over the lowest of them, with Hill's estimator (Annals of Statistics 3, 1975), and
that is the chance that the next burst is as high as this one (docs/adr/0012-bursts.md).
"""

import numpy as np

from spear_stream.core.quantizer import clip
from spear_stream.core.records import BoolArray, Float32Array, Float64Array, IndexArray, StructArray
from spear_stream.core.ring import farthest_fresh
from spear_stream.core.table import SeriesTable

HEIGHTS = 8
"""Bursts that are remembered, the highest to each side of the centre."""
STAYS = 0.7
"""Share of its height down to which a burst goes on: a plateau is one burst."""
OVER = 16
"""Points below that after which it is over: from then on others are compared to it."""
RARE = 20.0
"""Chance from which a burst is no ordinary one: one of so many that are as high as the lowest remembered."""
HIGHEST = 1e38
"""What a height above it is taken for; it has to fit into 32 bits."""
FADE = 1 - 1 / 2048
"""What one burst that is over leaves of the heights before it: a series may become calm."""


class Bursts:
    """Heights of bursts of many series; a row (slot) per series."""

    def __init__(self) -> None:
        self.table = SeriesTable(
            heights=(np.float32, 2 * HEIGHTS), running=(np.float32, 2), since=(np.int32, 2)
        )

    def stamp(self, windows: StructArray) -> None:
        """Say in windows of points, one per series, how ordinary their farthest new point is; remember it."""
        distance, ago = farthest_fresh(windows)
        height = clip(np.abs(distance), 0.0, HIGHEST).astype(np.float32)
        slots, since = windows["slot"].astype(np.intp), self._column("since")
        side = 2 * slots + (distance < 0)
        self.table["since"][slots] += windows["fresh"][:, None]
        if len(over := side[since[side] - ago > OVER]):
            self._end(over)
        windows["ordinary"] = _ordinary(self._heights[side], height)
        self._go_on(side, height, ago)

    def _end(self, side: IndexArray) -> None:
        """The running bursts are over: each takes the place of the lowest if it is higher."""
        running, heights = self._column("running"), self._heights[side] * np.float32(FADE)
        lowest = heights.argmin(axis=1)
        row = np.arange(len(side))
        heights[row, lowest] = np.maximum(heights[row, lowest], running[side])
        self._heights[side] = heights
        running[side] = 0.0

    def _go_on(self, side: IndexArray, height: Float32Array, ago: IndexArray) -> None:
        """Points that belong to the running burst of their side, or begin it; `ago` others came since."""
        running = np.maximum(self._column("running")[side], height)
        self._column("running")[side] = running
        within = height >= STAYS * running
        self._column("since")[side[within]] = ago[within]

    @property
    def _heights(self) -> Float32Array:
        """Those of one side of a series per row; (2 * rows, HEIGHTS), a view."""
        return self.table["heights"].reshape(-1, HEIGHTS)

    def _column(self, name: str) -> np.ndarray:
        """Both sides of all series one behind the other, a view."""
        return self.table[name].reshape(-1)


def _ordinary(heights: Float32Array, height: Float32Array) -> Float64Array:
    """In [0, 1], (n,): 0 where of the bursts above the lowest of these one in RARE or fewer are that high,
    where too few are known to say, and of points that are lower than all of them: their height is not new.

    heights: (n, HEIGHTS) of bursts that are over; height: (n,).
    """
    lowest = heights.min(axis=1)
    within: BoolArray = (lowest > 0) & (height > lowest)
    ordinary = np.zeros(len(height))
    if not within.any():
        return ordinary
    base = np.log(lowest[within].astype(np.float64))
    spread = (np.log(heights[within].astype(np.float64)) - base[:, None]).sum(axis=1) / (HEIGHTS - 1)
    above = np.log(height[within].astype(np.float64)) - base
    rarity = np.divide(above, spread, out=np.full(len(above), np.inf), where=spread > 0)
    ordinary[within] = 1.0 - np.minimum(rarity / np.log(RARE), 1.0)
    return ordinary
