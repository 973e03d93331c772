"""Where an injected anomaly goes, how large it is, and whether it could be seen there at all.

A change of the pattern needs a pattern, and a calm something that moves. Whether it does stand out is told
when it is there (visibility.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from spear_stream.core.records import Float64Array
from trainer.prediction import prediction_errors

SHORTEST, LONGEST = 8, 160
"""Points of a place."""
SHORTEST_SEASON = 8
LONGEST_SEASON = 128
"""Points: of a longer one a window shows no whole round."""
SEASON_HISTORY = 4 * SHORTEST_SEASON
"""Points in which a season can be seen at all."""
SEASON_CORRELATION = 0.3
"""Below this a series has no season worth the name."""
LONGEST_REST = 6
"""Moves in a row, each as good as none, from which it is usual for a series to rest."""
NO_MOVE = 0.05
"""Of the usual move: a smaller one is as good as none, such as the noise of a switch."""
RARE_MOVES = 3
"""Largest moves lately that say nothing of the usual one: those of an anomaly or two."""
NEAREST = 20
"""Points next to the gap on either side: a few that are far apart have chance between them."""
GAP_HISTORY = 2 * NEAREST + 2
"""Points in which a gap can be seen at all."""
CLOSE = 0.5
"""Of the gap, what these lie apart at most."""
WIDE = 0.25
"""Of the range without the NEAREST lowest and highest points: a narrower gap is chance too."""
FORETOLD = 0.5
"""Of the mean change, the mean error of a prediction that is worth anything: that of noise is .7."""
CLEAR = 1.3
"""Usual errors, the largest of them, by which a spike stands out."""
HABIT = 3
"""Largest of anything that make it usual: two of the size of an anomaly do not."""
RECENT = 512
"""Points that count as lately: whether a series rests, what is usual."""


class Gap(NamedTuple):
    """The widest stretch between usual values that none of them lies in; its ends in units of the series."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """The value at this share of the way up."""
        return self.low + share * (self.high - self.low)


NO_GAP = Gap(0.0, 0.0)


@dataclass(frozen=True)
class Place:
    """Both relative to the series: `local` is the usual change between points, `reach` the largest
    distance from the median so far.
    """

    start: int
    end: int
    local: float
    reach: float
    sign: float
    season: int = 0
    """Points of the dominant season before it; 0 where nobody asked."""
    gap: Gap = NO_GAP
    """Between the values before it; empty where nobody asked."""
    error: float = 0.0
    """Largest usual error of a linear prediction before it; 0 where nobody asked."""


Injector = Callable[[np.random.Generator, Float64Array, Place], int]
"""Changes the values in place and returns how many points from the start are not normal."""
Condition = Callable[[Float64Array, Place], Place | None]
"""Where in the values an anomaly of a type can be seen: there, or for longer; None where it cannot."""


def place_in(rng: np.random.Generator, values: Float64Array, starts: range) -> Place:
    """A random place that begins within `starts`, short ones as often as long ones."""
    start = int(rng.integers(starts.start, starts.stop))
    duration = int(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST))))
    history = values[:start]
    local = float(np.mean(np.abs(np.diff(history)))) + 1e-3
    low, mid, high = np.percentile(history, (0.5, 50, 99.5))
    reach = float(max(high - mid, mid - low)) + 1e-3
    return Place(start, min(start + duration, len(values)), local, reach, float(rng.choice((-1.0, 1.0))))


def anywhere(values: Float64Array, place: Place) -> Place:
    """A Condition: always."""
    del values
    return place


def in_season(values: Float64Array, place: Place) -> Place | None:
    """A Condition: behind at least two rounds of a season, for at least half a round."""
    season = dominant_period(values[: place.start])
    if season is None or season > LONGEST_SEASON or place.start + season > len(values):
        return None
    return replace(place, end=max(place.end, place.start + (season + 1) // 2), season=season)


def in_motion(values: Float64Array, place: Place) -> Place | None:
    """A Condition: the series never rests, and moves as usual at the place."""
    recent = np.abs(np.diff(values[max(0, place.start - RECENT) : place.start]))
    usual = float(np.sort(recent)[:-RARE_MOVES].mean())
    moving = np.flatnonzero(np.concatenate(([True], recent > NO_MOVE * usual, [True])))
    part = values[place.start : place.end]
    rests = int(np.diff(moving).max()) > LONGEST_REST
    return None if rests or np.abs(np.diff(part)).mean() < 0.5 * place.local else place


def in_gap(values: Float64Array, place: Place) -> Place | None:
    """A Condition: the series takes high and low values, and has never been between them."""
    gap = widest_gap(values[: place.start])
    return None if gap is None else replace(place, gap=gap)


def foretold(values: Float64Array, place: Place) -> Place | None:
    """A Condition: points are foretold by those before them, far better than by the last one, and so well
    that what stands out may still be smaller than usual changes.
    """
    errors = prediction_errors(values[max(0, place.start - RECENT) : place.start])
    if not len(errors):
        return None
    changes = np.abs(np.diff(values[place.start - len(errors) - 1 : place.start]))
    told = errors.mean() < FORETOLD * changes.mean()
    error = usual_most(errors)
    return replace(place, error=error) if told and 0 < CLEAR * error < usual_most(changes) else None


def usual_most(values: Float64Array) -> float:
    """The HABIT-th largest of at least as many."""
    return float(np.partition(np.abs(values), -HABIT)[-HABIT])


def dominant_period(history: Float64Array) -> int | None:
    """Points of the dominant season: the highest peak of the autocorrelation behind its first dip."""
    centred = history - history.mean()
    n = len(centred)
    spectrum = np.fft.rfft(centred, 2 * n)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: n // 2]
    if n < SEASON_HISTORY or correlation[0] <= 0:
        return None
    correlation = correlation / correlation[0]
    below = np.flatnonzero(correlation < 0)
    start = max(SHORTEST_SEASON, int(below[0]) if len(below) else len(correlation))
    if start >= len(correlation):
        return None
    lag = start + int(np.argmax(correlation[start:]))
    return lag if correlation[lag] > SEASON_CORRELATION else None


def widest_gap(history: Float64Array) -> Gap | None:
    """Of values (n,): None where all stretches between them are narrow or chance. One point inside ends a gap
    for good: the series has been there.
    """
    usual = np.sort(history)
    if len(usual) < GAP_HISTORY:
        return None
    width = np.diff(usual)[NEAREST:-NEAREST]
    apart = usual[NEAREST:] - usual[:-NEAREST]
    told = np.maximum(apart[: len(width)], apart[-len(width) :]) <= CLOSE * width
    told &= width > WIDE * (usual[-NEAREST - 1] - usual[NEAREST])
    if not told.any():
        return None
    place = NEAREST + int(np.argmax(np.where(told, width, 0.0)))
    return Gap(usual[place], usual[place + 1])
