"""Alerts that live as long as their series is away."""

import numpy as np
import pytest
from departures import NOISE, OPENING, SPEC, SURPRISED, UNIT, USUAL, alert_of, book_of, points_open, window_at

from spear_stream.core.alerts import CLOSE_SCORES
from spear_stream.core.departure import NEW_LEVEL, RECOVERED, STILL, Departure
from spear_stream.core.explain import REACH
from spear_stream.core.records import AlertEvent


@pytest.mark.parametrize("hop", [1, 4])
def test_an_alert_of_a_leak_lives_until_the_leak_ends(hop: int) -> None:
    events = alert_of(np.concatenate([np.full(12, 4.0), 4.0 + 0.05 * np.arange(600)]), hop=hop)
    assert events[-1].type == "closed"
    assert 611 - hop < points_open(events) <= 611
    assert events[-1].resolution == RECOVERED


def test_a_leak_that_goes_on_for_ever_becomes_usual() -> None:
    events = alert_of(np.concatenate([np.full(12, 4.0), 4.0 + 0.05 * np.arange(3500)]))
    assert events[-1].type == "closed"
    assert 600 < points_open(events) < 2500
    assert events[-1].resolution == NEW_LEVEL


@pytest.mark.parametrize(
    ("step", "hop", "size"), [(4.0, 1, 1.0), (8.0, 1, 1.0), (8.0, 4, 1.0), (8.0, 1, 1e-9), (8.0, 1, 1e60)]
)
def test_a_step_becomes_usual_soon(step: float, hop: int, size: float) -> None:
    events = alert_of(np.full(3000, step), hop=hop, size=size)
    assert events[-1].resolution == NEW_LEVEL
    assert STILL <= points_open(events) <= 2 * STILL


def test_a_level_that_gets_no_farther_is_held_as_long_as_a_step() -> None:
    events = alert_of(np.full(3000, 5.0), lead=30)
    assert STILL - CLOSE_SCORES <= points_open(events) < STILL
    assert events[-1].resolution == NEW_LEVEL


@pytest.mark.parametrize(("then", "ends"), [(5.0, True), (11.0, True), (19.0, False)])
def test_a_way_back_that_ends_less_than_half_way_out_is_an_end(then: float, ends: bool) -> None:
    events = alert_of(np.concatenate([np.full(30, 30.0), np.full(500, then)]))
    assert (points_open(events) == 29) == ends


def test_more_noise_becomes_usual_soon() -> None:
    """Some of its points lie outside of what was usual as long as it lasts, and hardly ever farther."""
    assert STILL - CLOSE_SCORES <= points_open(alert_of(9.0 * NOISE[:3000], surprised=1)) < 4 * STILL


def test_what_has_just_ended_is_recovered_from() -> None:
    """Most of the newest points are of it, those since its end are not."""
    events = alert_of(np.full(30 + SURPRISED, 5.0), lead=30)
    assert points_open(events) < SURPRISED
    assert events[-1].resolution == RECOVERED


def test_a_wave_holds_no_alert_open() -> None:
    amplitude = UNIT * np.pi / 2
    wave = amplitude * np.sin(np.arange(3000) / 8) - NOISE[OPENING:3100]
    assert points_open(alert_of(wave)) < SURPRISED


def test_a_series_with_a_trend_and_a_season_holds_no_alert_of_a_spike_open() -> None:
    """On the crest of its wave it lies two scales out, and each crest is a little higher."""
    points = np.arange(3000)
    rising = 2 * UNIT * np.sin(points / 5) + 0.004 * points - NOISE[OPENING:3100]
    assert points_open(alert_of(rising)) < SURPRISED + SPEC.recent


def test_one_far_point_at_the_end_is_no_new_level() -> None:
    quiet = np.zeros(3000)
    quiet[SURPRISED + CLOSE_SCORES - 1] = 100.0
    assert alert_of(quiet)[-1].resolution == RECOVERED


def test_the_usual_level_of_an_alert_that_opens_late_is_that_of_before_the_move() -> None:
    """The centre has followed by then: only the long mean knows."""
    step = np.full(3000, 8.0)
    late = {"centre": USUAL + 8.0, "long_mean": USUAL, "shift": 20.0}
    assert alert_of(step, lead=60, **late)[-1].resolution == NEW_LEVEL
    assert alert_of(step, lead=60, **late | {"shift": 1.0})[-1].resolution == RECOVERED


@pytest.mark.parametrize(("change", "departed"), [(8.0, True), (-8.0, True), (0.0, False)])
def test_a_level_elsewhere_is_told_from_more_noise(change: float, departed: bool) -> None:
    departure, noise = Departure(book_of().table, hop=1), (1.0 if departed else 20.0) * NOISE
    departure.begin(window_at(USUAL + noise, OPENING))
    points = range(OPENING, OPENING + 400)
    found = [departure.has_departed(window_at(USUAL + change + noise, point))[0] for point in points]
    assert np.mean(found) > 0.95 if departed else np.mean(found) < 0.05


def test_the_largest_numbers_hold_nothing_open_for_ever() -> None:
    with np.errstate(over="raise", invalid="raise"):
        events = alert_of(np.full(3900, 1.7e308))
    assert events[-1].type == "closed"
    assert points_open(events) <= 2 * STILL


def test_windows_that_were_not_scored_count_for_their_points() -> None:
    """Seven of eight: a skipped window has taken its points with it."""
    book, found = book_of(), list[AlertEvent]()
    for point in range(OPENING, 1000, 8):
        window = window_at(USUAL + NOISE + np.where(np.arange(4000) < OPENING, 0.0, 8.0), point)
        window["fresh"] = 1
        found += book.update(window, np.array([0.9 if point < OPENING + 2 * SURPRISED else 0.0]))
    assert found[-1].type == "closed"
    assert points_open(found) <= 3 * STILL


def test_points_that_a_young_series_does_not_have_are_no_values() -> None:
    """Its tail is filled up with zeros, which are far from what is usual here."""
    book = book_of()
    window = window_at(USUAL + NOISE, OPENING)
    window["points"], window["tail_value"][:, :-4] = 4, 0.0
    book.update(window, np.array([1.0]))
    assert book.table["farthest"][0] < REACH


def test_how_it_ended_is_told_by_the_last_event_alone() -> None:
    events = alert_of(np.full(300, 8.0))
    assert len(events) > 2
    assert [event.resolution for event in events[:-1]] == [None] * (len(events) - 1)
