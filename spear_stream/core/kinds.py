"""What an anomaly looks like: a spike, a shift, a trend, a change of volatility, or none of these.

The story of one excursion is fitted to the newest points: the interval in which they are out of the ordinary
the most (a scan statistic: of all intervals the one with the largest squared sum for its length). How much of
what is out of the ordinary it explains, how it begins and whether it is over tell the kinds apart. An alert
that has just opened shows one point or two, so a shift begins as a spike: the later events of an alert know
more. The constants were chosen on generated series (benchmarks/bench_kinds.py).
"""

from typing import NamedTuple

import numpy as np

from spear_stream.core.records import Float64Array

SPIKE, SHIFT, TREND, VOLATILITY, PATTERN = "spike", "shift", "trend", "volatility", "pattern"
NEWEST = 32
"""Points among which the excursion is looked for, in a window scored at every point."""
REFERENCE = 64
"""Points before them whose median is the level that was left."""
FEWEST = 8
"""Points below which nothing is known of what is usual."""
USUAL = 90
"""Percentile of the earlier distances beyond which a point is out of the ordinary ..."""
LEAST = 1.0
"""... and the distance, in robust scales, that it needs in any case."""
FAR = 3.0
"""Distance that one of them needs, or every value is usual by itself: noise leaves its own percentile."""
ONE_EXCURSION = 0.75
"""Share of what is out of the ordinary that one excursion explains; below it there are several."""
GRADUAL = 0.34
"""Largest step at the beginning of a trend, as a share of the height it reaches."""
LONGEST_SPIKE = 10
OVER = 3
"""Points behind an excursion that is over."""
CALM, WILD = 0.25, 3.0
"""Change between points, as a share of what is usual, that is a change of volatility by itself."""


class Excursion(NamedTuple):
    """Of the newest points, start to end (exclusive), on one side; share: see ONE_EXCURSION."""

    start: int
    end: int
    share: float


def kind_of(level: Float64Array, newest: int = NEWEST, *, moved: bool = False) -> str:
    """The kind of the anomaly at the end of a window.

    level: (n,) distance of each point from the centre known then, in robust scales; newest: points among
    which it is looked for, at most half of the window; moved: the level has, see shift.py.
    """
    if len(level) < FEWEST:
        return SHIFT if moved else SPIKE
    newest = min(newest, len(level) // 2)
    old, new = level[:-newest], level[-newest:]
    left = float(np.median(old[-REFERENCE:]))
    old, new = old - left, new - left
    usual = max(float(np.percentile(np.abs(old), USUAL)), LEAST)
    if np.abs(new).max() <= max(usual, FAR):
        return SHIFT if moved else _within_range(old, new)
    found = _excursion(_beyond(new, usual))
    if found.share < ONE_EXCURSION:
        return VOLATILITY
    if _is_gradual(new, found):
        return TREND
    return _spike_or_shift(found, newest)


def _within_range(old: Float64Array, new: Float64Array) -> str:
    """Every value is usual by itself: their restlessness has changed, or their order or time is wrong."""
    change = _roughness(new) / max(_roughness(old), 1e-9)
    return PATTERN if CALM <= change <= WILD else VOLATILITY


def _spike_or_shift(found: Excursion, newest: int) -> str:
    """A spike is over soon. One point is a spike until more follow."""
    length = found.end - found.start
    lasts = newest - found.end < OVER
    return SPIKE if length == 1 or (not lasts and length <= LONGEST_SPIKE) else SHIFT


def _beyond(level: Float64Array, usual: float) -> Float64Array:
    """How far each point is out of the ordinary, 0 within; on the scale of the bins, where a far point does
    not drown the others.
    """
    far = np.arcsinh(np.abs(level)) - np.arcsinh(usual)
    return np.asarray(np.sign(level) * np.maximum(far, 0.0))


def _excursion(beyond: Float64Array) -> Excursion:
    """The interval with the largest squared sum for its length."""
    total = np.concatenate(([0.0], np.cumsum(beyond)))
    start, end = np.triu_indices(len(total), 1)
    gain = (total[end] - total[start]) ** 2 / (end - start)
    best = int(np.argmax(gain))
    return Excursion(int(start[best]), int(end[best]), float(gain[best] / (beyond @ beyond)))


def _is_gradual(level: Float64Array, found: Excursion) -> bool:
    """No step around the beginning is a large part of the height that is reached."""
    if found.start == 0 or found.end - found.start == 1:
        return False
    inside = level[found.start : found.end]
    side = np.sign(inside.sum())
    steps = side * np.diff(level[max(found.start - 2, 0) : found.start + 2])
    return bool(steps.max() < GRADUAL * float(np.median(side * inside)))


def _roughness(level: Float64Array) -> float:
    return float(np.mean(np.abs(np.diff(level))))
