"""Where an injected anomaly goes, how large it is, and whether it could be seen there at all.

A change of the pattern needs a pattern, and a calm something that moves. Whether it does stand out is told
when it is there (visibility.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spear_stream.core.records import Float64Array

SHORTEST, LONGEST = 8, 160
"""Points of a place."""
SHORTEST_SEASON = 8
LONGEST_SEASON = 128
"""Points: of a longer one a window shows no whole round."""
SEASON_CORRELATION = 0.3
"""Below this a series has no season worth the name."""
LONGEST_REST = 6
"""Equal values in a row from which it is usual for a series to rest."""
RECENT = 512
"""Points that count as lately: whether a series rests, what is usual."""


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
    season = season_of(values[: place.start])
    if season is None or season > LONGEST_SEASON or place.start + season > len(values):
        return None
    return replace(place, end=max(place.end, place.start + (season + 1) // 2), season=season)


def in_motion(values: Float64Array, place: Place) -> Place | None:
    """A Condition: the series never rests, and moves as usual at the place."""
    recent = np.diff(values[max(0, place.start - RECENT) : place.start])
    moving = np.flatnonzero(np.concatenate(([True], recent != 0, [True])))
    part = values[place.start : place.end]
    rests = int(np.diff(moving).max()) > LONGEST_REST
    return None if rests or np.abs(np.diff(part)).mean() < 0.5 * place.local else place


def season_of(history: Float64Array) -> int | None:
    """Points of the dominant season: the highest peak of the autocorrelation behind its first dip."""
    centred = history - history.mean()
    n = len(centred)
    spectrum = np.fft.rfft(centred, 2 * n)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: n // 2]
    if n < 4 * SHORTEST_SEASON or correlation[0] <= 0:
        return None
    correlation = correlation / correlation[0]
    below = np.flatnonzero(correlation < 0)
    start = max(SHORTEST_SEASON, int(below[0]) if len(below) else len(correlation))
    if start >= len(correlation):
        return None
    lag = start + int(np.argmax(correlation[start:]))
    return lag if correlation[lag] > SEASON_CORRELATION else None
