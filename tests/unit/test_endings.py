"""Alerts of series that go silent: told by what else arrives, never by a worker that was away."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import state_fixture
from streams import MINUTE, SETTINGS, START, Row, batch, feed, make_detector, quiet, rows

from spear_stream.core import endings
from spear_stream.core.detector import Detector
from spear_stream.core.ledger import restore
from spear_stream.core.migrations import m009_silence
from spear_stream.core.records import AlertEvent

HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = START + 30 * DAY
LAST = START + 29 * MINUTE
"""When x was heard last, and the alert of x opened."""
BOTH = rows({"x": quiet(30, {29: 50.0}), "y": quiet(30, seed=1)})


def alarmed(points: Sequence[Row] = BOTH, **settings: int | None) -> tuple[Detector, AlertEvent]:
    """A detector with an open alert of x."""
    detector = make_detector(replace(SETTINGS, **settings))  # type: ignore[arg-type]  # names of ints alone
    (opened,) = feed(detector, batch(points), NOW)[1]
    assert (opened.series, opened.type) == ("x", "opened")
    return detector, opened


def told(detector: Detector, points: Sequence[Row], now: int = NOW) -> Sequence[AlertEvent]:
    """What ends without a point of its own, while these come one by one."""
    ended: list[AlertEvent] = []
    for number, point in enumerate(points):
        ended += feed(detector, batch([point], 1000 + number), now)[0].told
    return ended


def of(series: str, *times: int) -> list[Row]:
    return [(series, ts, 10.0) for ts in times]


def going_on(minutes: int, after: int = LAST, series: str = "y") -> list[Row]:
    return of(series, *(after + minute * MINUTE for minute in range(1, minutes + 1)))


def is_open(detector: Detector) -> bool:
    return bool(detector.alerts.table["is_open"][0])


def test_it_closes_once_when_others_have_gone_on_for_long_enough() -> None:
    detector, opened = alarmed()
    assert told(detector, going_on(60)) == []
    (closed,) = told(detector, going_on(100, LAST + HOUR))
    assert (closed.series, closed.type, closed.resolution) == ("x", "closed", "silent")
    assert (closed.alert_id, closed.sequence) == (opened.alert_id, opened.sequence + 1)
    assert (closed.started_at, closed.last_seen_at, closed.ended_at) == (LAST, LAST, LAST)
    assert (closed.observed, closed.score) == (opened.observed, opened.score)


WORD = [*going_on(50), *of("x", LAST + 50 * MINUTE), *going_on(90, LAST + 50 * MINUTE)]
"""The series says a word after 50 minutes, and is silent for an hour and a half."""
BACK = [*BOTH, *WORD, *rows({"x": quiet(40, {30: 90.0}, seed=2)}, LAST + 141 * MINUTE)]


def cut(size: int, **settings: int) -> list[tuple[str, int, float, str, str | None]]:
    """What becomes of x, read in polls of so many points."""
    detector, found = make_detector(replace(SETTINGS, **settings)), list[AlertEvent]()  # type: ignore[arg-type]
    for first in range(0, len(BACK), size):
        observed, raised = feed(detector, batch(BACK[first : first + size], first), NOW)
        found += [*observed.told, *raised]
    return [(one.alert_id, one.sequence, one.observed, one.type, one.resolution) for one in found]


@pytest.mark.parametrize("size", [7, 30, 59, 61, 108, 170, 220, len(BACK)])
def test_it_does_not_matter_how_the_log_is_cut(size: int) -> None:
    assert cut(size) == cut(1)
    assert [event[3:] for event in cut(1)][:3] == [("opened", None), ("closed", "silent"), ("opened", None)]


def test_none_keeps_it_open_and_turned_on_the_hour_begins() -> None:
    detector, _ = alarmed(silent_ms=None)
    assert told(detector, going_on(200)) == []
    again = make_detector()
    again.restore(detector.state())
    assert told(again, going_on(50, LAST + 200 * MINUTE)) == []
    assert is_open(again)
    assert len(told(again, going_on(20, LAST + 250 * MINUTE))) == 1


def test_the_end_of_an_outage_that_all_had_makes_nothing_silent() -> None:
    detector, _ = alarmed()
    assert told(detector, [*going_on(5, LAST + 3 * HOUR), *of("x", LAST + 3 * HOUR)]) == []
    assert is_open(detector)


def test_one_time_that_is_far_ahead_makes_nothing_silent() -> None:
    detector, _ = alarmed()
    assert told(detector, [*of("y", LAST + 20 * DAY), *going_on(20)]) == []


def test_a_time_in_the_future_hides_no_silence() -> None:
    detector, _ = alarmed()
    assert told(detector, of("y", START + DAY), LAST + MINUTE) == []
    assert sum(len(told(detector, [point], point[1])) for point in going_on(70, series="z")) == 1


def test_times_that_go_back_and_forth_make_nothing_silent() -> None:
    detector, _ = alarmed()
    old = going_on(20, START - DAY, "z")
    assert told(detector, [point for pair in zip(old, going_on(20), strict=True) for point in pair]) == []


def test_refused_points_make_nothing_silent() -> None:
    detector, _ = alarmed(max_future_ms=HOUR, max_series=2)
    assert told(detector, going_on(100, series="z")) == [], "no room for z"
    assert told(detector, going_on(100, START + DAY), START) == [], "in the future"


def test_a_series_whose_times_lag_behind_is_not_silent_as_long_as_it_talks() -> None:
    lagging = [(series, ts + (2 * HOUR if series == "y" else 0), value) for series, ts, value in BOTH]
    detector, _ = alarmed(lagging)
    for nth in range(3):
        y = going_on(25, LAST + 2 * HOUR + 25 * nth * MINUTE)
        assert told(detector, [*y, *of("x", LAST + (nth + 1) * MINUTE)]) == []
    assert is_open(detector)
    assert len(told(detector, going_on(61, LAST + 2 * HOUR + 75 * MINUTE))) == 1


def test_one_that_talks_once_in_an_hour_may_miss_eight() -> None:
    hourly = [(series, START + (ts - START) * 60, value) for series, ts, value in BOTH]
    detector, opened = alarmed(hourly)
    after = of("y", *(opened.started_at + hours * HOUR for hours in range(1, 10)))
    assert told(detector, after[:8]) == []
    assert len(told(detector, after[8:])) == 1


def test_one_whose_windows_wait_is_asked_again() -> None:
    detector, _ = alarmed()
    waiting = detector.observe(batch(of("x", LAST + MINUTE), 1000), NOW).windows
    assert told(detector, going_on(100)) == []
    detector.judge(waiting, np.full(len(waiting), 8.0, np.float32))
    assert len(told(detector, going_on(1, LAST + 100 * MINUTE))) == 1


def test_many_are_ended_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "MOST_TOLD", 2)
    detector = make_detector()
    names = [f"x{number}" for number in range(5)]
    jumps = {name: quiet(30, {29: 50.0}, seed) for seed, name in enumerate(names)}
    feed(detector, batch(rows(jumps | {"y": quiet(30, seed=9)})), NOW)
    ended = [told(detector, [point]) for point in going_on(65)]
    assert [len(one) for one in ended if one] == [2, 2, 1]
    assert sorted(event.series for one in ended for event in one) == names


@pytest.mark.parametrize("stop", [30, 61])
def test_what_has_passed_is_part_of_the_state(stop: int) -> None:
    detector, _ = alarmed()
    again, after = make_detector(), going_on(100)
    ended = list(told(detector, after[:stop]))
    again.restore(detector.state())
    ended += told(again, after[stop:61])
    assert len(ended) == 1


@pytest.mark.parametrize("read", [lambda: state_fixture.read(9), state_fixture.state])
def test_state_of_before_begins_with_no_silence(read: Callable[[], object]) -> None:
    header, columns = m009_silence("snapshot", {"settings": {"hop": 4}}, {"roster.heard": np.arange(3)})
    assert header["settings"] == {"hop": 4, "silent_ms": None}
    assert {name: column.tolist() for name, column in columns.items() if name != "roster.heard"} == {
        "endings.newest": [0, 0, 0],
        "endings.passed": [0, 0, 0],
    }
    assert m009_silence("journal", {"steps": []}, {}) == ({"steps": []}, {})
    detector = make_detector()
    restore(read(), detector, make_detector)  # type: ignore[arg-type]  # a StoredState, of either version
    at = START + state_fixture.POINTS * MINUTE
    assert told(detector, going_on(50, at, "höst")) == []
    assert is_open(detector)
    assert [event.series for event in told(detector, going_on(20, at + 50 * MINUTE, "höst"))] == ["cpu"]
