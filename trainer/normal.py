"""Normal behaviour of metrics: what a detector must learn to be silent about."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from spear_stream.core.records import Float64Array, Int64Array
from trainer.choice import choose
from trainer.cycles import duty_cycles, fill_and_drain
from trainer.diverse_normal import (
    clipped,
    counter,
    heavy_tails,
    office_hours,
    quantised,
    regimes,
    several_seasons,
    short_seasons,
    sparse_events,
)
from trainer.waveforms import activity, oscillation, pulses

DAY_S = 86_400.0

Maker = Callable[[np.random.Generator, Float64Array, int], Float64Array]
"""Values at times in seconds, which never run backwards, for a sampling interval in seconds."""


class Behaviour(NamedTuple):
    """One kind of normal behaviour."""

    make: Maker
    share: float
    """How often it is chosen, against the others."""
    complete: bool = True
    """It has all its noise, and a floor or a log would spoil what it is."""


def normal_values(
    rng: np.random.Generator, ts_ms: Int64Array, interval_s: int, kinds: tuple[str, ...]
) -> Float64Array:
    """Values of one normal series at the given times, scale about one.

    kinds: of MAKERS, equally often relative to their shares.
    """
    seconds = ts_ms / 1000.0
    behaviour = MAKERS[choose(rng, kinds, MAKERS)]
    values = behaviour.make(rng, seconds, interval_s)
    if behaviour.complete:
        return values
    values = values + rng.uniform(0.0, 0.5) * _noise(rng, len(values))
    if rng.random() < 0.15:
        values = np.exp(np.clip(values, -4, 4) * rng.uniform(0.3, 1.0))
    if rng.random() < 0.3:
        values = values + _common_spikes(rng, len(values), rng.uniform(2, 12))
    if rng.random() < 0.2:
        values = np.maximum(values, np.percentile(values, rng.uniform(1, 40)))
    return np.asarray(values, np.float64)


def _wave(rng: np.random.Generator, seconds: Float64Array, period_s: float) -> Float64Array:
    phase = 2 * np.pi * (seconds / period_s + rng.random())
    wave = np.zeros(len(seconds))
    for harmonic in range(1, int(rng.integers(2, 6))):
        wave += rng.normal() / harmonic * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    return np.asarray(wave / (wave.std() + 1e-9))


def _season(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    if rng.random() < 0.6 and interval_s >= 60:
        wave = _wave(rng, seconds, DAY_S)
        if rng.random() < 0.5:
            weekend = (seconds // DAY_S) % 7 >= 5
            wave = wave * np.where(weekend, rng.uniform(0.2, 1.0), 1.0)
    else:
        wave = _wave(rng, seconds, interval_s * rng.uniform(8, 300))
    return wave + rng.uniform(0, 0.5) * autoregressive(rng, len(seconds), rng.uniform(0.5, 0.98))


def _noise(rng: np.random.Generator, n: int) -> Float64Array:
    if rng.random() < 0.35:
        return np.clip(rng.standard_t(rng.uniform(2.2, 6), n), -12, 12)
    return rng.normal(size=n)


def autoregressive(rng: np.random.Generator, n: int, phi: float) -> Float64Array:
    """Noise of deviation one that keeps `phi` of itself from point to point; begins near 0."""
    return np.asarray(lfilter([np.sqrt(1 - phi**2)], [1, -phi], rng.normal(size=n)))


def _plain_noise(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    del interval_s
    return autoregressive(rng, len(seconds), rng.uniform(0, 0.95)) + 0.5 * _noise(rng, len(seconds))


def _wandering(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    del interval_s
    return 2 * autoregressive(rng, len(seconds), rng.uniform(0.98, 0.999))


def _flat_with_bursts(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    del interval_s
    return 0.05 * rng.normal(size=len(seconds)) + _common_spikes(rng, len(seconds), 3.0)


def _counts(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    rate = rng.uniform(0.2, 20) * np.exp(0.5 * _season(rng, seconds, interval_s))
    return np.asarray(rng.poisson(np.minimum(rate, 1e6)) / np.sqrt(rate.mean() + 1))


def _sawtooth(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    period = interval_s * rng.uniform(20, 400)
    return np.asarray(2.0 * ((seconds / period + rng.random()) % 1.0))


def _on_off(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    period = interval_s * rng.uniform(10, 200)
    duty = rng.uniform(0.1, 0.9)
    return np.where((seconds / period + rng.random()) % 1.0 < duty, 2.0, 0.0)


def _common_spikes(rng: np.random.Generator, n: int, height: float) -> Float64Array:
    """Spikes so frequent or so regular that they are normal for this series."""
    spikes = np.zeros(n)
    if rng.random() < 0.5:
        every = int(rng.integers(6, 60))
        spikes[int(rng.integers(every)) :: every] = height
        spikes *= rng.uniform(0.7, 1.3, n)
    else:
        spikes[rng.random(n) < np.exp(rng.uniform(np.log(0.01), np.log(0.15)))] = height
        spikes *= rng.gamma(2.0, 0.5, n)
    return spikes


MAKERS: dict[str, Behaviour] = {
    "season": Behaviour(_season, 0.36, complete=False),
    "plain_noise": Behaviour(_plain_noise, 0.18, complete=False),
    "wandering": Behaviour(_wandering, 0.12, complete=False),
    "flat_with_bursts": Behaviour(_flat_with_bursts, 0.12, complete=False),
    "counts": Behaviour(_counts, 0.10, complete=False),
    "sawtooth": Behaviour(_sawtooth, 0.06, complete=False),
    "on_off": Behaviour(_on_off, 0.06, complete=False),
    "several_seasons": Behaviour(several_seasons, 0.15),
    "short_seasons": Behaviour(short_seasons, 0.25),
    "office_hours": Behaviour(office_hours, 0.12),
    "heavy_tails": Behaviour(heavy_tails, 0.1),
    "counter": Behaviour(counter, 0.06),
    "sparse_events": Behaviour(sparse_events, 0.08),
    "regimes": Behaviour(regimes, 0.1),
    "quantised": Behaviour(quantised, 0.08),
    "clipped": Behaviour(clipped, 0.06),
    "pulses": Behaviour(pulses, 0.16),
    "oscillation": Behaviour(oscillation, 0.08),
    "activity": Behaviour(activity, 0.08),
    "duty_cycles": Behaviour(duty_cycles, 0.14),
    "fill_and_drain": Behaviour(fill_and_drain, 0.1),
}
