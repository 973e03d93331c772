"""Endless labelled series, made on the fly: normal behaviour first, then typed anomalies.

A fixed set is memorised within a thousand steps, so nothing is ever repeated:
series `i` of step `s` under seed `k` depends on (k, s, i) alone.
"""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.records import BoolArray, Float64Array, Int64Array
from trainer.injection import inject
from trainer.normal import normal_values

INTERVALS_S = (10, 60, 60, 300, 300, 300, 600, 1800, 3600)
"""Sampling intervals of metrics, the usual ones more often."""
JITTERED = 0.15
GAPPED = 0.15


@dataclass(frozen=True)
class SyntheticSeries:
    """ts (n,) milliseconds, values (n,), label (n,) true at the onset of an injected anomaly,
    unclear (n,) true in the rest of it: neither an anomaly's beginning nor normal.
    """

    ts: Int64Array
    values: Float64Array
    label: BoolArray
    unclear: BoolArray
    kinds: tuple[str, ...]


def generate(rng: np.random.Generator, length: int, anomaly_rate: float = 0.8) -> SyntheticSeries:
    """One series of `length` points; `anomaly_rate` is the chance that it has anomalies at all."""
    interval = int(rng.choice(INTERVALS_S))
    ts = _timestamps(rng, length, interval)
    values = normal_values(rng, ts, interval)
    label, unclear = np.zeros(length, np.bool_), np.zeros(length, np.bool_)
    kinds: list[str] = []
    if rng.random() < anomaly_rate:
        values, label, unclear, kinds = inject(rng, values, earliest=min(length // 4, 160))
    scale = 10.0 ** rng.uniform(-3, 5)
    return SyntheticSeries(ts, _sensor(rng, values) * scale, label, unclear, tuple(kinds))


def _timestamps(rng: np.random.Generator, length: int, interval_s: int) -> Int64Array:
    start = rng.integers(1_400_000_000, 1_900_000_000)
    steps = np.full(length, float(interval_s))
    if rng.random() < JITTERED:
        steps *= rng.uniform(0.5, 1.5, length)
    if rng.random() < GAPPED:
        holes = rng.random(length) < rng.uniform(0.001, 0.02)
        steps[holes] *= rng.integers(2, 30, holes.sum())
    return ((start + np.cumsum(steps)) * 1000).astype(np.int64)


def _sensor(rng: np.random.Generator, values: Float64Array) -> Float64Array:
    """What a real sensor does to a signal: rounding and offsets."""
    spread = float(np.percentile(values, 90) - np.percentile(values, 10)) or 1.0
    if rng.random() < 0.25:
        values = np.round(values / (spread * rng.uniform(0.01, 0.2))) * (spread * 0.1)
    if rng.random() < 0.5:
        values = values + spread * rng.uniform(-20, 20)
    return values
