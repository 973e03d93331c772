"""Further types of anomalies: changes of the pattern more than of the size. All are Injectors."""

import numpy as np

from spear_stream.core.records import Float64Array
from trainer.placement import Place

SHORTEST_SEASON = 8
RECENT_SEASONS = 4
SEASON_CORRELATION = 0.3
"""Below this a series has no season worth the name."""


def dip(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A short fall below what was there, with a way back."""
    width = min(int(rng.integers(2, 12)), len(values) - place.start)
    shape = np.hanning(width + 2)[1:-1] ** rng.uniform(0.1, 1.0)
    values[place.start : place.start + width] -= shape * (
        rng.uniform(1.0, 3.0) * place.reach + 3 * place.local
    )
    return width


def noise_burst(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A few points of wild noise."""
    width = min(int(rng.integers(3, 20)), len(values) - place.start)
    noise = rng.standard_t(3, width)
    values[place.start : place.start + width] += noise * (
        4 * place.local + rng.uniform(0.5, 1.5) * place.reach
    )
    return width


def slow_drift(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A creep over hundreds of points, away for good."""
    n = len(values) - place.start
    creeps = int(rng.integers(100, 500))
    way = np.minimum(np.arange(n) / creeps, 1.0)
    values[place.start :] += place.sign * rng.uniform(1.0, 3.0) * place.reach * way
    return min(n, creeps)


def missing_season(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """The noise goes on, the season does not; without a season the values stay at their median."""
    period = season_of(values[: place.start])
    part = slice(place.start, place.end)
    if period is None:
        usual = np.median(values[: place.start])
        values[part] = usual + 0.3 * place.local * rng.normal(size=place.end - place.start)
    else:
        profile = _profile(values[: place.start], period)
        values[part] -= profile[np.arange(place.start, place.end) % period] - profile.mean()
    return place.end - place.start


def frequency(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """The past once more, 1.7 to 4 times faster or slower."""
    factor = rng.uniform(1.7, 4.0) ** rng.choice((-1.0, 1.0))
    n = place.end - place.start
    # From so far back that the replay ends where the past does, as far as there is that much past.
    first = max(0.0, place.start - 1 - factor * n)
    at = first + (factor * np.arange(n)) % (place.start - 1 - first)
    values[place.start : place.end] = np.interp(at, np.arange(place.start), values[: place.start])
    return n


def smaller_amplitude(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """The same shape around the usual level, 2 to 6 times smaller."""
    part = values[place.start : place.end]
    centre = np.median(values[: place.start])
    part[:] = centre + (part - centre) / rng.uniform(2.0, 6.0)
    return len(part)


def duplicate(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """Another stretch of the series, as when a buffer is sent twice: right in itself, at the wrong time."""
    n = min(place.end - place.start, place.start // 2)
    first = int(rng.integers(0, place.start - n + 1))
    values[place.start : place.start + n] = values[first : first + n]
    return n


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


def _profile(history: Float64Array, period: int) -> Float64Array:
    """Mean of the last seasons by place within the season, (period,); older ones are out of step."""
    first = max(0, len(history) - RECENT_SEASONS * period)
    place = np.arange(first, len(history)) % period
    counts = np.bincount(place, minlength=period)
    return np.asarray(np.bincount(place, history[first:], period) / np.maximum(counts, 1))
