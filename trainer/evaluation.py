"""Honest evaluation: range-based quality first, no point adjustment, nothing that was trained on."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries, Span
from trainer.metrics.bootstrap import bootstrap_intervals
from trainer.metrics.events import EventCounts, count_events
from trainer.metrics.figures import Figures, corpus_figures
from trainer.metrics.nab import PROFILES, sweep
from trainer.metrics.point import point_figures
from trainer.metrics.range_based import buffer_length, vus_pr
from trainer.metrics.report import Estimate, Report, SeriesReport


def evaluate(
    corpus: Sequence[LabelledSeries],
    scores: Mapping[str, Float64Array],
    alerts: Mapping[str, Sequence[Span]] | None = None,
    *,
    detections: Mapping[str, Float64Array] | None = None,
    trained_on: Collection[str] = (),
) -> Report:
    """Figures of final scores and alerts, per series and for the corpus.

    scores: by series name, one finite number per point, higher is more anomalous, after whatever
    post-processing all compared detectors share. alerts: by series name, first and last millisecond, made
    with a threshold that was chosen without these labels; without them there are no event figures.
    detections: what the NAB profiles go by where it is not `scores`, such as scores without repeats.
    trained_on: names of series or fingerprints of their values, as a checkpoint's manifest lists them.
    Raises ConfigError when a series was trained on, InputError when scores do not fit the corpus.
    """
    check_corpus(corpus, trained_on)
    detections = scores if detections is None else detections
    for given in (scores, detections):
        _check_scores(corpus, given)
    events = (
        None if alerts is None else [count_events(series, alerts.get(series.name, ())) for series in corpus]
    )
    reports = tuple(
        _series_report(series, scores[series.name], events[row] if events else None)
        for row, series in enumerate(corpus)
    )
    prepared = sweep(corpus, detections)
    return Report(
        series=reports,
        figures=dict(chain.from_iterable(map(_estimates, corpus_figures(reports, prepared)))),
        nab_thresholds={profile.name: prepared.best(profile).threshold for profile in PROFILES},
        without_anomalies=sum(not report.windows for report in reports),
    )


def refuse_trained(corpus: Sequence[LabelledSeries], trained_on: Collection[str]) -> None:
    """Raise ConfigError when a series is on the list by its name or by a fingerprint of its values."""
    listed = set(trained_on)
    if seen := [series.name for series in corpus if listed & {series.name, *series.fingerprints}]:
        raise ConfigError(
            f"{len(seen)} series were trained on, the first is {seen[0]} (its name, or the SHA-256 of its "
            "values or of the first of them, is in the training list of the checkpoint): leave them out of "
            "the evaluation data"
        )


def check_corpus(corpus: Sequence[LabelledSeries], trained_on: Collection[str] = ()) -> None:
    """Raise InputError for data that cannot be evaluated, ConfigError for data that was trained on."""
    refuse_trained(corpus, trained_on)
    if not corpus:
        raise InputError("the evaluation data has no series")
    name, count = Counter(series.name for series in corpus).most_common(1)[0]
    if count > 1:
        raise InputError(f"the evaluation data has {count} series named {name}; rename all but one")
    for series in corpus:
        if len(series) == series.probation:
            raise InputError(f"series {series.name}: no point is left to score behind the probation")


def _check_scores(corpus: Sequence[LabelledSeries], scores: Mapping[str, Float64Array]) -> None:
    for series in corpus:
        score = scores.get(series.name)
        if score is None or len(score) != len(series) or not np.isfinite(score).all():
            raise InputError(f"series {series.name}: expected {len(series)} finite scores, one per point")


def _series_report(series: LabelledSeries, score: Float64Array, events: EventCounts | None) -> SeriesReport:
    label, score = series.label[series.probation :], score[series.probation :]
    point = point_figures(label, score)
    buffer = buffer_length(series.own)
    return SeriesReport(
        name=series.name,
        points=len(label),
        windows=len(series.scored_windows),
        buffer=buffer,
        vus_pr=vus_pr(label, score, buffer),
        auc_pr=point.auc_pr,
        prevalence=point.prevalence,
        auc_roc=point.auc_roc,
        events=events,
        group=series.drawn_with,
    )


def _estimates(figures: Figures) -> Iterator[tuple[str, Estimate]]:
    values = figures.of(figures.everyone).tolist()
    intervals = bootstrap_intervals(figures.of, figures.groups).tolist()
    series, groups = len(figures.groups), len(set(figures.groups))
    for name, value, (low, high) in zip(figures.names, values, intervals, strict=True):
        yield name, Estimate(value, low, high, series, groups)
