"""A series that used to report and falls silent opens an alert, if that is wanted, until it reports again."""

from collections.abc import Sequence
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from streams import METRICS, MINUTE, SETTINGS, START, Row, batch, feed, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector import Detector
from spear_stream.core.explain import REACH
from spear_stream.core.identity import alert_id
from spear_stream.core.last_windows import LastWindows
from spear_stream.core.migrations import m010_no_data
from spear_stream.core.records import AlertEvent, ModelInfo, Position
from spear_stream.transport.events import alert_event_schema, event_json

HOUR = 60 * MINUTE
NOW = START + 1000 * HOUR
WARNING = replace(SETTINGS, policy=AlertPolicy(no_data="warning"))
BOTH = rows({"x": quiet(30), "y": quiet(30, seed=1)})
LAST = START + 29 * MINUTE
OF = LastWindows.of
LAST_OF_X = 58
"""Offset of its last point."""


def heard(points: Sequence[Row] = BOTH, detector: Detector | None = None) -> Detector:
    detector = detector or make_detector(WARNING)
    assert told(detector, points, 0) == []
    return detector


def told(detector: Detector, points: Sequence[Row], first: int = 1000, size: int = 1) -> list[AlertEvent]:
    """All events, of points that come in polls of `size`."""
    found = list[AlertEvent]()
    for at in range(0, len(points), size):
        observed, raised = feed(detector, batch(points[at : at + size], first + at), NOW)
        found += [*observed.told, *raised]
    return found


def going_on(minutes: int, after: int = LAST) -> list[Row]:
    """Of y."""
    values = quiet(minutes, seed=2)
    return [("y", after + (minute + 1) * MINUTE, value) for minute, value in enumerate(values)]


def back(minutes: int) -> Row:
    return ("x", LAST + minutes * MINUTE, 10.0)


def test_it_opens_when_others_have_gone_on_and_closes_with_the_next_point() -> None:
    detector = heard()
    assert told(detector, going_on(60)) == []
    (opened,) = told(detector, going_on(40, LAST + HOUR))
    assert (opened.series, opened.type, opened.kind, opened.severity) == ("x", "opened", "no_data", "warning")
    assert (opened.started_at, opened.last_seen_at, opened.ended_at) == (LAST, LAST, None)
    assert (opened.position.topic, opened.position.offset) == (METRICS.topic, LAST_OF_X)
    assert opened.observed == BOTH[-2][2]
    assert opened.score == opened.peak_score == WARNING.policy.warning_score
    (closed,) = told(detector, [back(120)])
    assert (closed.type, closed.kind, closed.resolution) == ("closed", "no_data", "recovered")
    assert (closed.alert_id, closed.sequence) == (opened.alert_id, 1)
    assert (closed.started_at, closed.ended_at) == (LAST, LAST + 120 * MINUTE)
    assert closed.position == opened.position
    for event in (opened, closed):
        jsonschema.validate(event_json(event), alert_event_schema())


def test_nobody_who_does_not_want_it_gets_it() -> None:
    detector = heard(detector=make_detector())
    assert told(detector, [*going_on(200), back(201)]) == []


def test_a_series_that_has_never_had_a_window_is_not_missed() -> None:
    few = SETTINGS.spec.min_points - 1
    detector = heard(rows({"x": quiet(few), "y": quiet(30, seed=1)}))
    assert told(detector, going_on(100)) == []


def test_a_second_silence_is_another_alert() -> None:
    detector = heard()
    events = told(detector, [*going_on(70), back(70), *going_on(70, LAST + 70 * MINUTE), back(140)])
    assert [event.type for event in events] == ["opened", "closed"] * 2
    assert len({event.alert_id for event in events}) == 2
    assert events[2].started_at == LAST + 70 * MINUTE


def test_a_refused_point_is_no_sign_of_life() -> None:
    """As of a gateway that sends its last one again and again."""
    again = [("x", LAST, BOTH[-2][2]), ("x", START, 10.0)]
    log = [point for y in going_on(80) for point in (y, *again)]
    detector = heard()
    (opened,) = told(detector, log)
    assert (opened.started_at, opened.position.offset) == (LAST, LAST_OF_X)
    (closed,) = told(detector, [back(90)])
    assert (closed.alert_id, closed.ended_at) == (opened.alert_id, LAST + 90 * MINUTE)


def test_the_open_alert_of_an_anomaly_ends_first_and_is_another_one() -> None:
    detector = make_detector(WARNING)
    told(detector, rows({"x": quiet(30, {29: 50.0}), "y": quiet(30, seed=1)}), 0)
    closed, opened = told(detector, going_on(70))
    assert (closed.kind, closed.resolution) == ("spike", "silent")
    assert (opened.kind, opened.type) == ("no_data", "opened")
    assert (closed.position, closed.started_at) == (opened.position, opened.started_at)
    assert closed.alert_id != opened.alert_id


def test_it_leaves_the_thresholds_of_anomalies_alone() -> None:
    """No cooldown: an anomaly just behind the silence opens its alert."""
    log = [*going_on(70), back(70), ("x", LAST + 71 * MINUTE, 90.0)]
    assert [event.kind for event in told(heard(), log)] == ["no_data", "no_data", "spike"]


@pytest.mark.parametrize("size", [2, 17, 71, 1000])
def test_it_does_not_matter_how_the_log_is_cut(size: int) -> None:
    log = [
        *BOTH,
        *going_on(70),
        *(back(minute) for minute in range(70, 75)),
        *going_on(90, LAST + 75 * MINUTE),
    ]
    log += [back(170), *rows({"x": quiet(20, {9: 90.0}, seed=3)}, LAST + 171 * MINUTE)]
    one_by_one = told(make_detector(WARNING), log, 0)
    assert [event.type for event in one_by_one[:5]] == ["opened", "closed", "opened", "closed", "opened"]
    assert told(make_detector(WARNING), log, 0, size) == one_by_one


def test_a_row_that_others_get_ends_it() -> None:
    full = replace(WARNING, max_series=2, idle_ms=HOUR)
    detector = heard(detector=make_detector(full))
    (opened,) = told(detector, going_on(70))
    (closed,) = detector.observe(batch([("z", NOW, 1.0)], 5000), NOW + 2 * HOUR).told
    assert (closed.alert_id, closed.resolution, closed.ended_at) == (opened.alert_id, "forgotten", LAST)


def test_rows_without_alerts_are_forgotten_without_a_look_at_their_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Very many may go at once."""
    looked: list[int] = []
    monkeypatch.setattr(LastWindows, "of", lambda self, slots: looked.append(len(slots)) or OF(self, slots))
    detector = heard(detector=make_detector(replace(WARNING, max_series=2, idle_ms=HOUR)))
    assert detector.observe(batch([("z", NOW, 1.0)], 5000), NOW + 2 * HOUR).told == []
    assert looked == [0]


def test_it_is_part_of_the_state_and_ends_as_severe_as_it_began_when_nobody_wants_it_any_more() -> None:
    detector = heard()
    told(detector, going_on(70))
    for settings in (
        SETTINGS,
        replace(SETTINGS, policy=AlertPolicy(no_data="critical")),
        replace(SETTINGS, silent_ms=None),
    ):
        again = make_detector(settings)
        again.restore(detector.state())
        (closed,) = told(again, [*going_on(50, LAST + 70 * MINUTE), back(121)])
        assert (closed.type, closed.severity, closed.peak_score) == ("closed", "warning", 0.5)


def test_the_event_is_of_the_last_window_and_its_checkpoint() -> None:
    """A row that another checkpoint scores, every fourth point."""
    detector = Detector(
        METRICS,
        0,
        replace(WARNING, hop=4),
        "yx".index,
        lambda at: ModelInfo(f"m{at}", "b"),
    )
    told(detector, rows({"y": quiet(30, seed=1)}), 0)
    told(
        detector,
        [(name, ts - MINUTE, value) for name, ts, value in rows({"x": [*quiet(27), 1e3, 2e3, 3e3]})],
        30,
    )
    told(detector, rows({"y": quiet(1)}, LAST), 60)
    opened = next(event for event in told(detector, going_on(80)) if event.kind == "no_data")
    assert opened.model.checkpoint == "m1"
    assert opened.observed == 3e3
    slot = np.array([detector.roster.slot_of("x")])
    centre, scale = detector.quantizer.expect(slot)
    assert opened.expected.mid == pytest.approx(centre[0])
    assert opened.expected.high == pytest.approx(centre[0] + REACH * scale[0])
    assert LastWindows(detector.windows, detector.quantizer, detector.roster, detector._no_data, 4).of(slot)[
        "fresh"
    ] == [4]


def test_a_series_that_is_scored_every_tenth_point_is_missed_from_its_first_score_on() -> None:
    seldom = replace(WARNING, hop=10)
    for points, events in ((9, 0), (10, 1)):
        detector = make_detector(seldom)
        told(detector, rows({"x": quiet(points), "y": quiet(30, seed=1)}), 0)
        assert len(told(detector, going_on(120))) == events


def test_ids_stay_what_they_are() -> None:
    position = Position("metrics", 0, 320)
    assert alert_id("host1.cpu", position, START) == "197a1a9893d08776af05d717e4230ded"
    assert alert_id("host1.cpu", position, START, "no_data") == "af645428efc86860c46794816dbc1379"


@pytest.mark.parametrize(("severity", "score"), [("info", 0.2), ("warning", 0.4), ("critical", 0.9)])
def test_the_score_is_the_least_of_the_severity(severity: str, score: float) -> None:
    policy = AlertPolicy(open_score=0.2, warning_score=0.4, critical_score=0.9, no_data=severity)
    detector = heard(detector=make_detector(replace(SETTINGS, policy=policy)))
    (opened,) = told(detector, going_on(70))
    assert (opened.severity, opened.score) == (severity, score)
    assert detector.settings.policy.severity(opened.peak_score) == severity


def test_state_of_before_knows_no_record_to_name() -> None:
    """So a series must be heard once more before its silence opens an alert."""
    detector = heard()
    state = detector.state()
    columns = {f"{table}.{name}": c for table, columns in state.tables.items() for name, c in columns.items()}
    columns["roster.heard"] = state.roster.heard
    new = m010_no_data("snapshot", {"settings": {}}, columns)[1]
    for name in ("offset", "severity"):
        state.tables["no_data"][name] = new[f"no_data.{name}"]
    again = make_detector(WARNING)
    again.restore(state)
    assert told(again, going_on(70)) == []
    assert len(told(again, [back(70), *going_on(70, LAST + 70 * MINUTE)])) == 1
