"""Alerts against windows: what counts as found, as false, and how late."""

import math
from dataclasses import replace

import numpy as np
import pytest

from trainer.datasets.series import MS_PER_DAY, LabelledSeries, Span, mark
from trainer.metrics.events import count_events, pool

MINUTE = 60_000


def series(*windows: Span, points: int = 1441, probation: int = 0) -> LabelledSeries:
    """One point a minute; 1441 points last a day."""
    ts = np.arange(points) * MINUTE
    return LabelledSeries("a", ts, np.zeros(points), mark(points, windows), probation, windows)


def minutes(*alerts: Span) -> list[Span]:
    return [(start * MINUTE, end * MINUTE) for start, end in alerts]


def test_overlap_finds_a_window_and_the_rest_are_false_alarms() -> None:
    counts = count_events(series((100, 199), (500, 599)), minutes((150, 160), (300, 310), (700, 700)))
    assert (counts.windows, counts.detected, counts.alerts, counts.false_alarms) == (2, 1, 3, 2)
    assert counts.recall == 1 / 2
    assert counts.precision == 1 / 3
    assert counts.f1 == pytest.approx(2 / 5)
    assert counts.false_alarms_per_day == pytest.approx(2)


def test_two_alerts_in_a_window_find_it_once_and_both_are_right() -> None:
    counts = count_events(series((100, 199)), minutes((110, 120), (150, 160)))
    assert (counts.detected, counts.precision, counts.f1) == (1, 1.0, 1.0)


def test_the_delay_runs_from_the_window_start_to_the_first_alert_in_it() -> None:
    counts = count_events(series((100, 200), (500, 600)), minutes((90, 95), (125, 300), (490, 510)))
    assert counts.delays_seconds == (25 * 60, 0.0)
    assert counts.delays_share == (0.25, 0.0)
    assert counts.median_delay_seconds == 12.5 * 60


def test_where_the_beginning_of_an_anomaly_is_known_the_delay_runs_from_there_too() -> None:
    one = replace(series((100, 200), (500, 600), (900, 999)), moments=(150, 180, 550))
    counts = count_events(one, minutes((160, 170), (510, 520), (910, 920)))
    assert counts.delays_after_moment == (0.1, 0.0)
    assert counts.median_delay_after_moment == pytest.approx(0.05)


def test_an_alert_touching_the_last_point_still_counts() -> None:
    counts = count_events(series((100, 200)), minutes((200, 400)))
    assert (counts.detected, counts.delays_share) == (1, (1.0,))


def test_an_endless_alert_shows_in_the_share_of_points() -> None:
    counts = count_events(series((100, 199)), minutes((0, 1440)))
    assert counts.f1 == 1.0
    assert counts.share_in_alert == 1.0


def test_alerts_and_windows_in_the_probation_do_not_count() -> None:
    one = series((100, 199), (500, 599), points=2881, probation=1440)
    counts = count_events(one, minutes((100, 150), (1000, 1439)))
    assert (counts.windows, counts.alerts, counts.false_alarms) == (0, 0, 0)
    assert counts.days == pytest.approx(1)


def test_an_alert_between_two_points_covers_none() -> None:
    assert count_events(series(), [(MINUTE + 1, MINUTE + 2)]).alerts == 0


def test_without_alerts_or_windows_figures_are_undefined_or_zero() -> None:
    silent = count_events(series((100, 199)), [])
    assert (silent.recall, silent.f1, silent.false_alarms_per_day) == (0.0, 0.0, 0.0)
    assert math.isnan(silent.precision)
    assert math.isnan(silent.median_delay_seconds)
    assert math.isnan(silent.median_delay_after_moment)
    assert math.isnan(count_events(series(), []).f1)


def test_pooled_counts_are_those_of_all_series() -> None:
    one = count_events(series((100, 200)), minutes((150, 160)))
    two = count_events(series((100, 200)), minutes((300, 310)))
    both = pool([one, two])
    assert (both.windows, both.detected, both.alerts, both.false_alarms) == (2, 1, 2, 1)
    assert both.days == 2
    assert both.delays_share == (0.5,)


def test_times_that_go_back_keep_alerts_where_they_were() -> None:
    ts = np.array([0, 1, 2, 1, 2, 3, 4]) * MS_PER_DAY
    one = LabelledSeries("a", ts, np.zeros(7), mark(7, [(5, 5)]), 0, ((5, 5),))
    counts = count_events(one, [(3 * MS_PER_DAY, 3 * MS_PER_DAY)])
    assert (counts.detected, counts.false_alarms, counts.points_in_alert, counts.days) == (1, 0, 1, 4)
