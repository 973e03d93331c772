"""The season of a few dozen points: the lag at which they repeat themselves best."""

from typing import NamedTuple

import numpy as np

from spear_stream.core.records import Float64Array

FEWEST = 24
"""Points below which nothing repeats itself for certain."""
SECOND_ROUND = 0.6
"""Share of a season that must be seen a second time."""
UNLIKE = 0.7
"""Of the difference of unrelated points: at some shorter lag a season differs by more, slowness does not."""
NEARLY = 0.05
"""What a shorter lag may differ more than the best: that one is often a multiple of the season."""
FLAT = 1e-9


class Season(NamedTuple):
    """A lag in points, and how much points so far apart differ: 0 for exact repetition, 1 for none."""

    lag: int
    difference: float


def season_of(level: Float64Array) -> Season | None:
    """level: (n,); None where no lag is better than any other."""
    count = len(level)
    if count < FEWEST or level.var() < FLAT:
        return None
    difference = _differences(level - level.mean())[: int(count / (1 + SECOND_ROUND))]
    parted = np.maximum.accumulate(difference) >= UNLIKE
    if not parted.any():
        return None
    difference = np.where(parted, difference, np.inf)
    ends = np.pad(difference, 1, constant_values=np.inf)
    is_dip = (difference <= ends[:-2]) & (difference <= ends[2:])
    place = int(np.argmax(is_dip & (difference <= difference.min() + NEARLY)))
    return Season(place + 1, float(difference[place])) if difference[place] < UNLIKE else None


def _differences(level: Float64Array) -> Float64Array:
    """For lags from 1 on the mean square difference, as a share of that of unrelated points."""
    count = len(level)
    energy, lags = np.concatenate(([0.0], np.cumsum(level**2))), np.arange(1, count)
    products = np.correlate(level, level, "full")[count:]
    squares = energy[count - lags] + energy[-1] - energy[lags] - 2 * products
    return np.asarray(squares / (count - lags) / (2 * level.var()))
