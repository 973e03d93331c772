"""T-SMOTE on windows of codes: early windows of anomalies, mixed with their temporal neighbours.

What is mixed are codes: bins are uniform, so their means are bins again. A code that is no bin (absent
value, gap) cannot be mixed; there the parent that weighs more counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from spear_stream.core.records import BoolArray, CodeArray, Float64Array, IndexArray
from spear_stream.core.spec import PAD, WindowSpec
from trainer.cutting import TrainingBatch, cut_window, stacked
from trainer.datasets.series import runs
from trainer.synthetic import SyntheticSeries
from trainer.tsmote import Features, Scorer, TSmotePlan, kept_leads, sample, spy_threshold, synthesize

NEGATIVES = 3
"""Negative windows for every event, to train the scorer on."""
PER_EVENT = 8
"""Synthetic windows for every event, to sample from."""
FEWEST_EVENTS = 8


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
    codes: CodeArray,
) -> Pool | None:
    """Early and synthetic windows of the anomalies in `made`; codes (series, points, channels).

    None where there are too few anomalies, or where no window before an event scores above the spies.
    """
    events = _events(spec, plan, made)
    if len(events) < FEWEST_EVENTS:
        return None
    leads = [
        _cut(spec, made, codes, [(row, end - lead) for row, end in events]) for lead in range(plan.leads)
    ]
    quiet = _quiet(rng, spec, made, NEGATIVES * len(events))
    if len(quiet) < FEWEST_EVENTS:
        return None
    negative = _cut(spec, made, codes, quiet)
    scorer, threshold = spy_threshold(
        rng, features(leads[0].codes), features(negative.codes), plan.spies, fit_logistic
    )
    scores = np.stack([scorer(features(lead.codes)) for lead in leads], axis=1)
    kept = kept_leads(scores, threshold)
    if kept < 2:
        return None
    scores = scores[:, :kept]
    pairs = synthesize(rng, scores, PER_EVENT * len(events))
    near, far = (_pick(leads, pairs.event, pairs.lead + step) for step in (0, 1))
    mixed = mix(spec, near, far, pairs.alpha)
    early = TrainingBatch.joined([_as_positive(lead) for lead in leads[:kept]])
    return Pool(
        TrainingBatch.joined([early, mixed]), np.concatenate([scores.T.ravel(), pairs.score]), threshold
    )


def mix(spec: WindowSpec, near: TrainingBatch, far: TrainingBatch, alpha: Float64Array) -> TrainingBatch:
    """Alpha (n,) parts of `near` and 1 - alpha of `far`, both (n, ...): the newest point is an anomaly.

    Labels are those of the parent that weighs more, and count where both parents agree.
    """
    weight = alpha[:, None, None]
    mean = np.rint(weight * near.codes + (1 - weight) * far.codes).astype(np.uint8)
    is_bin = [(parent.codes != PAD) & (parent.codes <= spec.bins) for parent in (near, far)]
    heavier = alpha >= 0.5
    codes = np.where(is_bin[0] & is_bin[1], mean, np.where(heavier[:, None, None], near.codes, far.codes))
    label, kind = (
        np.where(heavier[:, None], getattr(near, name), getattr(far, name)) for name in ("label", "kind")
    )
    agree = near.counts & far.counts & (near.label == far.label)
    return _as_positive(TrainingBatch(codes, label, agree, kind))


def features(codes: CodeArray) -> Features:
    """(n, length, channels) to (n, length * channels), about 0 to 1."""
    return np.asarray(codes.reshape(len(codes), -1) / np.float32(255))


def fit_logistic(windows: Features, positive: BoolArray) -> Scorer:
    """The probabilistic scorer: logistic regression, classes weighted alike."""
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=200).fit(windows, positive)
    return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])


def _events(spec: WindowSpec, plan: TSmotePlan, made: Sequence[SyntheticSeries]) -> list[tuple[int, int]]:
    """Series and end of the window that ends at the event: the last point of an anomaly's onset."""
    return [
        (row, last + 1)
        for row, series in enumerate(made)
        for _, last in runs(series.label)
        if last + 1 - plan.leads >= spec.min_points
    ]


def _quiet(
    rng: np.random.Generator, spec: WindowSpec, made: Sequence[SyntheticSeries], count: int
) -> list[tuple[int, int]]:
    """Ends of windows at points that are known to be normal; fewer where there are hardly any."""
    found: list[tuple[int, int]] = []
    for _ in range(20 * count):
        if len(found) == count:
            break
        row = int(rng.integers(len(made)))
        end = int(rng.integers(spec.min_points, made[row].points + 1))
        if not (made[row].label[end - 1] or made[row].unclear[end - 1]):
            found.append((row, end))
    return found


def _cut(
    spec: WindowSpec, made: Sequence[SyntheticSeries], codes: CodeArray, ends: Sequence[tuple[int, int]]
) -> TrainingBatch:
    return stacked([cut_window(spec, codes[row], made[row], end, spec.length) for row, end in ends])


def _pick(leads: Sequence[TrainingBatch], event: IndexArray, lead: IndexArray) -> TrainingBatch:
    everything = TrainingBatch.joined(leads)
    return everything.rows(lead * len(leads[0].codes) + event)


def _as_positive(windows: TrainingBatch) -> TrainingBatch:
    """Early windows of an event are positive: that is what the method is for."""
    label, counts, kind = windows.label.copy(), windows.counts.copy(), windows.kind.copy()
    label[:, -1] = counts[:, -1] = True
    kind[:, -1] = np.maximum(kind[:, -1], kind.max(axis=1))
    return TrainingBatch(windows.codes, label, counts, kind)
