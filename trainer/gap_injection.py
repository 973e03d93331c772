"""Anomalies within what the series reaches: at values that it never takes. All are Injectors.

A switch that is half on, a day that stops at half its height, a sensor that hangs on its way: nothing is far
out, and only that the series was never there tells.
"""

import numpy as np

from spear_stream.core.records import Float64Array
from trainer.placement import Place

INSIDE = (0.2, 0.8)
"""Of the gap (placement.py), where an anomaly lies: what is nearer to an end may be noise of that side."""


def halfway(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """Everything, or what should be on the same side as the first point, is between the usual values."""
    gap = place.gap
    part, history = values[place.start : place.end], values[: place.start]
    middle = gap.at(0.5)
    usual_low, usual_high = np.median(history[history < middle]), np.median(history[history >= middle])
    moves = part - np.where(part < middle, usual_low, usual_high)
    level = gap.at(rng.uniform(*INSIDE)) + rng.choice((0.0, 0.5, 1.0)) * moves
    which = np.ones(len(part), np.bool_)
    if rng.random() < 0.5:
        which = (part < middle) == (part[0] < middle)
    part[which] = np.clip(level, gap.at(INSIDE[0]), gap.at(INSIDE[1]))[which]
    return int(np.flatnonzero(which)[-1]) + 1


def stray(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A point or three between the usual values."""
    width = int(rng.choice((1, 1, 2, 3)))
    values[place.start : place.start + width] = place.gap.at(rng.uniform(*INSIDE))
    return width + 1
