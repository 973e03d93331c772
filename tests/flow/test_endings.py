"""A series makes room for others, or goes silent, while its alert is open: that is closed, once and in
order.
"""

from dataclasses import replace
from typing import Any

import pytest
from rollouts import ONE, ONE_REF, TWO, TWO_REF, Site
from streams import MINUTE, SETTINGS, START, Row, make_service, poll_of, quiet, rows, run, run_on

from spear_stream.core import endings
from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.control import Artefact
from spear_stream.core.deadline import Deadline
from spear_stream.core.records import AlertEvent
from spear_stream.core.roles import Roles
from spear_stream.service import Pace, Service
from spear_stream.testing import (
    CRASH,
    FakeClock,
    ListSink,
    ListSource,
    ListTransaction,
    MemoryState,
    RecordingTelemetry,
    SimulatedKill,
    checkpoint_ref,
)

FULL = replace(SETTINGS, max_series=2, idle_ms=10 * MINUTE)
LAST = START + 29 * MINUTE
ALARMED = rows({"x": quiet(30, {29: 50.0}), "y": quiet(30, seed=1)})
"""The alert of x opens with its last point."""
BOTH = [poll_of(ALARMED), {}, poll_of(rows({"z": quiet(30, seed=2)}, LAST + 60 * MINUTE), first=60)]


def lives(script: list[Any], settings: Any = FULL) -> tuple[list[AlertEvent], RecordingTelemetry]:
    """What consumers see of worker after worker; an hour passes with every empty poll."""
    source, state, events = ListSource(script), MemoryState(), list[AlertEvent]()
    clock, telemetry = FakeClock(LAST / 1000), RecordingTelemetry()
    killed = True
    while killed:
        sink = ListSink()
        service = make_service(
            source,
            sink,
            settings=settings,
            state=state,
            transaction=ListTransaction(source, sink, state),
            clock=clock,
            telemetry=telemetry,
        )
        killed = not survives(service, clock)
        events += sink.acknowledged
    return events, telemetry


def survives(service: Service, clock: FakeClock) -> bool:
    try:
        service.start()
        while not service.finished:
            service.step()
            clock.advance(1800)
        service.drain()
    except SimulatedKill:
        return False
    return True


def test_its_alert_is_closed() -> None:
    events, telemetry = lives(BOTH)
    assert [(event.series, event.type, event.sequence) for event in events] == [
        ("x", "opened", 0),
        ("x", "closed", 1),
    ]
    opened, closed = events
    assert closed.alert_id == opened.alert_id
    assert closed.position == opened.position
    assert (closed.started_at, closed.ended_at, closed.resolution) == (LAST, LAST, "forgotten")
    assert closed.severity == opened.severity
    assert closed.observed == opened.observed
    assert (closed.score, closed.probability) == (opened.score, opened.probability)
    assert telemetry.totals["alerts"] == 2


@pytest.mark.parametrize("at", [1, 2, 3])
def test_also_when_the_worker_is_killed_around_it(at: int) -> None:
    script = [*BOTH[:at], CRASH, *BOTH[at:]]
    assert [event.type for event in lives(script)[0]] == ["opened", "closed"]


def test_a_series_that_is_not_idle_keeps_its_row_and_its_alert() -> None:
    events, telemetry = lives([*BOTH[:1], {}, *BOTH[2:]], replace(FULL, idle_ms=1000 * MINUTE))
    assert [event.type for event in events] == ["opened"]
    assert telemetry.rejections == {"too_many_series": 30}


HOUR_LATER = rows({"y": quiet(70, seed=3)}, LAST + MINUTE)
"""More than an hour of y in which nothing comes of x."""
SILENCE = [poll_of(ALARMED), poll_of(HOUR_LATER[:30], 60), {}, poll_of(HOUR_LATER[30:], 90)]


@pytest.mark.parametrize("at", [None, 1, 2, 3, 4])
def test_the_alert_of_a_silent_series_is_closed_wherever_the_worker_is_killed(at: int | None) -> None:
    script = SILENCE if at is None else [*SILENCE[:at], CRASH, *SILENCE[at:]]
    events = lives(script, SETTINGS)[0]
    assert [(event.series, event.type, event.sequence) for event in events] == [
        ("x", "opened", 0),
        ("x", "closed", 1),
    ]
    assert events[1].resolution == "silent"


def test_the_end_of_the_input_tells_of_those_whose_windows_waited() -> None:
    """A file of one poll, and many that are silent then."""
    jumps = {f"x{number}": quiet(30, {29: 50.0}, number) for number in range(3)}
    log = rows(jumps | {"y": quiet(120, seed=9)})
    wanted = replace(SETTINGS, policy=AlertPolicy(no_data="info"))
    later = FakeClock(LAST / 1000 + 86_400)
    events = run_on(ListSource([poll_of(log)]), settings=wanted, clock=later).events
    assert sorted(event.series for event in events if event.resolution == "silent") == sorted(jumps)
    assert sorted(event.series for event in events if event.kind == "no_data") == sorted(jumps)


@pytest.mark.parametrize("commits", [0.0, 1e9])
def test_what_the_end_tells_is_committed_once(commits: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "MOST_TOLD", 1)
    log = rows({"x": quiet(30, {29: 50.0}), "z": quiet(30, {29: 50.0}, 2), "y": quiet(120, seed=9)})
    source, state, told = ListSource([poll_of(log), {}]), MemoryState(), list[AlertEvent]()
    for _ in range(2):
        sink = ListSink()
        transaction = ListTransaction(source, sink, state)
        clock = FakeClock(LAST / 1000 + 86_400)
        pace = Pace(commit_interval=commits)
        run(make_service(source, sink, state=state, transaction=transaction, clock=clock, pace=pace))
        told += sink.acknowledged
    assert sorted((event.series, event.type) for event in told) == [
        ("x", "closed"),
        ("x", "opened"),
        ("z", "closed"),
        ("z", "opened"),
    ]


def test_what_the_end_tells_behind_the_last_commit_is_committed_with_its_state() -> None:
    """So whoever goes on does not tell it again."""
    log = rows({"x": quiet(30, {29: 50.0}), "y": quiet(120, seed=9)})
    more = poll_of(rows({"y": quiet(5)}, START + 120 * MINUTE), first=150)
    state, clock, told = MemoryState(), FakeClock(LAST / 1000 + 86_400), list[AlertEvent]()
    for script in ([poll_of(log), {}], [more]):
        source, sink = ListSource(script), ListSink()
        transaction = ListTransaction(source, sink, state)
        service = make_service(
            source, sink, state=state, transaction=transaction, clock=clock, pace=Pace(commit_interval=1e9)
        )
        service.start()
        service.step()
        service.commit(Deadline(10.0, clock.monotonic))
        run_out(service)
        told += sink.acknowledged
    assert [event.type for event in told] == ["opened", "closed"]


def run_out(service: Service) -> None:
    while not service.finished:
        service.step()
    service.drain()


BACK = rows({"x": quiet(1), "y": quiet(1)}, LAST + 71 * MINUTE)


@pytest.mark.parametrize("at", [None, 1, 2, 3, 4, 5])
def test_so_is_it_told_that_there_is_no_data_and_that_there_is(at: int | None) -> None:
    wanted = replace(SETTINGS, policy=AlertPolicy(no_data="critical"))
    script = [*SILENCE, poll_of(BACK, 130)]
    script = script if at is None else [*script[:at], CRASH, *script[at:]]
    events, telemetry = lives(script, wanted)
    told = [(event.kind == "no_data", event.type, event.resolution) for event in events]
    assert told == [
        (False, "opened", None),
        (False, "closed", "silent"),
        (True, "opened", None),
        (True, "closed", "recovered"),
    ]
    assert {event.severity for event in events[2:]} == {"critical"}
    assert telemetry.totals["alerts"] >= 4


LONG = rows({"x": quiet(100, {99: 50.0}), "y": quiet(100, seed=1)})
"""By the time of the alert of x, a challenger may have alerts, too."""
QUIET_FROM = START + 99 * MINUTE
OTHERS = rows({"y": quiet(90, seed=2)}, QUIET_FROM + MINUTE)
X_IS_BACK = ("x", QUIET_FROM + 91 * MINUTE, 10.0)
CALM = Artefact(b"calm", b"-1000")
"""A champion that opens nothing."""


@pytest.mark.parametrize("by_champion", [True, False])
@pytest.mark.parametrize(
    ("others", "settings", "resolution", "in_one_poll"),
    [
        (OTHERS, SETTINGS, "silent", False),
        (OTHERS, SETTINGS, "silent", True),
        ([*OTHERS, X_IS_BACK], SETTINGS, "silent", False),
        ([*OTHERS, X_IS_BACK], SETTINGS, "silent", True),
        (rows({"z": quiet(30, seed=2)}, QUIET_FROM + 60 * MINUTE), FULL, "forgotten", False),
    ],
    ids=["silent", "silent, one poll", "back", "back, one poll", "forgotten"],
)
def test_an_alert_of_a_challenger_ends_as_one_of_a_champion_does(
    others: list[Row], settings: Any, resolution: str, by_champion: bool, in_one_poll: bool
) -> None:
    """Whether the champion has one or not, and whether windows of before the silence wait or not."""
    site, champion = Site(clock=FakeClock(QUIET_FROM / 1000 + 86_400)), ONE if by_champion else CALM
    site.control.put("*", Roles(champion=checkpoint_ref(champion), challenger=TWO_REF), champion, TWO)
    last = rows({"y": quiet(9, seed=3)}, QUIET_FROM + 200 * MINUTE)
    polls = [poll_of(LONG + others)] if in_one_poll else [poll_of(LONG), {}, poll_of(others, 200)]
    source = ListSource([*polls, poll_of(last, 400)])
    assert survives(site.service(source, settings=settings), site.clock)
    opened, closed = site.shadow.events
    assert (opened.type, closed.type, closed.resolution) == ("opened", "closed", resolution)
    assert (opened.alert_id, opened.sequence + 1) == (closed.alert_id, closed.sequence)
    assert closed.model.checkpoint == opened.model.checkpoint == "two"
    assert [event.alert_id for event in site.sink.events] == [opened.alert_id] * 2 * by_champion


def test_silence_is_no_alert_of_the_champion_that_the_challenger_lacks() -> None:
    site = Site(clock=FakeClock(LAST / 1000 + 86_400))
    site.control.put("*", Roles(champion=ONE_REF, challenger=TWO_REF), ONE, TWO)
    log = rows({"a": quiet(100), "b": quiet(171, seed=1)})
    log += rows({"a": quiet(9, seed=2)}, START + 171 * MINUTE)
    wanted = replace(SETTINGS, policy=AlertPolicy(no_data="info"))
    run(site.service(ListSource([poll_of(log)]), settings=wanted))
    assert [event.kind for event in site.sink.events] == ["no_data"] * 2
    assert site.told.opened == {"champion": 0, "challenger": 0}
