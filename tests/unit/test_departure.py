"""Alerts that live as long as their series gets farther away, and how they end."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from streams import METRICS, MINUTE, START
from streams import SPEC as SMALL

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.alerts import AlertBook
from spear_stream.core.departure import NEW_LEVEL, RECOVERED, STILL
from spear_stream.core.records import AlertEvent, Float64Array, ModelInfo

SPEC = replace(SMALL, recent=16)
OPENING = 100
SURPRISED = 10
"""Points from the opening on that score high; all others score nothing."""
USUAL, UNIT = 50.0, 0.8
NOISE = np.random.default_rng(1).normal(size=4000)


def alert_of(change: Float64Array, *, lead: int = 0, hop: int = 1) -> list[AlertEvent]:
    """Events of a series with a point a minute: noise of deviation one, and from `lead` points before the
    opening on `change`.
    """
    values = USUAL + NOISE
    values[OPENING - lead : OPENING - lead + len(change)] += change
    book = AlertBook(METRICS, SPEC, AlertPolicy(), lambda _: "cpu", lambda _: ModelInfo("m", "b"))
    book.table.resize(1)
    found: list[AlertEvent] = []
    for point in range(OPENING, len(values), hop):
        window = np.zeros(1, SPEC.dtype)
        window["points"], window["fresh"], window["ts"] = SPEC.length, hop, START + point * MINUTE
        window["value"], window["centre"], window["scale"] = values[point], USUAL, UNIT
        window["tail_value"] = values[point + 1 - SPEC.recent : point + 1]
        found += book.update(window, np.array([0.9 if OPENING <= point < OPENING + SURPRISED else 0.0]))
    return found


def points_open(events: Sequence[AlertEvent]) -> int:
    return (events[-1].last_seen_at - events[0].started_at) // MINUTE


@pytest.mark.parametrize("hop", [1, 4])
def test_an_alert_of_a_leak_lives_until_the_leak_ends(hop: int) -> None:
    events = alert_of(np.concatenate([np.full(12, 4.0), 4.0 + 0.05 * np.arange(600)]), hop=hop)
    assert events[-1].type == "closed"
    assert 612 <= points_open(events) < 612 + SPEC.recent
    assert events[-1].resolution == RECOVERED


def test_a_leak_that_goes_on_for_ever_becomes_usual() -> None:
    events = alert_of(np.concatenate([np.full(12, 4.0), 4.0 + 0.05 * np.arange(3500)]))
    assert events[-1].type == "closed"
    assert 600 < points_open(events) < 2500
    assert events[-1].resolution == NEW_LEVEL


@pytest.mark.parametrize("hop", [1, 4])
def test_a_step_becomes_usual_soon(hop: int) -> None:
    events = alert_of(np.full(3000, 8.0), hop=hop)
    assert events[-1].resolution == NEW_LEVEL
    assert STILL <= points_open(events) <= 2 * STILL


def test_a_level_that_gets_no_farther_holds_nothing_open() -> None:
    events = alert_of(np.full(3000, 5.0), lead=30)
    assert points_open(events) < SURPRISED
    assert events[-1].resolution == NEW_LEVEL


def test_a_way_back_that_ends_half_way_is_an_end() -> None:
    events = alert_of(np.concatenate([np.full(30, 30.0), np.full(500, 5.0)]))
    assert 30 <= points_open(events) < 30 + SPEC.recent


def test_a_step_back_ends_the_alert_at_once() -> None:
    events = alert_of(np.full(30, 8.0))
    assert 30 <= points_open(events) < 30 + SPEC.recent
    assert events[-1].resolution == RECOVERED


@pytest.mark.parametrize("points", [1, SPEC.recent // 2 - 1])
def test_a_short_burst_holds_nothing_open(points: int) -> None:
    assert points_open(alert_of(np.full(points, 30.0))) < SPEC.recent


def test_what_has_just_ended_is_recovered_from() -> None:
    """Most of the newest points are of it, those since its end are not."""
    events = alert_of(np.full(30 + SURPRISED, 5.0), lead=30)
    assert points_open(events) < SURPRISED
    assert events[-1].resolution == RECOVERED


def test_a_wave_holds_no_alert_open() -> None:
    amplitude = UNIT * np.pi / 2
    wave = amplitude * np.sin(np.arange(3000) / 8) - NOISE[OPENING:3100]
    assert points_open(alert_of(wave)) < SURPRISED


def test_how_it_ended_is_told_by_the_last_event_alone() -> None:
    events = alert_of(np.full(300, 8.0))
    assert len(events) > 2
    assert [event.resolution for event in events[:-1]] == [None] * (len(events) - 1)
