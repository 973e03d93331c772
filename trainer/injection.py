"""Typed anomalies, injected into normal values with their labels.

Sizes are relative to the series: `local` is the usual change between points,
`reach` the largest distance from the median so far. A spike no larger than what
the series has done before is no anomaly, and teaching it as one teaches false alarms.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spear_stream.core.records import BoolArray, Float64Array

ONSET = 24
"""Points from its start over which an anomaly is labelled: when an alert is of use."""
FAR_SHARE = 1 / 3
LASTING = 96
"""Points from its start after which a lasting change is the new normal."""


@dataclass(frozen=True)
class Place:
    """Where an anomaly goes and how large it is, both relative to the series."""

    start: int
    end: int
    local: float
    reach: float
    sign: float


Injector = Callable[[np.random.Generator, Float64Array, Place], int]
"""Changes the values in place and returns how many points from the start are not normal."""


def inject(
    rng: np.random.Generator, values: Float64Array, earliest: int
) -> tuple[Float64Array, BoolArray, BoolArray, list[str]]:
    """Put one to four anomalies of random kinds at or after `earliest`.

    Returns the values, the labels of their onsets, what is unclear, and the kinds.
    """
    values = values.copy()
    label, unclear = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    kinds: list[str] = []
    for _ in range(int(rng.integers(1, 5))):
        kind = NAMES[int(rng.choice(len(NAMES), p=SHARES))]
        place = _place(rng, values, earliest)
        lasts = min(INJECTORS[kind](rng, values, place), LASTING)
        label[place.start : place.start + min(lasts, ONSET)] = True
        unclear[place.start + ONSET : place.start + lasts] = True
        kinds.append(kind)
    return values, label, unclear & ~label, kinds


def _place(rng: np.random.Generator, values: Float64Array, earliest: int) -> Place:
    start = int(rng.integers(earliest, len(values) - 8))
    duration = int(np.exp(rng.uniform(np.log(8), np.log(160))))
    history = values[:start]
    local = float(np.mean(np.abs(np.diff(history)))) + 1e-3
    low, mid, high = np.percentile(history, (0.5, 50, 99.5))
    reach = float(max(high - mid, mid - low)) + 1e-3
    return Place(start, min(start + duration, len(values)), local, reach, float(rng.choice((-1.0, 1.0))))


def _size(rng: np.random.Generator, low: float, high: float) -> float:
    """Reaches between low and high, in one of three cases up to a thousand times that.

    Without the far ones the outermost bins would be known from normal series alone.
    """
    factor = float(rng.uniform(low, high))
    return factor * 10.0 ** rng.uniform(0, 3) if rng.random() < FAR_SHARE else factor


def _spike(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    width = int(rng.choice((1, 1, 2, 3, 5)))
    size = _size(rng, 1.0, 3.5) * place.reach + rng.uniform(2, 6) * place.local
    values[place.start : place.start + width] += place.sign * size
    return width + 1


def _level_shift(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    end = len(values) if rng.random() < 0.5 else place.end
    size = _size(rng, 0.7, 2.5) * place.reach + 2 * place.local
    values[place.start : end] += place.sign * size
    return end - place.start


def _trend(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    n = place.end - place.start
    values[place.start : place.end] += place.sign * place.reach * rng.uniform(1.2, 4.0) * np.linspace(0, 1, n)
    return n


def _volatility_up(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    n = place.end - place.start
    values[place.start : place.end] += rng.normal(size=n) * (
        2 * place.local + rng.uniform(0.3, 1) * place.reach
    )
    return n


def _volatility_down(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    part = values[place.start : place.end]
    part[:] = part.mean() + rng.uniform(0.0, 0.15) * (part - part.mean())
    return len(part)


def _flat(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    del rng
    values[place.start : place.end] = values[place.start]
    return place.end - place.start


def _drop_out(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    floor = values[: place.start].min() - rng.uniform(0.0, 0.5) * place.reach
    values[place.start : place.end] = floor
    return place.end - place.start


def _phase_shift(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    by = int(rng.integers(4, 100))
    values[place.start :] = np.roll(values, by)[place.start :]
    return min(len(values) - place.start, ONSET)


def _faster(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    n = place.end - place.start
    at = place.start + (np.arange(n) * rng.uniform(1.8, 4)) % n
    values[place.start : place.end] = values[at.astype(np.intp)]
    return n


def _amplitude(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    part = values[place.start : place.end]
    centre = np.median(values[: place.start])
    part[:] = centre + rng.uniform(1.8, 4) * (part - centre)
    return len(part)


INJECTORS: dict[str, Injector] = {
    "spike": _spike,
    "level_shift": _level_shift,
    "trend": _trend,
    "volatility_up": _volatility_up,
    "volatility_down": _volatility_down,
    "flat": _flat,
    "drop_out": _drop_out,
    "phase_shift": _phase_shift,
    "faster": _faster,
    "amplitude": _amplitude,
}
NAMES = tuple(INJECTORS)
SHARES = (0.28, 0.2, 0.08, 0.1, 0.05, 0.07, 0.08, 0.04, 0.04, 0.06)
