"""Typed anomalies, injected into normal values with their labels.

Sizes are relative to the series: `local` is the usual change between points,
`reach` the largest distance from the median so far. A spike no larger than what
the series has done before is no anomaly, and teaching it as one teaches false alarms.
"""

from typing import NamedTuple

import numpy as np

from spear_stream.core.records import BoolArray, CodeArray, Float64Array
from trainer.choice import choose
from trainer.pattern_injection import (
    dip,
    duplicate,
    faster,
    frequency,
    missing_season,
    noise_burst,
    phase_shift,
    slow_drift,
    smaller_amplitude,
)
from trainer.placement import Condition, Injector, Place, anywhere, in_motion, in_season, place_in
from trainer.visibility import Visible, at_once, calmer, out_of_season

ONSET = 24
"""Points from its start over which an anomaly is labelled: when an alert is of use."""
FAR_SHARE = 1 / 3
LASTING = 96
"""Points from its start after which a lasting change is the new normal."""
TYPES_TRIED, PLACES_TRIED = 4, 6
"""Of each type: to find a place where it can be seen."""


KINDS = ("spike", "shift", "trend", "volatility", "pattern")
"""What an alert calls an anomaly; a point's kind is its place here plus one, 0 for none."""


class AnomalyType(NamedTuple):
    """One type of anomaly that can be injected."""

    inject: Injector
    kind: str
    share: float
    """How often it is chosen, against the others."""
    hidden: float = 0.0
    """Share of its points, from the start, over which nobody could see it yet: unclear, not anomalous."""
    where: Condition = anywhere
    """Where it can be seen at all."""
    visible: Visible = at_once
    """Whether it can be seen there."""


class Injected(NamedTuple):
    """Values, and for each point: an onset, unclear, and the kind of the last anomaly there."""

    values: Float64Array
    label: BoolArray
    unclear: BoolArray
    kind: CodeArray
    types: list[str]


def inject(rng: np.random.Generator, values: Float64Array, earliest: int, types: tuple[str, ...]) -> Injected:
    """Put one to four anomalies of random types at or after `earliest`; fewer, or none, where none of the
    types could be seen.

    types: of TYPES, as often as their shares say.
    """
    label, unclear = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    kind = np.zeros(len(values), np.uint8)
    chosen: list[str] = []
    for _ in range(int(rng.integers(1, 5))):
        made = _visible(rng, values, earliest, types)
        if made is None:
            continue
        name, place, lasts, values = made
        hidden = TYPES[name].hidden
        seen = place.start + int(hidden * lasts)
        end = place.start + (lasts if hidden else min(lasts, LASTING))
        label[seen : min(seen + ONSET, end)] = True
        unclear[place.start : seen] = unclear[seen + ONSET : end] = True
        kind[place.start : end] = 1 + KINDS.index(TYPES[name].kind)
        chosen.append(name)
    return Injected(values, label, unclear & ~label, kind, chosen)


def _visible(
    rng: np.random.Generator, values: Float64Array, earliest: int, types: tuple[str, ...]
) -> tuple[str, Place, int, Float64Array] | None:
    """A type, its place, for how long, and the values with it; None when some attempts found none to see."""
    for _ in range(TYPES_TRIED):
        name = choose(rng, types, TYPES)
        for _ in range(PLACES_TRIED):
            place = TYPES[name].where(values, place_in(rng, values, earliest))
            if place is None:
                continue
            changed = values.copy()
            lasts = TYPES[name].inject(rng, changed, place)
            if TYPES[name].visible(values, changed, place, min(lasts, ONSET)):
                return name, place, lasts, changed
    return None


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


def _jump(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A spike that may stay within what the series reaches, and is steeper than it ever moves at once."""
    width = int(rng.choice((1, 1, 1, 2, 3)))
    values[place.start : place.start + width] += place.sign * rng.uniform(1.3, 5.0) * _steepest(values, place)
    return width + 1


def _steepest(values: Float64Array, place: Place) -> float:
    """The third largest change at once so far: two of the size of an anomaly make no habit."""
    return float(np.partition(np.abs(np.diff(values[: place.start])), -3)[-3]) + place.local


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


def _amplitude(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    part = values[place.start : place.end]
    centre = np.median(values[: place.start])
    part[:] = centre + rng.uniform(1.8, 4) * (part - centre)
    return len(part)


TYPES: dict[str, AnomalyType] = {
    "spike": AnomalyType(_spike, "spike", 0.28),
    "jump": AnomalyType(_jump, "spike", 0.2),
    "level_shift": AnomalyType(_level_shift, "shift", 0.2),
    "trend": AnomalyType(_trend, "trend", 0.08),
    "volatility_up": AnomalyType(_volatility_up, "volatility", 0.1),
    "volatility_down": AnomalyType(_volatility_down, "volatility", 0.1, where=in_motion, visible=calmer),
    "flat": AnomalyType(_flat, "volatility", 0.14, where=in_motion, visible=calmer),
    "drop_out": AnomalyType(_drop_out, "shift", 0.08),
    "phase_shift": AnomalyType(phase_shift, "pattern", 0.25, where=in_season, visible=out_of_season),
    "faster": AnomalyType(faster, "pattern", 0.25, where=in_season, visible=out_of_season),
    "amplitude": AnomalyType(_amplitude, "volatility", 0.06, where=in_motion),
    "dip": AnomalyType(dip, "spike", 0.15),
    "noise_burst": AnomalyType(noise_burst, "volatility", 0.08),
    "slow_drift": AnomalyType(slow_drift, "trend", 0.08, hidden=0.3),
    "missing_season": AnomalyType(missing_season, "pattern", 0.25, where=in_season, visible=out_of_season),
    "frequency": AnomalyType(frequency, "pattern", 0.25, where=in_season, visible=out_of_season),
    "smaller_amplitude": AnomalyType(smaller_amplitude, "volatility", 0.08, where=in_motion, visible=calmer),
    "duplicate": AnomalyType(duplicate, "pattern", 0.25, where=in_season, visible=out_of_season),
}
