"""Alerts of series that go silent: told by what else arrives, never by a worker that was away."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import state_fixture
from streams import MINUTE, SETTINGS, START, Row, batch, feed, make_detector, quiet, rows

from spear_stream.core.detector import Detector
from spear_stream.core.ledger import restore
from spear_stream.core.migrations import m009_silence
from spear_stream.core.records import AlertEvent
from spear_stream.core.roster import NEVER_IDLE

HOUR = 60 * MINUTE
DAY = 24 * HOUR
LAST = START + 29 * MINUTE
"""When x was heard last, and the alert of x opened."""
SILENT_AT = LAST + HOUR
"""Time of the partition up to which x may say nothing."""


def alarmed(**settings: int | None) -> tuple[Detector, AlertEvent]:
    """A detector of two series; an alert of x is open."""
    detector = make_detector(replace(SETTINGS, **settings))  # type: ignore[arg-type]  # names of ints alone
    samples = batch(rows({"x": quiet(30, {29: 50.0}), "y": quiet(30, seed=1)}))
    (opened,) = feed(detector, samples, LAST)[1]
    assert (opened.series, opened.type) == ("x", "opened")
    return detector, opened


def told(detector: Detector, points: Sequence[Row], now: int) -> Sequence[AlertEvent]:
    """What ends without a point of its own, while these come one by one."""
    ended: list[AlertEvent] = []
    for number, point in enumerate(points):
        ended += feed(detector, batch([point], 1000 + number), now)[0].closed
    return ended


def of(series: str, *times: int) -> list[Row]:
    return [(series, ts, 10.0) for ts in times]


def test_it_closes_once_when_others_have_gone_on_for_long_enough() -> None:
    detector, opened = alarmed()
    assert told(detector, of("y", LAST + MINUTE, SILENT_AT), DAY + START) == []
    (closed,) = told(detector, of("y", SILENT_AT + 1, SILENT_AT + MINUTE), DAY + START)
    assert (closed.series, closed.type, closed.resolution) == ("x", "closed", "silent")
    assert (closed.alert_id, closed.sequence) == (opened.alert_id, opened.sequence + 1)
    assert (closed.started_at, closed.last_seen_at, closed.ended_at) == (LAST, LAST, LAST)
    assert (closed.observed, closed.score, closed.severity) == (
        opened.observed,
        opened.score,
        opened.severity,
    )


def test_a_series_that_comes_back_may_open_another() -> None:
    detector, opened = alarmed()
    told(detector, of("y", SILENT_AT + MINUTE), DAY + START)
    back = rows({"x": quiet(60, {40: 90.0}, seed=2)}, SILENT_AT + 10 * MINUTE)
    events = feed(detector, batch(back, 2000), DAY + START)[1]
    assert events[0].type == "opened"
    assert events[0].alert_id != opened.alert_id


def test_none_keeps_it_open() -> None:
    detector, _ = alarmed(silent_ms=None)
    assert told(detector, of("y", START + DAY), START + DAY) == []
    assert detector.alerts.table["is_open"][0]


def test_a_worker_that_was_away_makes_nothing_silent() -> None:
    detector, _ = alarmed()
    assert told(detector, of("y", LAST + MINUTE, LAST + 2 * MINUTE), START + DAY) == []


def test_a_time_in_the_future_makes_nothing_silent() -> None:
    detector, _ = alarmed()
    assert told(detector, of("y", START + DAY), LAST + MINUTE) == []


def test_refused_points_make_nothing_silent() -> None:
    detector, _ = alarmed(max_future_ms=HOUR, max_series=2)
    assert told(detector, of("z", START + DAY), START + DAY) == [], "no room for z"
    assert told(detector, of("y", START + DAY), START) == [], "in the future"


def test_a_series_whose_points_come_late_is_not_silent() -> None:
    """The clock of its producer, or its way here: two hours behind the others, and still talking."""
    detector, _ = alarmed()
    ahead = START + 2 * HOUR
    for minute in range(0, 90, 5):
        late = of("x", LAST + (minute + 1) * MINUTE)
        assert told(detector, [*of("y", ahead + minute * MINUTE), *late], START + DAY)[1:] == []


def test_one_that_talks_once_in_an_hour_may_miss_eight() -> None:
    detector = make_detector(replace(SETTINGS))
    values = {"x": quiet(40, {39: 50.0}), "y": quiet(40, seed=1)}
    hourly = [(series, START + (ts - START) * 60, value) for series, ts, value in rows(values)]
    (opened,) = feed(detector, batch(hourly), START + 9 * DAY)[1]
    ends = [opened.started_at + hours * HOUR for hours in (2, 8, 9)]
    assert [len(told(detector, of("y", ts), START + 9 * DAY)) for ts in ends] == [0, 0, 1]


def test_one_whose_windows_wait_is_asked_again() -> None:
    detector, _ = alarmed()
    samples = batch([*of("x", LAST + MINUTE), *of("y", LAST + MINUTE)], 1000)
    waiting = detector.observe(samples, START + DAY).windows
    assert told(detector, of("y", SILENT_AT + HOUR), START + DAY) == []
    detector.judge(waiting, np.full(len(waiting), 8.0, np.float32))
    assert len(told(detector, of("y", SILENT_AT + HOUR + MINUTE), START + DAY)) == 1


@pytest.mark.parametrize("silent_ms", [None, HOUR])
def test_its_time_is_part_of_the_state(silent_ms: int | None) -> None:
    detector, _ = alarmed(silent_ms=silent_ms)
    again = make_detector()
    again.restore(detector.state())
    assert told(again, of("y", SILENT_AT), START + DAY) == []
    assert len(told(again, of("y", SILENT_AT + 1), START + DAY)) == 1


def test_what_was_written_before_silence_ended_alerts_is_replayed_so() -> None:
    """Series were last heard at their newest point: none of those that were open is silent at once."""
    columns = {
        "quantizer.last_ts": np.array([START, 2 * START, 0]),
        "roster.heard": np.array([START + 5, START + 7, NEVER_IDLE]),
    }
    header, found = m009_silence("snapshot", {"settings": {"hop": 4}}, columns)
    assert header["settings"] == {"hop": 4, "silent_ms": None}
    assert found["endings.heard"].tolist() == [START, START + 7, 0]
    assert m009_silence("journal", {"steps": []}, {}) == ({"steps": []}, {})
    detector = make_detector()
    restore(state_fixture.read(9), detector, make_detector)
    assert detector.tables["endings"]["heard"][:2].tolist() == [START, START], "its clock"
