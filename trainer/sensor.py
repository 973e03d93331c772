"""What a real sensor does to a signal, and what is left of an anomaly behind it."""

from typing import NamedTuple

import numpy as np

from spear_stream.core.records import BoolArray, Float64Array
from trainer.datasets.series import mark, runs


class Sensor(NamedTuple):
    """Rounding and an offset."""

    step: float
    """It rounds to multiples of this; 0 for not at all."""
    unit: float
    """What it shows for one step."""
    offset: float

    @classmethod
    def draw(cls, rng: np.random.Generator, values: Float64Array) -> "Sensor":
        """One that suits the values: every fourth rounds, to at most a fifth of their spread."""
        spread = float(np.percentile(values, 90) - np.percentile(values, 10)) or 1.0
        step = spread * rng.uniform(0.01, 0.2) if rng.random() < 0.25 else 0.0
        return cls(step, 0.1 * spread, spread * rng.uniform(-20, 20) if rng.random() < 0.5 else 0.0)

    def __call__(self, values: Float64Array) -> Float64Array:
        rounded = np.round(values / self.step) * self.unit if self.step else values
        return np.asarray(rounded + self.offset)


def erased(anomalous: BoolArray, told: BoolArray) -> BoolArray:
    """Where rounding has left nothing of an anomaly; a label there teaches to doubt what can be seen.

    anomalous: points of anomalies, a run for each or for several that touch; told: those at which the series
    shows anything else than it would without any anomaly, so one behind a lasting shift is always told; all
    arrays (n,).
    """
    lost = [(start, end) for start, end in runs(anomalous) if not told[start : end + 1].any()]
    return mark(len(anomalous), lost)
