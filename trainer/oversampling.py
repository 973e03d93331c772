"""T-SMOTE on windows of codes: early windows of anomalies, mixed with their temporal neighbours.

What is mixed are codes: bins are uniform, so their means are bins again. A code that is no bin (absent
value, gap) cannot be mixed; there the parent that weighs more counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from spear_stream.core.records import BoolArray, CodeArray, Float64Array
from spear_stream.core.spec import PAD, WindowSpec
from trainer.cutting import Cutter, Ends, TrainingBatch
from trainer.datasets.series import runs
from trainer.synthetic import SyntheticSeries
from trainer.tsmote import Features, Scorer, TSmotePlan, kept_leads, sample, spy_threshold, synthesize

NEGATIVES = 3
"""Negative windows for every event, to train the scorer on."""
PER_EVENT = 8
"""Synthetic windows for every event, to sample from."""
FEWEST_EVENTS = 8
SPANS = (8, 24, 48, 128)
"""Newest points that the scorer's features look at."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Windows to sample from and what they weigh; threshold is the spies'."""

    windows: TrainingBatch
    score: Float64Array
    threshold: float

    def draw(self, rng: np.random.Generator, count: int) -> TrainingBatch:
        return self.windows.rows(sample(rng, self.score, self.threshold, count))


def make_pool(
    rng: np.random.Generator,
    spec: WindowSpec,
    plan: TSmotePlan,
    made: Sequence[SyntheticSeries],
    cutter: Cutter,
) -> Pool | None:
    """Early and synthetic windows of the anomalies in `made`; cutter: of the same series.

    None where there are too few anomalies, or where no window before an event scores above the spies.
    """
    row, end = _events(spec, plan, made)
    quiet = _quiet(rng, spec, made, NEGATIVES * len(row))
    if min(len(row), len(quiet[0])) < FEWEST_EVENTS:
        return None
    leads = [cutter.cut(row, end - lead) for lead in range(plan.leads)]
    positive, negative = (features(spec, one.codes) for one in (leads[0], cutter.cut(*quiet)))
    scorer, threshold = spy_threshold(rng, positive, negative, plan.spies, fit_trees, plan.spy_quantile)
    scores = np.stack([scorer(features(spec, lead.codes)) for lead in leads], axis=1)
    kept = kept_leads(scores, threshold)
    if kept < 2:
        return None
    scores = scores[:, :kept]
    pairs = synthesize(rng, scores, PER_EVENT * len(row))
    near, far = (cutter.cut(row[pairs.event], end[pairs.event] - pairs.lead - step) for step in (0, 1))
    early = [_as_positive(lead) for lead in leads[:kept]]
    windows = TrainingBatch.joined([*early, mix(spec, near, far, pairs.alpha)])
    return Pool(windows, np.concatenate([scores.T.ravel(), pairs.score]), threshold)


def mix(spec: WindowSpec, near: TrainingBatch, far: TrainingBatch, alpha: Float64Array) -> TrainingBatch:
    """Alpha (n,) parts of `near` and 1 - alpha of `far`, both (n, ...): the newest point is an anomaly.

    Labels are those of the parent that weighs more, and count where both parents agree.
    """
    weight = alpha[:, None, None]
    mean = np.rint(weight * near.codes + (1 - weight) * far.codes).astype(np.uint8)
    is_bin = [(parent.codes != PAD) & (parent.codes <= spec.bins) for parent in (near, far)]
    heavier = alpha >= 0.5
    codes = np.where(is_bin[0] & is_bin[1], mean, np.where(heavier[:, None, None], near.codes, far.codes))
    label = np.where(heavier[:, None], near.label, far.label)
    agree = near.counts & far.counts & (near.label == far.label)
    return _as_positive(TrainingBatch(codes, label, agree))


def features(spec: WindowSpec, codes: CodeArray) -> Features:
    """What a scorer can tell an anomaly by: (n, length, channels) to (n, features).

    Distances from the middle bin over the newest points and ever longer pasts: mean, size, spread, roughness.
    """
    middle = (spec.bins + 1) / 2
    distance = np.where(codes == PAD, 0, (codes.astype(np.float32) - middle) / middle)
    columns = []
    for newest in SPANS:
        part = distance[:, -newest:]
        size = np.abs(part)
        rough = np.abs(np.diff(part, axis=1)).mean(axis=1)
        columns += [part.mean(axis=1), size.mean(axis=1), size.max(axis=1), part.std(axis=1), rough]
    return np.concatenate(columns, axis=1).astype(np.float32)


def fit_trees(windows: Features, positive: BoolArray) -> Scorer:
    """The probabilistic scorer: boosted trees. On codes a linear model ranks little better than chance."""
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, early_stopping=False, random_state=0
    ).fit(windows, positive)
    return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])


def _events(spec: WindowSpec, plan: TSmotePlan, made: Sequence[SyntheticSeries]) -> Ends:
    """The window that ends at the event: with the last point of an anomaly's onset."""
    found = [(row, last + 1) for row, series in enumerate(made) for _, last in runs(series.label)]
    row, end = np.array(found, dtype=np.intp).reshape(-1, 2).T
    late = end - plan.leads >= spec.min_points
    return row[late], end[late]


def _quiet(rng: np.random.Generator, spec: WindowSpec, made: Sequence[SyntheticSeries], count: int) -> Ends:
    """Ends of windows at points that are known to be normal; fewer where there are hardly any."""
    row = rng.integers(len(made), size=2 * count)
    points = np.array([series.points for series in made])
    end = rng.integers(np.minimum(spec.min_points, points[row]), points[row] + 1)
    normal = np.array(
        [not (made[r].label[e - 1] or made[r].unclear[e - 1]) for r, e in zip(row, end, strict=True)],
        np.bool_,
    )
    return row[normal][:count], end[normal][:count]


def _as_positive(windows: TrainingBatch) -> TrainingBatch:
    """Early windows of an event are positive: that is what the method is for."""
    label, counts = windows.label.copy(), windows.counts.copy()
    label[:, -1] = counts[:, -1] = True
    return TrainingBatch(windows.codes, label, counts)
