"""Corpus figures as functions of the series that are drawn, which is what a bootstrap needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from spear_stream.core.records import Float64Array, IndexArray
from trainer.metrics.events import EventCounts, pool
from trainer.metrics.nab import PROFILES, Sweep
from trainer.metrics.report import SeriesReport

MEAN_FIGURES = ("vus_pr", "auc_pr", "prevalence", "auc_roc")
EVENT_FIGURES: Mapping[str, Callable[[EventCounts], float]] = {
    "event_f1": attrgetter("f1"),
    "event_precision": attrgetter("precision"),
    "event_recall": attrgetter("recall"),
    "false_alarms_per_series_day": attrgetter("false_alarms_per_day"),
    "share_of_points_in_alert": attrgetter("share_in_alert"),
    "median_delay_seconds": attrgetter("median_delay_seconds"),
    "median_delay_share_of_window": attrgetter("median_delay_share"),
    "median_delay_after_moment": attrgetter("median_delay_after_moment"),
}
LOWER_IS_BETTER = frozenset(
    {
        "false_alarms_per_series_day",
        "share_of_points_in_alert",
        "median_delay_seconds",
        "median_delay_share_of_window",
        "median_delay_after_moment",
    }
)


@dataclass(frozen=True, eq=False)
class Figures:
    """One or more figures that rest on the same series."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    """Of the series that they rest on, one each."""
    of: Callable[[IndexArray], Float64Array]
    """Indices of these series, some of them repeated, to the figures (names,)."""

    @property
    def everyone(self) -> IndexArray:
        return np.arange(len(self.groups))


def corpus_figures(reports: Sequence[SeriesReport], prepared: Sweep) -> list[Figures]:
    """All figures of a detector on a corpus, the most telling first; without alerts no event figures."""
    means = [_mean_of(name, reports) for name in MEAN_FIGURES]
    groups = tuple(report.group for report in reports)
    return [*means, _nab(prepared, groups), *_pooled(reports)]


def _mean_of(name: str, reports: Sequence[SeriesReport]) -> Figures:
    """The mean over the series that have anomalies."""
    found = {
        row: value
        for row, report in enumerate(reports)
        if report.windows and np.isfinite(value := getattr(report, name))
    }
    values = np.array(list(found.values()))

    def of(draw: IndexArray) -> Float64Array:
        return values[draw].mean(keepdims=True) if len(draw) else np.array([np.nan])

    return Figures((name,), tuple(reports[row].group for row in found), of)


def _nab(prepared: Sweep, groups: tuple[str, ...]) -> Figures:
    def of(draw: IndexArray) -> Float64Array:
        copies = np.bincount(draw, minlength=len(groups))
        return np.array([prepared.best(profile, copies).score for profile in PROFILES])

    return Figures(tuple(f"nab_{profile.name}" for profile in PROFILES), groups, of)


def _pooled(reports: Sequence[SeriesReport]) -> Iterator[Figures]:
    """Figures of the pooled events of all series."""
    events = [report.events for report in reports if report.events is not None]
    if not events:
        return

    def of(draw: IndexArray) -> Float64Array:
        pooled = pool([events[row] for row in draw])
        return np.array([figure(pooled) for figure in EVENT_FIGURES.values()])

    groups = tuple(report.group for report in reports if report.events is not None)
    yield Figures(tuple(EVENT_FIGURES), groups, of)
