"""Endless labelled series, made on the fly: normal behaviour first, then typed anomalies.

A fixed set is memorised within a thousand steps, so nothing is ever repeated. The series of a chunk of steps
depend on its number, the seed and the plan alone (batches.py).
"""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.records import BoolArray, CodeArray, Float64Array, Int64Array
from trainer.injection import inject, inject_into
from trainer.normal import autoregressive, normal_values
from trainer.recipe import EVERYTHING, Recipe
from trainer.sensor import Sensor, erased

INTERVALS_S = (10, 60, 60, 300, 300, 300, 600, 1800, 3600)
"""Sampling intervals of metrics, the usual ones more often."""
JITTERED = 0.15
GAPPED = 0.15
WANDER = 0.4
"""Most intervals that inexact times move from point to point, as a deviation."""
BLOCKS = (2, 4, 8)
"""Points whose mean is one point of a series of means: fewer than core.coarse.BLOCK too, where seasons are
still seen, and more."""


@dataclass(frozen=True)
class SyntheticSeries:
    """ts (n,) milliseconds, values (n,), label (n,) true at the onset of an injected anomaly,
    unclear (n,) true in the rest of it: neither an anomaly's beginning nor normal,
    kind (n,) its kind in both, one more than its place in core.kinds.KINDS, 0 elsewhere.
    """

    ts: Int64Array
    values: Float64Array
    label: BoolArray
    unclear: BoolArray
    kind: CodeArray
    types: tuple[str, ...]
    """What was injected, by name, even where a sensor's rounding has left nothing of it."""
    padding: int = 0
    """Points at the end that only fill the arrays."""

    @property
    def points(self) -> int:
        """Points that are the series'."""
        return len(self.values) - self.padding


def generate(
    rng: np.random.Generator,
    length: int,
    anomaly_rate: float = 0.8,
    recipe: Recipe = EVERYTHING,
    starts: range | None = None,
) -> SyntheticSeries:
    """One series of `length` points; `anomaly_rate` is the chance that it has anomalies at all.

    starts: where one anomaly begins, in place of one to four anywhere behind the first points.
    """
    interval = int(rng.choice(INTERVALS_S))
    block = int(rng.choice(BLOCKS)) if recipe.means_share and rng.random() < recipe.means_share else 1
    ts = _timestamps(rng, length * block, interval)
    if recipe.irregular_share and rng.random() < recipe.irregular_share:
        ts = _irregular(rng, ts)
    times = ts
    if rng.random() < recipe.inexact_share:
        times = inexact_times(rng, ts, interval)
    points = normal_values(rng, times, interval, recipe.normals)
    ts, values = ts[block - 1 :: block], points.reshape(length, block).mean(axis=1)
    normal = values
    label, unclear = np.zeros(length, np.bool_), np.zeros(length, np.bool_)
    kind, types = np.zeros(length, np.uint8), list[str]()
    if rng.random() < anomaly_rate:
        if starts is None:
            made = inject(rng, values, min(length // 4, 160), recipe.anomalies)
        else:
            made = inject_into(rng, values, [starts], recipe.anomalies)
        values, label, unclear, kind, types = made
    sensor = Sensor.draw(rng, values)
    shown = sensor(values)
    lost = erased(label | unclear, label & (shown != sensor(normal)))
    label, unclear, kind = label & ~lost, unclear & ~lost, np.where(lost, 0, kind).astype(np.uint8)
    scale = 10.0 ** rng.uniform(-3, 5)
    return SyntheticSeries(ts, shown * scale, label, unclear, kind, tuple(types))


def padded(made: SyntheticSeries, padding: int) -> SyntheticSeries:
    """The series with so many more points at its end that only fill the arrays."""
    if not padding:
        return made
    step = max(1, int(np.median(np.diff(made.ts))))
    nothing = np.zeros(padding, np.bool_)
    return SyntheticSeries(
        np.concatenate([made.ts, made.ts[-1] + step * np.arange(1, padding + 1)]),
        np.concatenate([made.values, np.full(padding, made.values[-1])]),
        np.concatenate([made.label, nothing]),
        np.concatenate([made.unclear, nothing]),
        np.concatenate([made.kind, np.zeros(padding, np.uint8)]),
        made.types,
        made.padding + padding,
    )


def inexact_times(rng: np.random.Generator, ts: Int64Array, interval_s: int) -> Int64Array:
    """Times by which seasons come sooner or later each round: they wander around the true ones, slowly and
    with a deviation of .3 to 4 intervals, and stand still where they would run backwards.
    """
    memory = np.exp(-1 / rng.uniform(5, 200))
    most = WANDER / np.sqrt(2 * (1 - memory))
    size = min(np.exp(rng.uniform(np.log(0.3), np.log(6))), most)
    wander = (1000 * interval_s * size * autoregressive(rng, len(ts), memory)).astype(np.int64)
    return np.asarray(np.maximum.accumulate(ts + wander))


def _irregular(rng: np.random.Generator, ts: Int64Array) -> Int64Array:
    """Times as of an event stream, or the regular ones with points missing at random and in outages."""
    steps = np.diff(ts, prepend=2 * ts[0] - ts[1]).astype(np.float64)
    if rng.random() < 0.4:
        steps *= rng.exponential(size=len(ts))
    else:
        steps *= rng.geometric(1 - rng.uniform(0.02, 0.4), len(ts))
        outages = rng.random(len(ts)) < rng.uniform(0, 0.004)
        steps[outages] *= rng.integers(20, 300, outages.sum())
    return np.asarray(ts[0] + np.cumsum(np.maximum(steps, 1.0)).astype(np.int64))


def _timestamps(rng: np.random.Generator, length: int, interval_s: int) -> Int64Array:
    start = rng.integers(1_400_000_000, 1_900_000_000)
    steps = np.full(length, float(interval_s))
    if rng.random() < JITTERED:
        steps *= rng.uniform(0.5, 1.5, length)
    if rng.random() < GAPPED:
        holes = rng.random(length) < rng.uniform(0.001, 0.02)
        steps[holes] *= rng.integers(2, 30, holes.sum())
    return ((start + np.cumsum(steps)) * 1000).astype(np.int64)
