"""Further types of anomalies: changes of the pattern more than of the size. All are Injectors."""

import numpy as np

from spear_stream.core.records import Float64Array
from trainer.placement import Place

RECENT_SEASONS = 4


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
    """The noise goes on, the season does not."""
    del rng
    part = slice(place.start, place.end)
    profile = _profile(values[: place.start], place.season)
    values[part] -= profile[np.arange(place.start, place.end) % place.season] - profile.mean()
    return place.end - place.start


def phase_shift(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """From here on everything comes later, by a part of the season."""
    by = _out_of_step(rng, place.season)
    values[place.start :] = np.roll(values, by)[place.start :]
    return min(len(values) - place.start, place.season)


def faster(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """What would have come, faster and again and again."""
    n = place.end - place.start
    at = place.start + (np.arange(n) * rng.uniform(1.8, 4)) % n
    values[place.start : place.end] = values[at.astype(np.intp)]
    return n


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
    latest = place.start - _out_of_step(rng, place.season)
    most = latest // place.season
    n = min(place.end - place.start, most * place.season)
    first = latest - int(rng.integers(-(-n // place.season), most + 1)) * place.season
    values[place.start : place.start + n] = values[first : first + n]
    return n


def _out_of_step(rng: np.random.Generator, season: int) -> int:
    """Points that are no whole season, nor nearly one."""
    return int(rng.integers(-(-season // 6), season - season // 6))


def _profile(history: Float64Array, period: int) -> Float64Array:
    """Mean of the last seasons by place within the season, (period,); older ones are out of step."""
    first = max(0, len(history) - RECENT_SEASONS * period)
    place = np.arange(first, len(history)) % period
    counts = np.bincount(place, minlength=period)
    return np.asarray(np.bincount(place, history[first:], period) / np.maximum(counts, 1))
