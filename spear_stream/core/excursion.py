"""The story of one excursion: the interval of a stretch of points that is out of the ordinary the most.

A scan statistic: of all intervals the one with the largest squared sum for its length.
"""

from typing import NamedTuple

import numpy as np

from spear_stream.core.records import Float64Array

LONGEST = 256
"""Points that are looked at: all intervals of them are compared."""
FOOT = 2
"""Points around its beginning in which an excursion is as steep as it ever is, unless it is gradual."""


class Excursion(NamedTuple):
    """Of a stretch of points, start to end (exclusive)."""

    start: int
    end: int
    share: float
    """Of all that is out of the ordinary there, in (0, 1]; little where there are several, or two sides."""


def excursion_of(level: Float64Array, threshold: float) -> Excursion | None:
    """Among the first LONGEST of the points: level (n,), distances from what is usual.

    threshold: up to it they are usual; None if no point is beyond.
    """
    beyond = _beyond(level[:LONGEST], threshold)
    energy = float(beyond @ beyond)
    if energy == 0:
        return None
    total = np.concatenate(([0.0], np.cumsum(beyond)))
    start, end = np.triu_indices(len(total), 1)
    gain = (total[end] - total[start]) ** 2 / (end - start)
    best = int(np.argmax(gain))
    return Excursion(int(start[best]), int(end[best]), float(gain[best]) / energy)


def steepness(level: Float64Array, found: Excursion) -> float:
    """The largest step at the beginning of an excursion, as a share of its height: a trend's is small."""
    inside = level[found.start : found.end]
    height = float(np.median(inside))
    foot = level[max(found.start - FOOT, 0) : found.start + FOOT]
    if height == 0 or len(foot) < 2:
        return 0.0
    return float((np.diff(foot) / height).max())


def _beyond(level: Float64Array, threshold: float) -> Float64Array:
    """How far each point is out of the ordinary, 0 within; on the scale of the bins, where a far point does
    not drown the others.
    """
    far = np.arcsinh(np.abs(level)) - np.arcsinh(threshold)
    return np.asarray(np.sign(level) * np.maximum(far, 0.0))
