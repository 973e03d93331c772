"""With a transaction and a state store a process that is killed anywhere leaves no trace."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from streams import METRICS, OTHER, make_service, poll_of, polls_of, quiet, rows, run

from spear_stream.core.errors import DeliveryDelayed, PartitionsLost, StateError, Stopped, WorkerFenced
from spear_stream.core.records import AlertEvent
from spear_stream.core.stored import StoredState
from spear_stream.service import Pace, Service
from spear_stream.testing import (
    CRASH,
    ListSink,
    ListSource,
    ListTransaction,
    MemoryState,
    Rebalance,
    RecordingTelemetry,
    SimulatedKill,
)
from spear_stream.wiring import loop

SAMPLES = rows(
    {"a": quiet(90, {30: 50.0}), "b": quiet(90, {61: -50.0}, seed=1), "c": quiet(90, {89: 50.0}, seed=2)}
)
POLLS = polls_of(SAMPLES, 20)

NEVER = Pace(commit_interval=1e9)


@dataclass
class World:
    """What outlives a process: the topics. Every process writes to a sink of its own."""

    source: ListSource
    state: MemoryState = field(default_factory=MemoryState)
    sinks: list[ListSink] = field(default_factory=list)
    telemetry: list[RecordingTelemetry] = field(default_factory=list)
    transactions: list[ListTransaction] = field(default_factory=list)

    def service(self, *, faults: list[BaseException] | None = None, pace: Pace | None = None) -> Service:
        self.sinks.append(ListSink())
        self.telemetry.append(RecordingTelemetry())
        self.transactions.append(ListTransaction(self.source, self.sinks[-1], self.state))
        self.transactions[-1].faults += faults or []
        return make_service(
            self.source,
            self.sinks[-1],
            state=self.state,
            transaction=self.transactions[-1],
            telemetry=self.telemetry[-1],
            pace=pace,
        )

    @property
    def events(self) -> list[AlertEvent]:
        """What read_committed consumers see."""
        return [event for sink in self.sinks for event in sink.acknowledged]

    def total(self, name: str) -> int:
        return sum(telemetry.totals[name] for telemetry in self.telemetry)


def undisturbed() -> list[AlertEvent]:
    world = World(ListSource(POLLS))
    run(world.service())
    return world.events


def live_through(world: World, start: Callable[[], Service] | None = None) -> None:
    """Start process after process until one lives to the end."""
    for _ in range(50):
        try:
            run((start or world.service)())
        except SimulatedKill:
            continue
        return
    pytest.fail("killed for ever")


def test_the_undisturbed_run_has_alerts_that_open_and_close() -> None:
    kinds = [event.type for event in undisturbed()]
    assert kinds.count("opened") == 3
    assert kinds.count("closed") == 2


@pytest.mark.parametrize("polls", range(len(POLLS) + 1))
def test_killed_between_two_polls_every_event_is_there_once_and_the_same(polls: int) -> None:
    world = World(ListSource([*POLLS[:polls], CRASH, *POLLS[polls:]]))
    live_through(world)
    assert world.events == undisturbed()
    assert world.source.committed == {METRICS: len(SAMPLES)}
    assert world.total("skipped") == 0


def test_killed_after_every_poll() -> None:
    world = World(ListSource([item for poll in POLLS for item in (poll, CRASH)]))
    live_through(world)
    assert world.events == undisturbed()
    assert world.total("samples") == len(SAMPLES), "nothing is read twice after a commit"
    assert world.total("restored") == 3 * len(POLLS)


@pytest.mark.parametrize("commits", range(len(POLLS)))
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_killed_in_a_commit_before_or_after_it_is_visible(commits: int, late: bool) -> None:
    world, killed = World(ListSource(POLLS)), [False]

    def start() -> Service:
        service = world.service()
        if not killed[0]:
            killed[0] = True
            transaction = world.transactions[-1]
            plain = transaction.commit

            def commit(offsets: object, deadline: object) -> None:
                if transaction.committed == commits:
                    (transaction.late_faults if late else transaction.faults).append(SimulatedKill())
                plain(offsets, deadline)  # type: ignore[arg-type]

            transaction.commit = commit  # type: ignore[method-assign]
        return service

    live_through(world, start)
    assert killed == [True]
    assert world.events == undisturbed()


def test_a_commit_that_can_wait_is_made_up_for() -> None:
    world = World(ListSource([*POLLS, {}]))
    run(world.service(faults=[DeliveryDelayed("away")] * 3))
    assert world.events == undisturbed()
    run(world.service())
    assert world.total("restored") == 3, "the journal of the delayed commits is whole"


def test_stopped_in_the_middle_of_a_commit_every_event_is_there_once() -> None:
    world, stop = World(ListSource(POLLS)), threading.Event()
    service = world.service()
    commit = world.transactions[-1].commit

    def stopped(offsets: Any, deadline: Any) -> None:
        stop.set()
        commit(offsets, deadline)

    world.transactions[-1].commit = stopped  # type: ignore[method-assign]
    loop.run(service, stop)
    assert world.total("samples") == 20, "it reads no further"
    run(world.service())
    assert world.events == undisturbed()


def test_stopped_in_a_restore_it_ends_without_an_error_and_reads_nothing() -> None:
    world = World(ListSource(POLLS))
    world.state.load_faults.append(Stopped("asked to stop"))
    loop.run(world.service(), threading.Event())
    assert world.total("samples") == 0
    assert world.source.committed == {}
    run(world.service())
    assert world.events == undisturbed()


def test_a_worker_whose_identity_was_taken_stops() -> None:
    world = World(ListSource(POLLS))
    with pytest.raises(WorkerFenced):
        run(world.service(faults=[WorkerFenced("taken")]))
    assert world.events == []
    assert WorkerFenced("taken").exit_code == 5


def test_a_partition_moves_with_its_state_and_its_open_alerts() -> None:
    here, there = poll_of(SAMPLES[:93]), poll_of(SAMPLES[93:], first=93)
    first = World(ListSource([here, Rebalance("revoked", [METRICS])]))
    run(first.service(pace=NEVER))
    second = World(ListSource([here, there]), state=first.state)
    second.source.committed = dict(first.source.committed)
    run(second.service(pace=NEVER))
    assert [*first.events, *second.events] == undisturbed()
    assert [event.type for event in first.events] == ["opened"]
    assert second.total("samples") == len(SAMPLES) - 93


def test_a_lost_partition_leaves_nothing_behind() -> None:
    more = poll_of(rows({"x": quiet(30, {20: 50.0})}), source=OTHER)
    world = World(ListSource([poll_of(SAMPLES) | more, Rebalance("lost", [OTHER])]))
    run(world.service(faults=[PartitionsLost("given away")]))
    assert {event.series for event in world.events} == {"a", "b", "c"}
    assert world.source.committed == {METRICS: len(SAMPLES)}
    assert world.state.stored.keys() == {METRICS}


def test_state_that_cannot_be_read_stops_the_worker_before_it_observes() -> None:
    world = World(ListSource(POLLS))
    world.state.stored[METRICS] = StoredState(b"junk", [])
    with pytest.raises(StateError, match="state of metrics partition 0"):
        run(world.service())
    assert world.total("samples") == 0
    assert world.source.committed == {}


def test_without_a_state_store_a_restart_warms_up_anew_and_publishes_once() -> None:
    source, sink, telemetry = ListSource([*POLLS[:2], CRASH, *POLLS[2:]]), ListSink(), RecordingTelemetry()
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink, transaction=ListTransaction(source, sink)))
    second = ListSink()
    run(make_service(source, second, transaction=ListTransaction(source, second), telemetry=telemetry))
    assert telemetry.totals["warming_up"] == 3 * 7
    assert telemetry.totals["restored"] == 0
    ids = [(event.alert_id, event.sequence) for event in (*sink.acknowledged, *second.acknowledged)]
    assert len(set(ids)) == len(ids)
