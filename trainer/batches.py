"""Synthetic series through the daemon's own quantizer into training batches."""

import logging
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError
from spear_stream.core.records import CodeArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.unit_quantizer import make_quantizer
from trainer.cutting import Cutter, TrainingBatch
from trainer.oversampling import Pool, make_pool
from trainer.real import RealSeries
from trainer.recipe import EVERYTHING, Recipe
from trainer.synthetic import SyntheticSeries, generate, padded
from trainer.tsmote import TSmotePlan

__all__ = ["BatchPlan", "ChunkMaker", "TrainingBatch", "make_batch", "quantize"]

_log = logging.getLogger(__name__)

CHUNK = 16
"""Steps whose series are made together: the quantizer costs the same for 16 series as for 256."""
FEWEST_POINTS = 64
"""A series needs a past before something in it can be unusual."""
YOUNG_POINTS = (FEWEST_POINTS, 512)
"""Fewest and most points of a young series, shorter ones more often."""


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
    young_share: float = 0.15
    """Share of series at the start of their life: YOUNG_POINTS, with anomalies behind the first quarter."""
    normals: tuple[str, ...] = EVERYTHING.normals
    """Kinds of normal behaviour, or `all`."""
    anomalies: tuple[str, ...] = EVERYTHING.anomalies
    """Types of anomalies, or `all`."""
    irregular_share: float = EVERYTHING.irregular_share
    """Share of generated series with irregular times or missing points."""
    inexact_share: float = EVERYTHING.inexact_share
    """Share of generated series whose seasons come sooner or later each round, by some intervals."""
    means_share: float = EVERYTHING.means_share
    """Share of generated series whose points are means of 2, 4 or 8, as the daemon watches a second time."""
    real_share: float = 0.5
    """Share of series that are stretches of real ones, where there is data to train on."""
    tsmote_share: float = 0.0
    """Windows made by T-SMOTE for every other window; 0 is off."""
    tsmote_spies: float = TSmotePlan.spies
    tsmote_leads: int = TSmotePlan.leads
    tsmote_spy_quantile: float = TSmotePlan.spy_quantile

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            normals=self.normals,
            anomalies=self.anomalies,
            irregular_share=self.irregular_share,
            inexact_share=self.inexact_share,
            means_share=self.means_share,
        )

    @property
    def tsmote(self) -> TSmotePlan:
        return TSmotePlan(self.tsmote_share, self.tsmote_spies, self.tsmote_leads, self.tsmote_spy_quantile)

    def __post_init__(self) -> None:
        _ = self.recipe  # it checks its part, as the next one does
        try:
            _ = self.tsmote
        except ConfigError as error:
            raise ConfigError(f"tsmote_{error}") from None
        check_numbers(self, "series", "windows_per_series", least=1)
        check_numbers(self, "points", least=FEWEST_POINTS)
        shares = ("anomaly_rate", "anomalous_share", "young_share", "real_share")
        check_numbers(self, *shares, least=0, most=1)


def make_batch(
    spec: WindowSpec, plan: BatchPlan, seed: int, step: int, real: RealSeries | None = None
) -> TrainingBatch:
    """The batch of one step; the same (seed, step) and data always give the same batch.

    real: series to draw `real_share` of the batch from. Windows of T-SMOTE come last.
    """
    made, cutter = _chunk(spec, plan, seed, step // CHUNK, real)
    rng = np.random.default_rng((seed, step))
    first = (step % CHUNK) * plan.series
    row = np.repeat(np.arange(first, first + plan.series), plan.windows_per_series)
    end = [_window_end(rng, spec, plan, made[i]) for i in row]
    batch = cutter.cut(row, np.array(end))
    if not plan.tsmote_share:
        return batch
    pool = _pool(spec, plan, seed, step // CHUNK, real)
    if pool is None:
        return batch
    drawn = pool.draw(np.random.default_rng((seed, step, CHUNK)), round(plan.tsmote_share * len(batch)))
    return TrainingBatch.joined([batch, drawn])


@dataclass(frozen=True)
class ChunkMaker:
    """Makes the batches of CHUNK steps, whose series are made together."""

    spec: WindowSpec
    plan: BatchPlan
    seed: int
    real: RealSeries | None

    def __call__(self, number: int) -> list[TrainingBatch]:
        steps = range(number * CHUNK, (number + 1) * CHUNK)
        return [make_batch(self.spec, self.plan, self.seed, step, self.real) for step in steps]


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
    spec: WindowSpec, plan: BatchPlan, seed: int, index: int, real: RealSeries | None
) -> tuple[list[SyntheticSeries], Cutter]:
    rng = np.random.default_rng((seed, index, CHUNK))
    made = [_make(rng, plan, real) for _ in range(CHUNK * plan.series)]
    return made, Cutter(spec, made, quantize(spec, made))


def _make(rng: np.random.Generator, plan: BatchPlan, real: RealSeries | None) -> SyntheticSeries:
    points = plan.points
    if rng.random() < plan.young_share:
        points = min(points, int(np.exp(rng.uniform(*np.log(YOUNG_POINTS)))))
    if real is not None and rng.random() < plan.real_share:
        made = real.draw(rng, points, plan.anomaly_rate, plan.recipe)
    else:
        made = generate(rng, points, plan.anomaly_rate, plan.recipe)
    return padded(made, plan.points - len(made.values))


@lru_cache(maxsize=2)
def _pool(spec: WindowSpec, plan: BatchPlan, seed: int, index: int, real: RealSeries | None) -> Pool | None:
    rng = np.random.default_rng((seed, index, CHUNK, CHUNK))
    pool = make_pool(rng, spec, plan.tsmote, *_chunk(spec, plan, seed, index, real))
    if pool is None:
        _log.warning("T-SMOTE adds nothing for %d steps: no early window scores above the spies", CHUNK)
    return pool


def _window_end(rng: np.random.Generator, spec: WindowSpec, plan: BatchPlan, made: SyntheticSeries) -> int:
    points, anomalous = made.points, np.flatnonzero(made.label)
    if len(anomalous) and rng.random() < plan.anomalous_share:
        return int(min(rng.choice(anomalous) + 1 + rng.integers(0, spec.patch), points))
    return int(rng.integers(min(spec.min_points, points), points + 1))
