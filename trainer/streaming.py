"""A corpus through the daemon's own core, point by point, with no look-ahead."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.evidence import Evidence
from spear_stream.core.kinds import KindReader
from spear_stream.core.ports import Scorer
from spear_stream.core.records import (
    AlertEvent,
    BoolArray,
    Float32Array,
    Float64Array,
    IndexArray,
    Int64Array,
    ModelInfo,
    SampleBatch,
    StructArray,
    TopicPartition,
)
from spear_stream.core.spec import WindowSpec
from trainer.datasets.series import LabelledSeries, Span

BATCH_POINTS = 256
SOURCE = TopicPartition("evaluation", 0)


@dataclass(frozen=True, eq=False)
class Streamed:
    """What the daemon would have said, by name of series."""

    model: dict[str, Float64Array]
    """The model's probability for every point, (n,)."""
    score: dict[str, Float64Array]
    """The score that alerts go by, (n,)."""
    alerts: dict[str, list[Span]]
    """First and last millisecond of every alert."""
    events: list[AlertEvent]
    """What was published, in order."""
    windows: int
    """Windows that were scored; the other points were too young, refused or between two hops."""
    refused: Counter[str] = field(default_factory=Counter)
    """Points that the daemon would refuse too, by reason."""


class RarityAlone(Evidence):
    """For detectors whose logits mean no probability: the score is the rarity of the logit."""

    def unusual(
        self, windows: StructArray, surprise: Float64Array, probability: Float32Array
    ) -> Float64Array:
        del windows, probability
        return surprise

    def remarkable(self, windows: StructArray, score: Float64Array) -> Float64Array:
        del windows
        return score

    def lasting(self, windows: StructArray) -> Float64Array:
        return np.zeros(len(windows))


class GivenLogits:
    """A Scorer that looks up logits made elsewhere, so that every detector takes the same path; windows of
    means have none. Of several fresh points the highest counts, as in a checkpoint.

    logits: (points,) of the whole corpus, series after series; accepted: which of them are not refused, all
    when None.
    """

    def __init__(self, name: str, logits: Float64Array, accepted: BoolArray | None = None) -> None:
        self._name = name
        self._logits = logits.astype(np.float32)
        self._before: IndexArray = np.arange(len(logits)) - 1
        if accepted is not None:
            rows = np.flatnonzero(accepted)
            self._before[rows[1:]] = rows[:-1]

    def score(self, windows: StructArray) -> Float32Array:
        at, fresh = windows["offset"], windows["fresh"]
        highest = self._logits[at]
        for back in range(1, int(fresh.max(initial=1))):
            at = self._before[at]
            highest = np.where(back < fresh, np.maximum(highest, self._logits[at]), highest)
        return np.where(windows["coarse"], np.float32(np.nan), highest)

    def describe(self, prompt: int) -> ModelInfo:
        del prompt
        return ModelInfo(self._name, "")


def stream(
    corpus: Sequence[LabelledSeries],
    scorer: Scorer,
    spec: WindowSpec,
    hop: int = 1,
    report: Callable[[int], None] = lambda _: None,
    evidence: Evidence | None = None,
    kinds: KindReader | None = None,
    calm_hop: int | None = None,
) -> Streamed:
    """Run every series from scratch, all of them together, with the daemon's default alert policy.

    hop: score a series every this many points. report: told the points done so far. evidence, kinds: how
    scores are made and kinds named; the daemon's way when None. calm_hop: most points between two scores of
    a series in which nothing is new (core/gate.py); `hop` when None.
    A point without a window of its own has the score of the one before it, or 0 at the start.
    """
    settings = DetectorSettings(
        spec,
        AlertPolicy(),
        hop,
        calm_hop,
        max_future_ms=None,
        max_series=len(corpus),
        idle_ms=None,
        silent_ms=None,
    )
    detector = Detector(SOURCE, 0, settings, lambda _: 0, scorer.describe, evidence, kinds)
    points = _Points(corpus)
    model, score = np.full(points.total, np.nan), np.full(points.total, np.nan)
    events, refused = list[AlertEvent](), Counter[str]()
    for done in range(0, points.total, BATCH_POINTS):
        observed = detector.observe(points.batch(done, done + BATCH_POINTS), now_ms=0)
        windows = observed.windows
        refused.update(rejection.reason for rejection in observed.rejections)
        scored, raised = detector.judge(windows, scorer.score(windows))
        fine = ~windows["coarse"]
        at = windows["offset"][fine]
        model[at], score[at] = scored.model[fine], scored.score[fine]
        events += raised
        report(min(done + BATCH_POINTS, points.total))
    return Streamed(
        points.split(model),
        points.split(score),
        _alerts(corpus, events),
        events,
        int(np.isfinite(model).sum()),
        refused,
    )


class _Points:
    """All points of a corpus; the offset of a point is its place, series after series."""

    def __init__(self, corpus: Sequence[LabelledSeries]) -> None:
        self._names = [series.name for series in corpus]
        lengths = [len(series) for series in corpus]
        self.total = sum(lengths)
        self._ends = np.cumsum(lengths)
        self._owner = np.repeat(np.arange(len(corpus)), lengths)
        self._ts: Int64Array = np.concatenate([series.ts for series in corpus])
        self._value = np.concatenate([series.value for series in corpus])
        place = np.concatenate([np.arange(length) for length in lengths])
        self._order: IndexArray = np.lexsort((self._owner, place))

    def batch(self, start: int, end: int) -> SampleBatch:
        """Points start to end in streaming order: the first of every series, then the second, ..."""
        rows = self._order[start:end]
        names = [self._names[owner] for owner in self._owner[rows].tolist()]
        return SampleBatch(SOURCE, names, self._ts[rows], self._value[rows], rows.astype(np.int64))

    def split(self, column: Float64Array) -> dict[str, Float64Array]:
        """(points,) -> by name, with gaps filled."""
        parts = np.split(column, self._ends[:-1])
        return {name: _held(part) for name, part in zip(self._names, parts, strict=True)}


def _held(score: Float64Array) -> Float64Array:
    """Where a score is missing, the one before it; 0 before the first."""
    known = np.isfinite(score)
    last = np.maximum.accumulate(np.where(known, np.arange(len(score)), -1))
    return np.where(last >= 0, score[last], 0.0)


def _alerts(corpus: Sequence[LabelledSeries], events: Sequence[AlertEvent]) -> dict[str, list[Span]]:
    """Alerts by series; one that is still open at the end lasts until its last sign."""
    latest = {event.alert_id: event for event in events}
    alerts: dict[str, list[Span]] = {series.name: [] for series in corpus}
    for event in latest.values():
        alerts[event.series].append((event.started_at, event.last_seen_at))
    return alerts
