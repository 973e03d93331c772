"""Further kinds of normal behaviour, with the habits of real metrics that look like anomalies and are none.

All are Makers: they give values at the given times, of a scale of about one, with all the noise they have.
"""

import numpy as np
from scipy.signal import lfilter

from spear_stream.core.records import Float64Array

DAY_S = 86_400.0
HOUR_S = 3600.0


def several_seasons(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Two to four seasons at once: hours, a day, a week, and one that belongs to the series alone."""
    periods = np.array([HOUR_S, 6 * HOUR_S, DAY_S, 7 * DAY_S, interval_s * rng.uniform(10, 200)])
    periods = periods[periods >= 4 * interval_s]
    values = np.zeros(len(seconds))
    for period in rng.choice(periods, min(int(rng.integers(2, 5)), len(periods)), replace=False):
        phase = 2 * np.pi * (seconds / period + rng.random())
        sharpness = rng.uniform(0, 1.5)
        values += rng.uniform(0.3, 1.0) * np.sin(phase + sharpness * np.sin(phase))
    return values + rng.uniform(0.02, 0.3) * rng.normal(size=len(seconds))


def short_seasons(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Two to four seasons of few points, larger and smaller by turns, on a level that may climb or fall, with
    little noise: steps are large, and where times are exact each point follows from those before it.
    """
    longest = np.array([16.0, 60.0, 60.0, 60.0])[: int(rng.integers(2, 5))]
    values = np.zeros(len(seconds))
    for period in np.exp(rng.uniform(np.log(4), np.log(longest))):
        phase = 2 * np.pi * (seconds / (interval_s * period) + rng.random())
        swell = 1 + rng.uniform(0, 0.5) * np.sin(phase / rng.uniform(5, 30))
        values += rng.uniform(0.3, 1.0) * swell * np.sin(phase + rng.uniform(0, 1.5) * np.sin(phase))
    noise = np.exp(rng.uniform(np.log(0.01), np.log(0.2))) * values.std()
    trend = rng.uniform(-3, 3) * np.linspace(0, 1, len(values)) if rng.random() < 0.5 else 0.0
    return np.asarray(values + trend + noise * rng.normal(size=len(values)))


def office_hours(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """High on working days between morning and evening, low at night, at weekends and on holidays."""
    del interval_s
    opens, closes = rng.uniform(6, 9), rng.uniform(16, 20)
    hour = (seconds % DAY_S) / HOUR_S
    day = (seconds // DAY_S).astype(np.int64)
    ramp = rng.uniform(0.3, 2.0)
    open_now = 1 / (1 + np.exp(-(hour - opens) / ramp * 4)) - 1 / (1 + np.exp(-(hour - closes) / ramp * 4))
    load = np.where((day + int(rng.integers(7))) % 7 < 5, 1.0, rng.uniform(0.0, 0.4))
    lunch = rng.uniform(0, 0.4) * np.exp(-((hour - 12.5) ** 2))
    noise = rng.uniform(0.02, 0.15) * rng.normal(size=len(seconds))
    return np.asarray(2 * load * np.maximum(open_now - lunch, 0) + noise)


def heavy_tails(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Latencies: log-normal or Pareto, with excursions that are part of the distribution."""
    del interval_s
    n = len(seconds)
    slow = lfilter([0.1], [1, -0.9], rng.normal(size=n))
    if rng.random() < 0.5:
        return np.asarray(np.exp(slow + rng.uniform(0.3, 1.0) * rng.normal(size=n)))
    return np.asarray((1 + 0.3 * slow) * (0.2 + np.minimum(rng.pareto(rng.uniform(1.6, 3.5), n), 100.0)))


def counter(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """A total that only grows, until its process restarts from zero."""
    n = len(seconds)
    phase = 2 * np.pi * (seconds / max(DAY_S, 20.0 * interval_s) + rng.random())
    rate = rng.poisson(rng.uniform(2, 200) * (1 + rng.uniform(0, 0.8) * np.sin(phase)))
    total = np.cumsum(rate).astype(np.float64)
    restarts = np.flatnonzero(rng.random(n) < rng.uniform(0, 0.004))
    for restart in restarts:
        total[restart:] -= total[restart]
    return np.asarray(4 * total / (total.max() + 1))


def sparse_events(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Nothing most of the time; events of usual sizes come at random, or in a fixed rhythm."""
    del interval_s
    n = len(seconds)
    if rng.random() < 0.6:
        happens = rng.random(n) < np.exp(rng.uniform(np.log(0.01), np.log(0.12)))
    else:
        happens = (np.arange(n) + int(rng.integers(200))) % int(rng.integers(15, 150)) == 0
    sizes = rng.integers(1, int(rng.integers(2, 8)), n) if rng.random() < 0.5 else rng.gamma(4, 0.25, n)
    return np.where(happens, sizes, 0.0).astype(np.float64)


def regimes(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Modes that take turns from the beginning on: each has a level and a noise of its own."""
    del interval_s
    n, modes = len(seconds), int(rng.integers(2, 5))
    level, noise = rng.uniform(-2, 2, modes), rng.uniform(0.02, 0.4, modes)
    usual = float(np.exp(rng.uniform(np.log(8), np.log(80))))
    switches = np.cumsum(rng.random(n) < 1 / usual)
    order = rng.permuted(np.arange(modes)) if rng.random() < 0.5 else rng.integers(0, modes, n + 1)
    mode = order[switches % len(order)]
    return np.asarray(level[mode] + noise[mode] * rng.normal(size=n))


def quantised(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """A converter of few bits: long runs of one value, steps of one unit."""
    values = several_seasons(rng, seconds, interval_s)
    if rng.random() < 0.5:
        values = 2 * lfilter([0.02], [1, -0.98], rng.normal(size=len(seconds))) / 0.1
    levels = int(rng.integers(3, 40))
    low, high = values.min(), values.max() + 1e-9
    return np.asarray(4 * np.floor((values - low) / (high - low) * levels) / levels)


def clipped(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """A gauge that ends: at a floor, at a ceiling or at both it shows the same value for long."""
    values = several_seasons(rng, seconds, interval_s)
    low, high = np.percentile(values, (rng.uniform(5, 45), rng.uniform(55, 95)))
    ends = ((low, np.inf), (-np.inf, high), (low, high))[int(rng.integers(3))]
    return np.asarray(np.clip(values, *ends))
