"""Types of anomalies by their size, or by how much they move. All are Injectors.

Sizes are relative to the series: `local` is the usual change between points,
`reach` the largest distance from the median so far. A spike no larger than what
the series has done before is no anomaly, and teaching it as one teaches false alarms.
"""

import numpy as np

from spear_stream.core.records import Float64Array
from trainer.placement import CLEAR, Place, usual_most

FAR_SHARE = 1 / 3


def _size(rng: np.random.Generator, low: float, high: float) -> float:
    """Reaches between low and high, in one of three cases up to a thousand times that.

    Without the far ones the outermost bins would be known from normal series alone.
    """
    factor = float(rng.uniform(low, high))
    return factor * 10.0 ** rng.uniform(0, 3) if rng.random() < FAR_SHARE else factor


def spike(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    width = int(rng.choice((1, 1, 2, 3, 5)))
    size = _size(rng, 1.0, 3.5) * place.reach + rng.uniform(2, 6) * place.local
    values[place.start : place.start + width] += place.sign * size
    return width + 1


def jump(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A spike that may stay within what the series reaches, and is steeper than it ever moves at once."""
    width = int(rng.choice((1, 1, 1, 2, 3)))
    values[place.start : place.start + width] += place.sign * rng.uniform(1.3, 5.0) * _steepest(values, place)
    return width + 1


def _steepest(values: Float64Array, place: Place) -> float:
    """The largest usual change at once so far."""
    return usual_most(np.diff(values[: place.start])) + place.local


def contextual(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    """A spike no larger than usual changes, where points are foretold: off by more than they usually are."""
    width = int(rng.choice((1, 1, 1, 2, 3)))
    size = min(rng.uniform(CLEAR, 5.0) * place.error, usual_most(np.diff(values[: place.start])))
    values[place.start : place.start + width] += place.sign * size
    return width + 1


def level_shift(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    end = len(values) if rng.random() < 0.5 else place.end
    size = _size(rng, 0.7, 2.5) * place.reach + 2 * place.local
    values[place.start : end] += place.sign * size
    return end - place.start


def trend(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    n = place.end - place.start
    values[place.start : place.end] += place.sign * place.reach * rng.uniform(1.2, 4.0) * np.linspace(0, 1, n)
    return n


def volatility_up(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    n = place.end - place.start
    values[place.start : place.end] += rng.normal(size=n) * (
        2 * place.local + rng.uniform(0.3, 1) * place.reach
    )
    return n


def volatility_down(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    part = values[place.start : place.end]
    part[:] = part.mean() + rng.uniform(0.0, 0.15) * (part - part.mean())
    return len(part)


def flat(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    del rng
    values[place.start : place.end] = values[place.start]
    return place.end - place.start


def drop_out(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    floor = values[: place.start].min() - rng.uniform(0.0, 0.5) * place.reach
    values[place.start : place.end] = floor
    return place.end - place.start


def amplitude(rng: np.random.Generator, values: Float64Array, place: Place) -> int:
    part = values[place.start : place.end]
    centre = np.median(values[: place.start])
    part[:] = centre + rng.uniform(1.8, 4) * (part - centre)
    return len(part)
