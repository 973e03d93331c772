"""Alerts against labelled windows, event by event, in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from spear_stream.core.records import BoolArray
from trainer.datasets.series import LabelledSeries, Span, mark

MS_PER_SECOND = 1000
SUMS = ("windows", "detected", "alerts", "false_alarms", "days", "points", "points_in_alert")


@dataclass(frozen=True)
class EventCounts:
    """Alerts of one series, or the sum over several.

    One alert that never ends overlaps every window: read precision and recall together with
    `points_in_alert`, which is near the prevalence of anomalies for an honest detector.
    """

    windows: int
    detected: int
    """Windows that some alert overlaps."""
    alerts: int
    """Alerts behind the probation."""
    false_alarms: int
    """Alerts that overlap no window."""
    days: float
    """Scored time."""
    points: int
    """Scored points."""
    points_in_alert: int
    delays_seconds: tuple[float, ...]
    """For each detected window, from its start to its first point under alert."""
    delays_share: tuple[float, ...]
    """The same as a share of the window's duration, 0 to 1."""
    delays_after_moment: tuple[float, ...] = ()
    """As a share of the window, from the moment in it at which the anomaly begins, 0 where an alert came
    before it; of detected windows in which such a moment is known."""

    @property
    def precision(self) -> float:
        """Share of alerts that overlap a window; nan without alerts."""
        return _ratio(self.alerts - self.false_alarms, self.alerts)

    @property
    def recall(self) -> float:
        """Share of windows that an alert overlaps; nan without windows."""
        return _ratio(self.detected, self.windows)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 when nothing is detected; nan without windows."""
        if not self.windows:
            return np.nan
        if not self.detected:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def false_alarms_per_day(self) -> float:
        """False alarms per series-day; nan without scored time."""
        return _ratio(self.false_alarms, self.days)

    @property
    def share_in_alert(self) -> float:
        """Share of the scored points under alert."""
        return _ratio(self.points_in_alert, self.points)

    @property
    def median_delay_seconds(self) -> float:
        """Undefined (nan) when nothing is detected."""
        return float(np.median(self.delays_seconds)) if self.delays_seconds else np.nan

    @property
    def median_delay_share(self) -> float:
        """Undefined (nan) when nothing is detected."""
        return float(np.median(self.delays_share)) if self.delays_share else np.nan

    @property
    def median_delay_after_moment(self) -> float:
        """Undefined (nan) when nothing is detected, or no moments are known."""
        return float(np.median(self.delays_after_moment)) if self.delays_after_moment else np.nan


def pool(counts: Sequence[EventCounts]) -> EventCounts:
    """Sum over series; delays are collected."""
    return EventCounts(
        **{name: sum(getattr(count, name) for count in counts) for name in SUMS},
        delays_seconds=tuple(chain.from_iterable(count.delays_seconds for count in counts)),
        delays_share=tuple(chain.from_iterable(count.delays_share for count in counts)),
        delays_after_moment=tuple(chain.from_iterable(count.delays_after_moment for count in counts)),
    )


def count_events(series: LabelledSeries, alerts: Sequence[Span]) -> EventCounts:
    """Compare alerts (first and last millisecond, inclusive) with the windows of one series.

    Alerts count from the end of the probation on; windows as far as they lie behind it.
    """
    spans = alert_rows(series, alerts)
    under_alert = mark(len(series), spans)
    found = [
        (window, at) for window in series.scored_windows if (at := _found(under_alert, window)) is not None
    ]
    return EventCounts(
        windows=len(series.scored_windows),
        detected=len(found),
        alerts=len(spans),
        false_alarms=sum(not series.label[start : end + 1].any() for start, end in spans),
        days=series.scored_days,
        points=len(series) - series.probation,
        points_in_alert=int(under_alert.sum()),
        delays_seconds=tuple(_waited(series, start, at) / MS_PER_SECOND for (start, _), at in found),
        delays_share=tuple(_share(series, window, window[0], at) for window, at in found),
        delays_after_moment=tuple(
            _share(series, window, moment, at)
            for window, at in found
            if (moment := _moment(series, window)) is not None
        ),
    )


def alert_rows(series: LabelledSeries, alerts: Sequence[Span]) -> list[Span]:
    """Index ranges of the scored points under each alert, without alerts that have none."""
    times = np.array(alerts, dtype=np.int64).reshape(-1, 2)
    first = np.maximum(np.searchsorted(series.clock, times[:, 0], side="left"), series.probation)
    last = np.searchsorted(series.clock, times[:, 1], side="right") - 1
    return [(start, end) for start, end in zip(first.tolist(), last.tolist(), strict=True) if start <= end]


def _found(under_alert: BoolArray, window: Span) -> int | None:
    """The first point of the window under alert; None when it has none."""
    start, end = window
    found = np.flatnonzero(under_alert[start : end + 1])
    return start + int(found[0]) if len(found) else None


def _moment(series: LabelledSeries, window: Span) -> int | None:
    """The first known beginning of an anomaly in the window."""
    return next((moment for moment in series.moments if window[0] <= moment <= window[1]), None)


def _share(series: LabelledSeries, window: Span, since: int, at: int) -> float:
    duration = _waited(series, *window)
    return max(_waited(series, since, at), 0.0) / duration if duration else 0.0


def _waited(series: LabelledSeries, since: int, until: int) -> float:
    """Milliseconds from one point to another."""
    return float(series.clock[until] - series.clock[since])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
