"""Without transactions: the state may be ahead of the offsets after a crash, and what that means."""

import pytest
from streams import METRICS, make_service, polls_of, quiet, rows, run

from spear_stream.core.errors import Stopped
from spear_stream.core.records import AlertEvent
from spear_stream.service import Service
from spear_stream.testing import ListSink, ListSource, MemoryState, RecordingTelemetry, SimulatedKill

SAMPLES = rows({"a": quiet(60, {30: 50.0}), "b": quiet(60, {40: -50.0}, seed=1)})
POLLS = polls_of(SAMPLES, 20)


def identities(*sinks: ListSink) -> list[tuple[str, int]]:
    events: list[AlertEvent] = [event for sink in sinks for event in sink.acknowledged]
    return [(event.alert_id, event.sequence) for event in events]


def undisturbed() -> list[tuple[str, int]]:
    sink = ListSink()
    run(make_service(ListSource(POLLS), sink, state=MemoryState()))
    return identities(sink)


def test_killed_between_events_and_state_the_events_are_repeated_with_the_same_ids() -> None:
    source, state, first, second = ListSource(POLLS), MemoryState(), ListSink(), ListSink()
    service = make_service(source, first, state=state)
    with pytest.raises(SimulatedKill):
        run(killed_in_flush(service, state, number=3))
    assert source.committed == {METRICS: 60}
    run(make_service(source, second, state=state))
    repeated = identities(first, second)
    assert len(repeated) > len(undisturbed())
    assert list(dict.fromkeys(repeated)) == undisturbed()


def killed_in_flush(service: Service, state: MemoryState, number: int) -> Service:
    """The process dies in the flush of this number, counted from 0."""
    plain, calls = state.flush, [0]

    def flush(deadline: object) -> None:
        calls[0] += 1
        if calls[0] == number + 1:
            raise SimulatedKill
        plain(deadline)  # type: ignore[arg-type]

    state.flush = flush  # type: ignore[method-assign]
    return service


def test_killed_between_state_and_offsets_the_records_are_skipped_not_doubled() -> None:
    source, state, first, second = ListSource(POLLS), MemoryState(), ListSink(), ListSink()
    telemetry = RecordingTelemetry()
    source.commit_faults = [SimulatedKill()]
    with pytest.raises(SimulatedKill):
        run(make_service(source, first, state=state))
    assert source.committed == {}
    run(make_service(source, second, state=state, telemetry=telemetry))
    assert identities(first, second) == undisturbed()
    assert telemetry.totals["skipped"] == 20
    assert telemetry.rejections == {}, "no dead letters for records that are read again"
    assert source.committed == {METRICS: 120}


def test_state_behind_the_offsets_is_a_gap_and_no_fault() -> None:
    source, state, sink = ListSource(POLLS), MemoryState(), ListSink()
    run(make_service(ListSource(POLLS[:2]), ListSink(), state=state))
    source.committed = {METRICS: 80}
    telemetry = RecordingTelemetry()
    run(make_service(source, sink, state=state, telemetry=telemetry))
    assert telemetry.totals["samples"] == 40
    assert telemetry.totals["warming_up"] == 0
    assert telemetry.rejections == {}


def test_a_commit_after_skipped_records_does_not_move_the_state_back() -> None:
    """A worker that reads half of what its state knows, commits, and is followed by another one."""
    state, telemetry = MemoryState(), RecordingTelemetry()
    run(make_service(ListSource(POLLS), ListSink(), state=state))
    run(make_service(ListSource(POLLS[:1]), ListSink(), state=state))
    run(make_service(ListSource(POLLS), ListSink(), state=state, telemetry=telemetry))
    assert telemetry.totals["skipped"] == 120
    assert telemetry.totals["samples"] == 0


def test_a_worker_that_replays_stored_state_asks_again_and_again_whether_to_stop() -> None:
    """Who asks is alive to /livez: a replay may take longer than a step may, and a restart begins anew."""
    source, state = ListSource(POLLS), MemoryState()
    run(make_service(source, ListSink(), state=state))
    asked: list[int] = []
    run(make_service(source, ListSink(), state=state, stopped=lambda: bool(asked.append(1))))
    assert len(asked) == 1 + len(state.stored[METRICS].journal) > 2


@pytest.mark.parametrize("asked", [0, 1])
def test_a_stop_ends_a_replay_and_leaves_what_is_stored(asked: int) -> None:
    source, state, sink = ListSource(POLLS[:2]), MemoryState(), ListSink()
    run(make_service(source, sink, state=state))
    stored, times = dict(state.stored), iter(range(100))
    service = make_service(ListSource(POLLS[2:]), sink, state=state, stopped=lambda: next(times) >= asked)
    with pytest.raises(Stopped):
        run(service)
    service.drain()
    assert state.stored == stored
    run(make_service(ListSource(POLLS[2:]), sink, state=state))
    assert identities(sink) == undisturbed()
