"""Normal behaviour with a shape: cycles, oscillations and activity, as machines and bodies have them.

Their changes from point to point are bounded by the shape, not by noise: what is twice as steep as ever
before is an anomaly in them, and everyday life in a noisy series.
All are Makers (normal.py): values at the given times, of a scale of about one, with all their noise.
"""

import numpy as np
from scipy.signal import lfilter

from spear_stream.core.records import Float64Array
from trainer.cycles import laid_out


def pulses(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """One cycle again and again, never quite the same: heart beats, breaths, strokes, batch jobs."""
    del interval_s
    n = len(seconds)
    period = np.exp(rng.uniform(np.log(8), np.log(250)))
    cycles = int(n / period) + 8
    lengths = period * np.maximum(0.3, 1 + rng.uniform(0, 0.08) * rng.normal(size=cycles))
    rounds = laid_out(lengths, rng.random() * period, n)
    height = 1 + rng.uniform(0, 0.12) * rng.normal(size=cycles)
    wander = rng.uniform(0, 0.3) * lfilter([0.05], [1, -0.95], rng.normal(size=n))
    beats = height[rounds.number] * _cycle(rng, rounds.since / rounds.length)
    return np.asarray(beats + wander + _little_noise(rng, n))


def oscillation(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """A resonance driven by noise: its phase and size wander, its frequency does not."""
    del interval_s
    n = len(seconds)
    period, damping = np.exp(rng.uniform(np.log(6), np.log(120))), rng.uniform(0.97, 0.9995)
    poles = [1, -2 * damping * np.cos(2 * np.pi / period), damping**2]
    swing = lfilter([1.0], poles, rng.normal(size=n + 500))[500:]
    return np.asarray(1.5 * swing / (swing.std() + 1e-9) + _little_noise(rng, n))


def activity(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """Rest and movement in turn: an accelerometer, a machine that is used now and then."""
    del interval_s
    n = len(seconds)
    usual = np.exp(rng.uniform(np.log(30), np.log(400)))
    active = (np.cumsum(rng.random(n) < 1 / usual) + int(rng.integers(2))) % 2 == 1
    eased = lfilter([0.2], [1, -0.8], active.astype(np.float64))
    phase = np.cumsum((1 + 0.1 * rng.normal(size=n)) / np.exp(rng.uniform(np.log(6), np.log(60)))) % 1.0
    moves = _cycle(rng, phase) + rng.uniform(0.05, 0.6) * rng.normal(size=n)
    return np.asarray(eased * moves + rng.uniform(-1, 1) * eased + _little_noise(rng, n))


def _cycle(rng: np.random.Generator, phase: Float64Array) -> Float64Array:
    """Two to five smooth peaks and dips at their places in a cycle, phase in [0, 1)."""
    value = np.zeros(len(phase))
    for _ in range(int(rng.integers(2, 6))):
        away = (phase - rng.random() + 0.5) % 1.0 - 0.5
        width = np.exp(rng.uniform(np.log(0.015), np.log(0.2)))
        value += rng.normal() * np.exp(-0.5 * (away / width) ** 2)
    return value


def _little_noise(rng: np.random.Generator, n: int) -> Float64Array:
    return np.asarray(np.exp(rng.uniform(np.log(0.002), np.log(0.1))) * rng.normal(size=n))
