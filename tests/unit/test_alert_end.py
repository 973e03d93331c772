"""Where alerts end: with the last point that is away."""

import numpy as np
import pytest
from departures import NOISE, OPENING, USUAL, alert_of, book_of, points_open, window_at
from streams import MINUTE, START

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.alerts import CLOSE_SCORES
from spear_stream.core.departure import RECOVERED, STILL, Departure


@pytest.mark.parametrize("points", [1, 2, 7, 8, 10, 30])
def test_an_alert_ends_with_the_last_point_outside_of_what_was_usual(points: int) -> None:
    """Whatever the model says of them: only the first one scores high."""
    events = alert_of(np.full(points, 8.0), surprised=1)
    assert points_open(events) == points - 1
    assert events[-1].resolution == RECOVERED


@pytest.mark.parametrize("size", [8.0, -8.0])
@pytest.mark.parametrize("points", [1, 10])
def test_the_way_back_is_no_part_of_an_alert_however_surprising_it_is(points: int, size: float) -> None:
    assert points_open(alert_of(np.full(points, size), surprised=points + 1)) == points - 1


@pytest.mark.parametrize(("away", "ends"), [(16, False), (12, False), (11, True)])
def test_a_window_that_stands_for_several_ends_no_alert_of_a_series_that_was_away_at_the_newest_of_them(
    away: int, ends: bool
) -> None:
    """The last of five that would have ended with points in the usual range ends it, and no earlier one."""
    book, values = book_of(), USUAL + NOISE
    values[OPENING : OPENING + away] += 8.0
    book.update(window_at(values, OPENING), np.array([0.9]))
    calm = window_at(values, OPENING + 15)
    calm["fresh"] = 15
    assert ("closed" in [event.type for event in book.update(calm, np.zeros(1))]) == ends


def test_what_stays_away_and_surprising_goes_on() -> None:
    events = alert_of(np.full(300, 8.0), surprised=300)
    assert points_open(events) == 299
    assert len({event.alert_id for event in events}) == 1


def test_the_way_back_may_raise_the_severity_and_is_told() -> None:
    book, values = book_of(), USUAL + NOISE
    values[OPENING] += 8.0
    found = [
        event.type
        for point, score in ((OPENING, 0.6), (OPENING + 1, 0.99))
        for event in book.update(window_at(values, point), np.array([score]))
    ]
    assert found == ["opened", "updated"]
    assert book.table["last_seen"][0] == START + OPENING * MINUTE


def test_a_window_of_several_points_is_surprising_for_any_of_them() -> None:
    """Its last one is back, and one before is what was scored."""
    book, values = book_of(), USUAL + NOISE
    values[[OPENING, OPENING + 3]] += 30.0
    for point, fresh in ((OPENING, 1), (OPENING + 4, 4)):
        window = window_at(values, point)
        window["fresh"] = fresh
        book.update(window, np.array([0.9]))
    assert book.table["last_seen"][0] == START + (OPENING + 4) * MINUTE


def test_what_comes_back_is_told_by_its_own_opening() -> None:
    departure, values = Departure(book_of(series=2).table, hop=1), USUAL + NOISE
    values[OPENING] += 8.0
    one, other = window_at(values, OPENING), window_at(10.0 * values, OPENING, 10.0)
    other["slot"] = 1
    departure.begin(np.concatenate([one, other]))
    back, same = window_at(values, OPENING + 1), window_at(10.0 * values, OPENING, 10.0)
    same["slot"] = 1
    assert departure.comes_back(np.concatenate([back, same])).tolist() == [True, False]


@pytest.mark.parametrize(("direction", "held"), [("up", False), ("down", True), ("both", True)])
def test_a_level_to_the_side_that_nobody_wants_holds_no_alert(direction: str, held: bool) -> None:
    change = np.concatenate([[8.0 if direction == "up" else -8.0], np.full(300, -8.0)])
    events = alert_of(change, surprised=1, policy=AlertPolicy(direction=direction))
    assert (points_open(events) > STILL) == held


def test_what_is_surprising_behind_the_way_back_is_a_part_of_it() -> None:
    assert points_open(alert_of(np.full(10, 8.0), surprised=12)) == 11


def test_a_burst_with_quiet_points_in_between_is_one_alert() -> None:
    burst = np.where(np.arange(40) % CLOSE_SCORES == 0, 8.0, 0.0)
    assert points_open(alert_of(burst, surprised=1)) == 35
