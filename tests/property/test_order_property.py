"""A clock that is wrong for one point costs no other point, and what is sent twice is refused."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import MINUTE, SETTINGS, SPEC, START, Row, batch, feed, make_detector, quiet

from spear_stream.core.detector import Detector
from spear_stream.core.records import AlertEvent

POINTS = 40
REGULAR: list[Row] = [("a", START + i * MINUTE, float(i % 7)) for i in range(POINTS)]
POLLS = st.lists(st.integers(1, POINTS), max_size=6)


def refused(rows: list[Row], cuts: list[int] | None = None) -> tuple[Detector, Counter[str]]:
    detector, reasons, first = make_detector(), Counter[str](), 0
    for last in [*sorted(set(cuts or [])), len(rows)]:
        part = rows[first:last]
        reasons.update(r.reason for r in feed(detector, batch(part, first))[0].rejections)
        first = max(first, last)
    return detector, reasons


@settings(max_examples=100, deadline=None)
@given(st.integers(0, POINTS), st.integers(40, 10**6), POLLS)
def test_one_point_far_in_the_future_costs_no_other(at: int, minutes: int, cuts: list[int]) -> None:
    stray = ("a", START + (at + minutes) * MINUTE, 3.0)
    rows = [*REGULAR[:at], stray, *REGULAR[at:]]
    detector, reasons = refused(rows, cuts)
    assert reasons == {}
    assert detector.quantizer.table["seen"][0] == POINTS + 1
    assert detector.state_bytes == refused(rows)[0].state_bytes
    assert MINUTE / 4 <= detector.quantizer.table["interval"][0] <= 4 * MINUTE


@settings(max_examples=100, deadline=None)
@given(st.integers(4, POINTS), st.integers(1, 39))
def test_one_that_is_a_little_ahead_costs_a_few(at: int, minutes: int) -> None:
    rows = [*REGULAR[:at], ("a", START + (at + minutes) * MINUTE, 3.0), *REGULAR[at:]]
    reasons = refused(rows)[1]
    assert sum(reasons.values()) <= 16


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3)), max_size=60), POLLS)
def test_the_cut_into_polls_decides_nothing(points: list[tuple[int, int]], cuts: list[int]) -> None:
    rows = [(f"s{series}", START + minute * MINUTE, 1.0) for minute, series in points]
    one, other = refused(rows), refused(rows, [cut for cut in cuts if cut < len(rows)])
    assert one[1] == other[1]
    assert one[0].quantizer.table["last_ts"].tolist() == other[0].quantizer.table["last_ts"].tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, POINTS - 1), st.integers(0, POINTS - 1))
def test_what_is_sent_twice_is_refused(again: int, gap: int) -> None:
    """A producer that repeats its last records, after a gap of hours too."""
    late = [(s, ts + (1000 * MINUTE if i > gap else 0), v) for i, (s, ts, v) in enumerate(REGULAR)]
    detector, reasons = refused([*late, *late[-again:]])
    assert sum(reasons.values()) == again or (gap == POINTS - 2 and again == 1)
    assert detector.quantizer.table["seen"][0] + sum(reasons.values()) == POINTS + again


def events_of(rows: list[Row]) -> list[AlertEvent]:
    detector = make_detector()
    return [event for i, row in enumerate(rows) for event in feed(detector, batch([row], i))[1]]


def test_a_stray_point_does_not_hold_back_alerts_until_its_time() -> None:
    """It closes the first alert, which must not put the second one off by its cooldown."""
    values = quiet(POINTS, {15: 50.0, 35: -500.0})
    rows = [("a", START + i * MINUTE, value) for i, value in enumerate(values)]
    calm = events_of(rows)
    rows[20] = ("a", START + 10_000 * MINUTE, values[20])
    assert [event.type for event in calm[:3]] == ["opened", "closed", "opened"]
    assert [event.type for event in events_of(rows)[:3]] == ["opened", "closed", "opened"]


def test_the_first_two_points_in_the_wrong_order_cost_no_alert() -> None:
    rows = [("a", START + i * MINUTE, value) for i, value in enumerate(quiet(400, {380: 50.0}))]
    swapped = [rows[1], rows[0], *rows[2:]]
    assert [event.started_at for event in events_of(swapped)] == [
        event.started_at for event in events_of(rows)
    ]
    assert len(events_of(rows)) > 0


@pytest.mark.parametrize("scaling", ["robust", "unit", "window"])
def test_with_every_scaling_what_is_sent_twice_is_refused(scaling: Any) -> None:
    spec = replace(SPEC, scaling=scaling, recent=SPEC.length)
    detector = make_detector(replace(SETTINGS, spec=spec))
    observed = detector.observe(batch([*REGULAR, *REGULAR[-10:]]), START)
    assert Counter(one.reason for one in observed.rejections) == {"late": 9, "duplicate": 1}
