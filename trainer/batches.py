"""Synthetic series through the daemon's own quantizer into training batches."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import BoolArray, CodeArray, IndexArray
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.core.unit_quantizer import make_quantizer
from trainer.synthetic import SyntheticSeries, generate

CHUNK = 16
"""Steps whose series are made together: the quantizer costs the same for 16 series as for 256."""
FEWEST_POINTS = 64
"""A series needs a past before something in it can be unusual."""


@dataclass(frozen=True)
class TrainingBatch:
    """codes (n, length, channels); label (n, length); counts (n, length) false where no label applies."""

    codes: CodeArray
    label: BoolArray
    counts: BoolArray


@dataclass(frozen=True)
class BatchPlan:
    """How many windows a step sees and where they come from."""

    series: int = 16
    windows_per_series: int = 6
    points: int = 2016
    """Points per series: long enough that slow scales and seasons are known, as they are in production."""
    anomaly_rate: float = 0.8
    anomalous_share: float = 0.3
    """Share of windows that end inside or shortly after an anomaly, where there is one."""
    short_share: float = 0.1
    """Share of windows cut to a cold start's length."""

    def __post_init__(self) -> None:
        if min(self.series, self.windows_per_series) < 1 or self.points < FEWEST_POINTS:
            raise ConfigError(f"counts must be at least 1 and points at least {FEWEST_POINTS}: {self}")
        if not all(0 <= share <= 1 for share in (self.anomaly_rate, self.anomalous_share, self.short_share)):
            raise ConfigError(f"rates and shares must be 0 to 1: {self}")


def make_batch(spec: WindowSpec, plan: BatchPlan, seed: int, step: int) -> TrainingBatch:
    """The batch of one step; the same (seed, step) always gives the same batch."""
    made, codes = _chunk(spec, plan, seed, step // CHUNK)
    rng = np.random.default_rng((seed, step))
    first = (step % CHUNK) * plan.series
    windows = [
        _cut(rng, spec, plan, codes[i], made[i])
        for i in range(first, first + plan.series)
        for _ in range(plan.windows_per_series)
    ]
    window_codes, label, counts = (np.stack(column) for column in zip(*windows, strict=True))
    return TrainingBatch(window_codes, label, counts)


def quantize(spec: WindowSpec, series: list[SyntheticSeries]) -> CodeArray:
    """Codes (series, points, channels) as the daemon would have made them."""
    quantizer = make_quantizer(spec)
    quantizer.table.resize(len(series))
    slots = np.arange(len(series))
    ts = np.stack([s.ts for s in series])
    values = np.stack([s.values for s in series])
    steps = [quantizer.update(slots, ts[:, t], values[:, t]) for t in range(ts.shape[1])]
    return np.stack(steps, axis=1)


@lru_cache(maxsize=2)
def _chunk(
    spec: WindowSpec, plan: BatchPlan, seed: int, index: int
) -> tuple[list[SyntheticSeries], CodeArray]:
    rng = np.random.default_rng((seed, index, CHUNK))
    made = [generate(rng, plan.points, plan.anomaly_rate) for _ in range(CHUNK * plan.series)]
    return made, quantize(spec, made)


def _cut(
    rng: np.random.Generator, spec: WindowSpec, plan: BatchPlan, codes: CodeArray, made: SyntheticSeries
) -> tuple[CodeArray, BoolArray, BoolArray]:
    end = _window_end(rng, spec, plan, np.flatnonzero(made.label), len(codes))
    length = spec.length
    if rng.random() < plan.short_share:
        length = int(rng.integers(spec.min_points, spec.length))
    start = max(0, end - length)
    into = slice(spec.length - (end - start), None)
    out = np.full((spec.length, len(CHANNELS)), PAD, np.uint8)
    label = np.zeros(spec.length, np.bool_)
    counts = np.zeros(spec.length, np.bool_)
    out[into] = codes[start:end]
    label[into] = made.label[start:end]
    counts[into] = ~made.unclear[start:end]
    return out, label, counts


def _window_end(
    rng: np.random.Generator, spec: WindowSpec, plan: BatchPlan, anomalous: IndexArray, points: int
) -> int:
    if len(anomalous) and rng.random() < plan.anomalous_share:
        return int(min(rng.choice(anomalous) + 1 + rng.integers(0, spec.patch), points))
    return int(rng.integers(spec.min_points, points + 1))
