"""When an alert opens, is updated and closes; tests/property/test_alerts_property.py has the invariants."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streams import METRICS, MINUTE, SETTINGS, SPEC, START, batch, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.alerts import ESCALATION, AlertBook
from spear_stream.core.departure import CLOSE_SCORES
from spear_stream.core.errors import ConfigError
from spear_stream.core.identity import alert_id
from spear_stream.core.records import AlertEvent, ModelInfo, Position

POLICY = AlertPolicy(
    open_score=0.5,
    close_score=0.25,
    cooldown_ms=10 * MINUTE,
    update_ms=60 * MINUTE,
    warning_score=0.6,
    critical_score=0.8,
)
END = [0.0] * CLOSE_SCORES


def events_of(
    scores: Sequence[float], policy: AlertPolicy = POLICY, **window: Any
) -> list[tuple[int, AlertEvent]]:
    """(point, event) of one series with a point a minute."""
    book = AlertBook(METRICS, SPEC, policy, 1, lambda _: "cpu", lambda prompt: ModelInfo(f"m{prompt}", "b"))
    book.table.resize(1)
    found = []
    for point, score in enumerate(scores):
        windows = np.zeros(1, SPEC.dtype)
        windows["points"], windows["ts"], windows["offset"] = SPEC.length, START + point * MINUTE, 100 + point
        windows["centre"], windows["scale"], windows["fresh"] = 10.0, 1.0, 1
        windows["value"] = windows["tail_value"] = window.get("value", 13.0)
        for name, value in window.items():
            windows[name] = value
        found += [(point, event) for event in book.update(windows, np.array([score]))]
    return found


def told(scores: Sequence[float], policy: AlertPolicy = POLICY, **window: Any) -> list[tuple[int, str]]:
    return [(point, event.type) for point, event in events_of(scores, policy, **window)]


def test_it_opens_at_the_threshold_and_closes_after_quiet_scores() -> None:
    assert told([0.1, 0.5, 0.55, *END, 0.0]) == [(1, "opened"), (2 + CLOSE_SCORES, "closed")]


def test_one_quiet_score_is_no_end() -> None:
    assert told([0.6, *END[1:], 0.3, *END[1:], 0.3]) == [(0, "opened")]


@pytest.mark.parametrize(("stands_for", "quiet"), [(1, 5), (2, 3), (4, 2), (5, 1), (16, 1)])
def test_a_score_that_stands_for_several_is_as_many_quiet_ones(stands_for: int, quiet: int) -> None:
    assert told([0.6, *END], fresh=stands_for) == [(0, "opened"), (quiet, "closed")]


def test_scores_between_the_thresholds_keep_it_open_but_open_nothing() -> None:
    assert told([0.3, 0.4, 0.3]) == []
    assert told([0.6, *[0.3] * 10]) == [(0, "opened")]


def test_min_points_counts_scores_in_a_row() -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, min_points=3)
    assert told([0.6, 0.6, 0.1, 0.6, 0.6, 0.6], policy) == [(5, "opened")]


def test_it_tells_when_it_was_last_seen_and_ends_there() -> None:
    (_, opened), (_, closed) = events_of([0.0, 0.6, 0.7, *END])
    assert (opened.started_at, opened.last_seen_at, opened.ended_at) == (START + MINUTE, START + MINUTE, None)
    assert closed.started_at == START + MINUTE
    assert closed.last_seen_at == closed.ended_at == START + 2 * MINUTE
    assert (opened.sequence, closed.sequence) == (0, 1)
    assert opened.peak_score == 0.6
    assert closed.peak_score == 0.7
    assert closed.score == 0.0


def test_a_cooling_series_opens_no_second_alert() -> None:
    again = [0.6, *END, *[0.6] * 12]
    assert told(again)[:3] == [(0, "opened"), (5, "closed"), (15, "opened")]


def test_a_much_higher_score_opens_while_it_cools() -> None:
    assert told([0.6, *END, 0.6 + ESCALATION / 2])[2:] == []
    assert told([0.6, *END, 0.6 + 2 * ESCALATION])[2:] == [(6, "opened")]


def test_updates_keep_their_distance() -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, update_ms=3 * MINUTE)
    assert told([0.6] * 8, policy) == [(0, "opened"), (3, "updated"), (6, "updated")]


def test_a_quiet_alert_is_not_updated() -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, update_ms=0)
    assert told([0.6, 0.6, 0.1, 0.1], policy) == [(0, "opened"), (1, "updated")]


@pytest.mark.parametrize(
    ("direction", "value", "opens"), [("up", 13, 1), ("up", 7, 0), ("down", 7, 1), ("down", 13, 0)]
)
def test_only_deviations_in_the_direction_count(direction: str, value: float, opens: int) -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, direction=direction)
    assert len(told([0.9], policy, value=value)) == opens


@pytest.mark.parametrize(("direction", "opens"), [("up", 1), ("down", 0)])
def test_behind_a_move_ordinary_points_count_to_its_side(direction: str, opens: int) -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, direction=direction)
    assert len(told([0.9], policy, value=9.5, shift=20.0)) == opens


def test_small_relative_deviations_do_not_count() -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, min_relative_deviation=0.2)
    assert told([0.9], policy, value=11.9) == []
    assert told([0.9], policy, value=8.0) == [(0, "opened")]


@pytest.mark.parametrize("policy", [{"direction": "up"}, {"min_relative_deviation": 0.2}])
def test_between_two_scores_the_farthest_point_opens_an_alert(policy: dict[str, Any]) -> None:
    """The one behind it, at which the score comes, is usual again, or on the other side."""
    ways = AlertPolicy(open_score=0.5, close_score=0.25, **policy)
    tail = np.array([10.0] * (SPEC.recent - 4) + [10.0, 50.0, 10.0, 9.5])
    assert told([0.9], ways, value=9.5, tail_value=tail, fresh=4) == [(0, "opened")]
    assert told([0.9], ways, value=9.5, tail_value=tail, fresh=2) == [], "that one was scored before"


def test_between_two_scores_a_point_to_the_side_that_nobody_wants_opens_none() -> None:
    policy = AlertPolicy(open_score=0.5, close_score=0.25, direction="down")
    tail = np.array([10.0] * (SPEC.recent - 4) + [10.0, 50.0, 10.0, 9.5])
    assert told([0.9], policy, value=9.5, tail_value=tail, fresh=4) == []


@pytest.mark.parametrize(("size", "direction"), [(40.0, "up"), (-40.0, "down")])
def test_with_a_hop_a_spike_is_told_whatever_the_point_is_that_is_scored(size: float, direction: str) -> None:
    policy = AlertPolicy(direction=direction, min_relative_deviation=0.1)
    detector = make_detector(replace(SETTINGS, hop=4, policy=policy))
    values = [100.0 + noise for noise in quiet(100, {97: size})]
    values[99] = 110.0 - size / 80  # usual, and to the other side
    windows = detector.observe(batch(rows({"a": values})), START).windows
    covers = ~windows["coarse"] & (windows["offset"] == 99)
    [event] = detector.judge(windows, np.where(covers, 8.0, -8.0).astype(np.float32))[1]
    assert (event.type, event.observed) == ("opened", values[99])


def test_a_short_window_must_score_higher() -> None:
    assert told([0.6], points=SPEC.length // 2) == []
    assert told([0.8], points=SPEC.length // 2) == [(0, "opened")]


@pytest.mark.parametrize(
    ("peak", "severity"), [(0.5, "info"), (0.6, "warning"), (0.8, "critical"), (1.0, "critical")]
)
def test_severity_follows_the_peak(peak: float, severity: str) -> None:
    events = events_of([peak, *END])
    assert [event.severity for _, event in events] == [severity, severity]


def test_an_event_says_what_was_seen_and_who_says_it() -> None:
    ((_, event),) = events_of([0.0, 0.75], prompt=3)
    assert event.series == "cpu"
    assert event.position == Position(*METRICS, 101)
    assert event.observed == 13.0
    assert event.model == ModelInfo("m3", "b")
    assert event.probability == pytest.approx(1 - 10**-7.5)
    assert event.expected.low < event.expected.mid == 10.0 < event.expected.high


def test_the_id_depends_on_series_opening_position_and_time_alone() -> None:
    ids = {events_of([0.0, score])[0][1].alert_id for score in (0.6, 0.9)}
    opened = START + MINUTE
    assert ids == {alert_id("cpu", Position(*METRICS, 101), opened)}
    others = {
        alert_id("mem", Position(*METRICS, 101), opened),
        alert_id("cpu", Position(*METRICS, 102), opened),
        alert_id("cpu", Position("metrics", 1, 101), opened),
        alert_id("cpu", Position("metric", 10, 101), opened),
        alert_id("cpu", Position(*METRICS, 101), opened + 1),
    }
    assert len(others | ids) == 6


def test_two_alerts_that_points_of_one_record_open_have_ids_of_their_own() -> None:
    events = events_of([0.6, *END, *[0.0] * 10, 0.6], offset=7)
    first, _, second = (event for _, event in events)
    assert (first.type, second.type) == ("opened", "opened")
    assert first.alert_id != second.alert_id


def test_a_rise_in_severity_is_told_at_once() -> None:
    events = events_of([0.0, 0.52, 0.55, 0.65, 0.66, 0.9, 0.9])
    assert [(point, event.type, event.severity) for point, event in events] == [
        (1, "opened", "info"),
        (3, "updated", "warning"),
        (5, "updated", "critical"),
    ]


def test_alerts_of_one_series_have_ids_of_their_own() -> None:
    events = events_of([0.6, *END, *[0.0] * 10, 0.6])
    assert [event.type for _, event in events] == ["opened", "closed", "opened"]
    assert events[0][1].alert_id == events[1][1].alert_id != events[2][1].alert_id
    assert events[2][1].sequence == 0


@pytest.mark.parametrize(("opens", "closes"), [(0.5, 0.6), (1.1, 0.2), (0.5, -0.1)])
def test_thresholds_that_make_no_sense_are_refused(opens: float, closes: float) -> None:
    with pytest.raises(ConfigError, match="thresholds"):
        AlertPolicy(open_score=opens, close_score=closes)
