"""Real series to train on: stretches of them, with their own labels or with injected anomalies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.records import BoolArray, Float64Array, Int64Array
from trainer.datasets.series import LabelledSeries, mark
from trainer.injection import ONSET, inject
from trainer.recipe import EVERYTHING, Recipe
from trainer.synthetic import SyntheticSeries, padded

FEWEST_POINTS = 64
"""Shorter series are not trained on: something needs a past before it can be unusual."""


@dataclass(frozen=True, eq=False)
class _Forward:
    """A series whose times only grow, as the daemon lets it; label of onsets, unclear for the rest."""

    ts: Int64Array
    value: Float64Array
    label: BoolArray
    unclear: BoolArray


class RealSeries:
    """Draws stretches of real series, longer ones more often."""

    def __init__(self, corpus: Sequence[LabelledSeries]) -> None:
        """Raises InputError when no series has FEWEST_POINTS."""
        self._series = [one for one in map(_forward, corpus) if len(one.value) >= FEWEST_POINTS]
        if not self._series:
            raise InputError(f"no series to train on has at least {FEWEST_POINTS} points")

    def __len__(self) -> int:
        return len(self._series)

    def draw(
        self, rng: np.random.Generator, points: int, anomaly_rate: float, recipe: Recipe = EVERYTHING
    ) -> SyntheticSeries:
        """A stretch of `points`; what a shorter series lacks is padding at the end.

        anomaly_rate: chance that anomalies are injected into a stretch that has none labelled.
        """
        lengths = np.array([min(len(one.value), points) for one in self._series], dtype=np.float64)
        series = self._series[int(rng.choice(len(lengths), p=lengths / lengths.sum()))]
        n = min(len(series.value), points)
        start = int(rng.integers(len(series.value) - n + 1))
        part = slice(start, start + n)
        value, label, unclear = series.value[part], series.label[part], series.unclear[part]
        kind, types = np.zeros(n, np.uint8), list[str]()
        if not label.any() and rng.random() < anomaly_rate:
            centre, scale = _location(value)
            made = inject(rng, (value - centre) / scale, min(n // 4, 160), recipe.anomalies)
            value, kind, types = made.values * scale + centre, made.kind, made.types
            label, unclear = made.label & ~unclear, made.unclear | unclear
        return padded(SyntheticSeries(series.ts[part], value, label, unclear, kind, tuple(types)), points - n)


def _forward(series: LabelledSeries) -> _Forward:
    """Without a history, whose series may be left to another corpus to train on."""
    keep = series.is_in_order.copy()
    keep[: series.history] = False
    anomalous = mark(len(series), series.windows)
    label = mark(len(series), [(start, min(end, start + ONSET - 1)) for start, end in series.windows])
    unclear = (anomalous | mark(len(series), series.unclear)) & ~label
    return _Forward(series.ts[keep], series.value[keep], label[keep], unclear[keep])


def _location(value: Float64Array) -> tuple[float, float]:
    """Median and robust scale: injection takes values of a scale of about one."""
    low, centre, high = np.percentile(value, (5, 50, 95))
    return float(centre), float(high - low) or float(value.std()) or max(abs(float(centre)), 1e-9)
