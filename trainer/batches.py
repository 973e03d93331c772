"""Synthetic series through the daemon's own quantizer into training batches."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import BoolArray, CodeArray
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from trainer.synthetic import SyntheticSeries, generate


@dataclass(frozen=True)
class TrainingBatch:
    """codes (n, length, channels); label (n, length); valid (n, length) false where PAD."""

    codes: CodeArray
    label: BoolArray
    valid: BoolArray


@dataclass(frozen=True)
class BatchPlan:
    """How many windows a step sees and where they come from."""

    series: int = 16
    windows_per_series: int = 6
    points: int = 896
    anomaly_rate: float = 0.8
    anomalous_share: float = 0.3
    """Share of windows that end inside or shortly after an anomaly, where there is one."""
    short_share: float = 0.1
    """Share of windows cut to a cold start's length."""


def make_batch(spec: WindowSpec, plan: BatchPlan, seed: int, step: int) -> TrainingBatch:
    """The batch of one step; the same (seed, step) always gives the same batch."""
    rng = np.random.default_rng((seed, step))
    made = [generate(rng, plan.points, plan.anomaly_rate) for _ in range(plan.series)]
    codes = quantize(spec, made)
    windows = [_cut(rng, spec, plan, codes[i], s.label) for i, s in enumerate(made) for _ in _times(plan)]
    window_codes = np.stack([w[0] for w in windows])
    label = np.stack([w[1] for w in windows])
    valid = window_codes.any(axis=2)
    return TrainingBatch(window_codes, label, valid)


def quantize(spec: WindowSpec, series: list[SyntheticSeries]) -> CodeArray:
    """Codes (series, points, channels) as the daemon would have made them."""
    quantizer = Quantizer(spec)
    quantizer.table.resize(len(series))
    slots = np.arange(len(series))
    ts = np.stack([s.ts for s in series])
    values = np.stack([s.values for s in series])
    steps = [quantizer.update(slots, ts[:, t], values[:, t]) for t in range(ts.shape[1])]
    return np.stack(steps, axis=1)


def _times(plan: BatchPlan) -> range:
    return range(plan.windows_per_series)


def _cut(
    rng: np.random.Generator, spec: WindowSpec, plan: BatchPlan, codes: CodeArray, label: BoolArray
) -> tuple[CodeArray, BoolArray]:
    end = _window_end(rng, spec, plan, label)
    length = spec.length
    if rng.random() < plan.short_share:
        length = int(rng.integers(spec.min_points, spec.length))
    start = max(0, end - length)
    out = np.full((spec.length, len(CHANNELS)), PAD, np.uint8)
    out_label = np.zeros(spec.length, np.bool_)
    out[spec.length - (end - start) :] = codes[start:end]
    out_label[spec.length - (end - start) :] = label[start:end]
    return out, out_label


def _window_end(rng: np.random.Generator, spec: WindowSpec, plan: BatchPlan, label: BoolArray) -> int:
    anomalous = np.flatnonzero(label)
    if len(anomalous) and rng.random() < plan.anomalous_share:
        return int(min(rng.choice(anomalous) + 1 + rng.integers(0, spec.patch), len(label)))
    return int(rng.integers(spec.min_points, len(label) + 1))
