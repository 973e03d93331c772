"""A model that is slower than its input: the loop goes on polling, commits, stops and hands over in time."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from streams import METRICS, OTHER, SPEC, Row, make_service, poll_of, polls_of, quiet, rows, run

from spear_stream.core.batcher import BatchLimits
from spear_stream.core.coarse import BLOCK
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import PartitionsLost
from spear_stream.core.records import AlertEvent, Float32Array, StructArray, TopicPartition
from spear_stream.service import Pace, Service
from spear_stream.testing import (
    FakeClock,
    ListSink,
    ListSource,
    ListTransaction,
    MemoryState,
    Rebalance,
    RecordingTelemetry,
    StepScorer,
)

POINTS = 60
SAMPLES: list[Row] = rows(
    {
        "a": quiet(POINTS, {30: 50.0}),
        "b": quiet(POINTS, {40: -50.0}, seed=1),
        **{f"s{number}": quiet(POINTS, seed=number + 2) for number in range(8)},
    }
)
LIMITS = BatchLimits(max_windows=4, max_delay=0.5)
PACE = Pace(commit_interval=1.0, step=0.25)
BATCH_SECONDS = 0.2
"""Of the slow model: 20 windows a second."""


class SlowScorer(StepScorer):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(SPEC)
        self._clock = clock

    def score(self, windows: StructArray) -> Float32Array:
        self._clock.advance(BATCH_SECONDS)
        return super().score(windows)


class TimedSource(ListSource):
    """Knows when it was polled and what was committed when."""

    def __init__(self, script: Any, clock: FakeClock) -> None:
        super().__init__(script)
        self._clock = clock
        self.polls: list[float] = []
        self.commits: list[float] = []

    def poll(self, timeout: float) -> Any:
        self.polls.append(self._clock.monotonic())
        found = super().poll(timeout)
        if not found:
            self._clock.advance(timeout)
        return found

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        super().commit(offsets, deadline)
        self.commits.append(self._clock.monotonic())


class World:
    """The topics and the state, which outlive a worker; every worker has a clock and a sink of its own."""

    def __init__(self, script: Sequence[Any]) -> None:
        self.clock = FakeClock()
        self.source = TimedSource(script, self.clock)
        self.state = MemoryState()
        self.sinks: list[ListSink] = []
        self.telemetry = RecordingTelemetry()

    def worker(self, **options: Any) -> Service:
        sink = ListSink()
        self.sinks.append(sink)
        return make_service(
            self.source,
            sink,
            **{"scorer": SlowScorer(self.clock), "pace": PACE, "limits": LIMITS} | options,
            clock=self.clock,
            state=self.state,
            transaction=ListTransaction(self.source, sink, self.state),
            telemetry=self.telemetry,
        )

    @property
    def events(self) -> list[tuple[str, str, int]]:
        """What read_committed consumers see, per series in order."""
        return sorted(identity(event) for sink in self.sinks for event in sink.acknowledged)


def identity(event: AlertEvent) -> tuple[str, str, int]:
    return event.series, event.alert_id, event.sequence


def undisturbed(script: Sequence[Any]) -> list[tuple[str, str, int]]:
    sink = ListSink()
    run(make_service(ListSource(script), sink))
    return sorted(map(identity, sink.acknowledged))


def test_one_large_poll_is_scored_in_steps_between_which_the_source_is_polled() -> None:
    world = World(polls_of(SAMPLES, 300))
    run(world.worker())
    pauses = [
        after - before for before, after in zip(world.source.polls, world.source.polls[1:], strict=False)
    ]
    assert max(pauses) <= PACE.step + BATCH_SECONDS + PACE.poll_timeout
    assert world.telemetry.totals["scored"] == world.telemetry.totals["windows"]
    assert world.events == undisturbed(polls_of(SAMPLES, 300))


def test_nothing_is_read_while_windows_are_left_and_that_is_told() -> None:
    world = World(polls_of(SAMPLES, 100))
    run(world.worker())
    assert max(pending for pending, _ in world.telemetry.loads) <= 100 * (1 + 1 / BLOCK)
    assert sum(overloaded for _, overloaded in world.telemetry.loads) > 10
    assert max(lag[METRICS] for lag in world.telemetry.lags) >= 400, "told while it is behind"


def test_commits_go_on_under_a_load_that_never_ends() -> None:
    world = World(polls_of(SAMPLES, 20))
    run(world.worker())
    commits = world.source.commits
    pauses = [after - before for before, after in pairwise(commits)]
    assert len(commits) > 15
    assert max(pauses) <= 1.0 + 25 * BATCH_SECONDS / 4 + 2 * BATCH_SECONDS, "an interval and one poll"
    assert world.source.committed == {METRICS: len(SAMPLES)}


def test_a_stop_in_a_long_backlog_keeps_its_deadline_and_the_next_worker_does_the_rest() -> None:
    script = polls_of(SAMPLES, 300)
    world = World(script)
    service = world.worker(pace=Pace(commit_interval=1.0, step=0.25, drain=4.0))
    service.start()
    for _ in range(3):
        service.step()
    stopped = world.clock.monotonic()
    service.drain()
    assert world.clock.monotonic() - stopped <= 4.0
    assert world.telemetry.left == [[METRICS]]
    assert world.source.committed == {}
    assert world.events == []
    run(world.worker())
    assert world.events == undisturbed(script)
    assert world.source.committed == {METRICS: len(SAMPLES)}


def test_a_stop_commits_the_partitions_that_can_be_scored_in_time() -> None:
    short = rows({"x": quiet(POINTS, {50: 50.0})})
    script = [poll_of(short, source=OTHER), poll_of(SAMPLES)]
    world = World(script)
    service = world.worker(
        limits=BatchLimits(max_windows=4, max_delay=1e9), pace=Pace(1.0, 1e9, drain=4.0, step=9.0)
    )
    service.start()
    service.step()
    service.step()
    service.drain()
    assert world.source.committed == {OTHER: POINTS}
    assert {series for series, _, _ in world.events} == {"x"}
    assert world.telemetry.left == [[METRICS]]
    run(world.worker())
    assert world.events == undisturbed(script)


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_a_revoke_in_the_middle_of_a_backlog_loses_and_doubles_nothing(steps: int) -> None:
    """The partition comes back to the same worker, as it would to another one."""
    script = polls_of(SAMPLES, 300)
    moves = [Rebalance("revoked", [METRICS]), Rebalance("assigned", [METRICS])]
    world = World([script[0], *moves, *script[1:]])
    service = world.worker(pace=Pace(commit_interval=1.0, step=0.25, drain=float(steps)))
    service.start()
    while not service.finished:
        service.step()
    service.drain()
    assert world.events == undisturbed(script)
    assert world.source.committed == {METRICS: len(SAMPLES)}


def test_a_revoke_shares_one_deadline_between_scoring_and_commit() -> None:
    world = World([*polls_of(SAMPLES, 600), Rebalance("revoked", [METRICS])])
    service = world.worker(pace=Pace(commit_interval=1e9, step=0.25, drain=6.0))
    service.start()
    for _ in range(2):
        started = world.clock.monotonic()
        service.step()
    assert world.clock.monotonic() - started <= 3.0 + PACE.step + 2 * BATCH_SECONDS
    assert world.telemetry.left == [[METRICS]]
    assert not service.ready


def test_a_drain_whose_partitions_are_lost_is_no_clean_end() -> None:
    class TakenAway(ListSource):
        def close(self, deadline: Deadline) -> None:
            self._rebalance(Rebalance("lost", set(self._owned)))

    source, sink = TakenAway(polls_of(SAMPLES, 300)), ListSink()
    service = make_service(source, sink, pace=Pace(commit_interval=1e9))
    service.start()
    service.step()
    with pytest.raises(PartitionsLost, match="metrics-0") as raised:
        service.drain()
    assert raised.value.exit_code == 4
    assert sink.closed
    assert source.committed == {}


def test_a_drain_that_finds_partitions_lost_when_it_commits_is_no_clean_end_either() -> None:
    source, sink = ListSource(polls_of(SAMPLES, 600)), ListSink()
    source.commit_faults = [PartitionsLost("the group went on")]
    service = make_service(source, sink, pace=Pace(commit_interval=1e9))
    service.start()
    service.step()
    with pytest.raises(PartitionsLost):
        service.drain()
    assert sink.closed


def test_losing_partitions_of_which_nothing_was_read_is_a_clean_end() -> None:
    class TakenAway(ListSource):
        def close(self, deadline: Deadline) -> None:
            self._rebalance(Rebalance("lost", set(self._owned)))

    source, sink = TakenAway(polls_of(SAMPLES, 600)), ListSink()
    run(make_service(source, sink))
    assert sink.closed
    assert source.committed == {METRICS: len(SAMPLES)}
