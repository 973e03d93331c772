"""A set to choose by: metrics of servers, whose bursts are normal, with one anomaly or two in each.

    python benchmarks/server_metrics.py DIR

writes 40 labelled CSV files, always the same: `spear-trainer evaluate --data csv:DIR`. Load, requests,
traffic and latency all burst once in some hundreds of points; a detector that has no habits cries at every
burst. Training knows none of this code, but settings are chosen by this set among others
(docs/experiments.md, "bursts that are normal"): it is no evaluation.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from labelled_set import MadeSeries, Rng, Values, write_set
from scipy.signal import lfilter

SEED = 1
SERIES = 40
START_S = 1_700_006_400
DAY_S = 86_400
STEPS_S = (60, 300, 300, 600)
POINTS = (3500, 8000)


def main() -> None:
    write_set(__doc__, START_S, [labelled(number) for number in range(SERIES)])


def labelled(number: int) -> MadeSeries:
    metric = list(METRICS)[number % len(METRICS)]
    rng = np.random.default_rng([SEED, number])
    step_s, points = int(rng.choice(STEPS_S)), int(rng.integers(*POINTS))
    normal = METRICS[metric](rng, points, step_s)
    values, label = normal.copy(), np.zeros(points, np.bool_)
    anomalies = list(ANOMALIES.values())
    for nth in range(int(rng.integers(1, 3))):
        at = int(points * (0.35 + 0.35 * nth) + rng.integers(0, points // 7))
        end = anomalies[(number // len(METRICS) + number + 3 * nth) % len(anomalies)](
            rng, values, at, usual(normal[:at])
        )
        label[at:end] = True
    return MadeSeries(f"{metric}-{number}", step_s, np.round(values) if metric in WHOLE else values, label)


def daily(rng: Rng, points: int, step_s: int) -> Values:
    """A day with two humps."""
    turn = 2 * np.pi * (np.arange(points) * step_s / DAY_S - rng.uniform())
    return np.asarray(np.cos(turn) + 0.3 * np.cos(2 * turn + rng.uniform(0, 6)))


def bursts(rng: Rng, points: int, gap: float, spread: float, size: float, length: float) -> Values:
    """Bursts at random, `gap` points apart in the mean, of about the same size, that fade."""
    values, at = np.zeros(points), 0
    while (at := at + 1 + int(rng.exponential(gap))) < points:
        lasts = max(1, int(rng.poisson(length)))
        height = size * np.exp(rng.normal(0, spread))
        fading = height * np.exp(-np.arange(lasts) / lasts)
        values[at : at + lasts] += fading[: points - at]
    return values


def jobs(rng: Rng, points: int, every: int, size: float) -> Values:
    """The same work some times a day, not to the minute."""
    values, lasts, late = np.zeros(points), int(rng.integers(1, 5)), int(rng.integers(0, 3))
    for due in range(int(rng.integers(0, every)), points, every):
        at = due + int(rng.integers(0, late + 1))
        values[at : at + lasts + int(rng.integers(0, 2))] += size * rng.uniform(0.7, 1.3)
    return values


def load(rng: Rng, points: int, step_s: int) -> Values:
    base = rng.uniform(1, 40)
    noise = base * rng.uniform(0.01, 0.1)
    size = noise * rng.uniform(8, 40)
    values = base + lfilter([noise], [1, -0.5], rng.normal(size=points))
    values += noise * rng.uniform(0, 3) * daily(rng, points, step_s)
    values += bursts(rng, points, rng.uniform(150, 900), rng.uniform(0.1, 0.4), size, rng.uniform(1, 4))
    if rng.random() < 0.6:
        every = DAY_S // step_s // int(rng.integers(1, 5))
        values += jobs(rng, points, every, size * rng.uniform(0.5, 1.2))
    return np.asarray(np.maximum(values, 0))


def requests(rng: Rng, points: int, step_s: int) -> Values:
    """Counts, of more spread than Poisson's."""
    rate = rng.uniform(2, 80) * np.exp(0.6 * daily(rng, points, step_s))
    shape, size = rng.uniform(0.8, 4), rate.mean() * rng.uniform(3, 10)
    more = bursts(rng, points, rng.uniform(80, 500), rng.uniform(0.3, 0.7), size, rng.uniform(1, 6))
    return np.asarray(rng.negative_binomial(shape, shape / (shape + rate)) + np.round(more))


def traffic(rng: Rng, points: int, step_s: int) -> Values:
    del step_s
    base = rng.uniform(1e3, 1e6)
    values = base * np.exp(rng.normal(0, rng.uniform(0.05, 0.3), points))
    size = base * rng.uniform(5, 60)
    return np.round(
        values + bursts(rng, points, rng.uniform(100, 700), rng.uniform(0.05, 0.5), size, rng.uniform(1, 3))
    )


def latency(rng: Rng, points: int, step_s: int) -> Values:
    """With a Pareto tail: one point in some hundreds is several times as high."""
    noise = rng.normal(0, rng.uniform(0.05, 0.2), points)
    values = rng.uniform(5, 200) * np.exp(0.2 * daily(rng, points, step_s) + noise)
    slow = rng.random(points) < 1 / rng.uniform(100, 600)
    values[slow] *= 2 + rng.pareto(rng.uniform(1.5, 3), int(slow.sum()))
    return np.asarray(values)


METRICS: dict[str, Callable[[Rng, int, int], Values]] = {
    "load": load,
    "requests": requests,
    "traffic": traffic,
    "latency": latency,
}
WHOLE = ("requests", "traffic")
"""Metrics that count: so do their anomalies."""


class Usual(NamedTuple):
    """Of the points before an anomaly, without any other."""

    middle: float
    spread: float
    """How far above the median one point in ten is."""
    top: float
    """Height of the greater bursts."""


def usual(before: Values) -> Usual:
    middle, high, top = np.quantile(before, (0.5, 0.9, 0.9995))
    return Usual(middle, high - middle, top)


def higher(rng: Rng, values: Values, at: int, was: Usual) -> int:
    end = at + int(rng.integers(24, 200))
    values[at:end] += was.spread * rng.uniform(3, 8)
    return end


def greatest(rng: Rng, values: Values, at: int, was: Usual) -> int:
    """A burst two to five times as high as the greater ones so far."""
    lasts = int(rng.integers(6, 25))
    values[at : at + lasts] += (was.top - was.middle) * rng.uniform(2, 5) * np.exp(-np.arange(lasts) / lasts)
    return at + lasts


def endless(rng: Rng, values: Values, at: int, was: Usual) -> int:
    """A burst of a usual size that does not end."""
    lasts = int(rng.integers(24, 100))
    values[at : at + lasts] = rng.normal(
        was.middle + (was.top - was.middle) * rng.uniform(0.5, 1), 0.1 * was.spread, lasts
    )
    return at + lasts


def nothing(rng: Rng, values: Values, at: int, was: Usual) -> int:
    del was
    end = at + int(rng.integers(24, 100))
    values[at:end] = 0
    return end


def leak(rng: Rng, values: Values, at: int, was: Usual) -> int:
    lasts = 4 * int(rng.integers(24, 100))
    values[at : at + lasts] += np.linspace(0, was.spread * rng.uniform(6, 15), lasts)
    return at + lasts


def restless(rng: Rng, values: Values, at: int, was: Usual) -> int:
    end = at + int(rng.integers(24, 100))
    values[at:end] = np.maximum(was.middle + (values[at:end] - was.middle) * rng.uniform(4, 8), 0)
    return end


def frozen(rng: Rng, values: Values, at: int, was: Usual) -> int:
    del was
    end = at + int(rng.integers(24, 100))
    values[at:end] = values[at - 1]
    return end


ANOMALIES: dict[str, Callable[[Rng, Values, int, Usual], int]] = {
    one.__name__: one for one in (higher, greatest, endless, nothing, leak, restless, frozen)
}
"""Each changes values from a point on and returns where its label ends."""


if __name__ == "__main__":
    main()
