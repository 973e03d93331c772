"""One step of the main loop; tests/flow has whole lives with faults."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from streams import METRICS, MINUTE, OTHER, START, make_service, poll_of, polls_of, quiet, rows, run, run_on

from spear_stream.core.batcher import BatchLimits
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerUnavailable, DeliveryError
from spear_stream.core.records import (
    PlainRecord,
    TopicPartition,
)
from spear_stream.service import Pace
from spear_stream.testing import (
    FakeClock,
    ListForwarder,
    ListRecorder,
    ListSink,
    ListSource,
    RecordingTelemetry,
)
from spear_stream.transport.codec import JsonMapping, make_decoder


class WaitingSource(ListSource):
    """Tells how long poll() was allowed to wait."""

    def __init__(self, *script: Any) -> None:
        super().__init__(script)
        self.timeouts: list[float] = []

    def poll(self, timeout: float) -> Any:
        self.timeouts.append(timeout)
        return super().poll(timeout)


def test_a_jump_in_the_records_is_an_event_in_the_sink() -> None:
    sink = run_on(ListSource(polls_of(rows({"a": quiet(40, {30: 50.0}), "b": quiet(40, seed=1)}), 7)))
    opened = [event for event in sink.acknowledged if event.type == "opened"]
    assert [(event.series, event.started_at) for event in opened] == [("a", START + 30 * MINUTE)]
    assert sink.closed


def test_what_was_read_is_committed_when_it_is_time() -> None:
    clock, source = FakeClock(), ListSource(polls_of(rows({"a": quiet(9)}), 3))
    service = make_service(source, ListSink(), clock=clock, pace=Pace(commit_interval=1.0))
    service.start()
    service.step()
    assert source.committed == {}
    clock.advance(1.0)
    service.step()
    assert source.committed == {METRICS: 6}
    service.step()
    assert source.committed == {METRICS: 6}


def test_what_is_committed_is_not_committed_again() -> None:
    class CommitLog(ListSource):
        def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
            commits.append(dict(offsets))
            super().commit(offsets, deadline)

    commits: list[dict[TopicPartition, int]] = []
    run(make_service(CommitLog([poll_of(rows({"a": quiet(3)})), {}]), ListSink()))
    assert [offsets for offsets in commits if offsets] == [{METRICS: 3}]


def test_a_worker_without_input_counts_no_commits() -> None:
    """Or nobody could tell it from one whose commits go through."""
    clock, telemetry = FakeClock(), RecordingTelemetry()
    source = ListSource([poll_of(rows({"a": quiet(3)})), {}, {}, {}])
    service = make_service(
        source, ListSink(), clock=clock, telemetry=telemetry, pace=Pace(commit_interval=1.0)
    )
    service.start()
    for _ in range(4):
        clock.advance(1.0)
        service.step()
    assert source.committed == {METRICS: 3}
    assert telemetry.totals["commits"] == 1


def test_the_rest_is_scored_and_committed_at_the_end() -> None:
    telemetry, source = RecordingTelemetry(), ListSource(polls_of(rows({"a": quiet(20)}), 4))
    service = make_service(
        source,
        ListSink(),
        limits=BatchLimits(max_delay=99.0),
        pace=Pace(commit_interval=99.0),
        telemetry=telemetry,
    )
    service.start()
    for _ in range(4):
        service.step()
    assert telemetry.totals["scored"] == 0
    assert not service.finished
    service.step()
    assert service.finished
    service.drain()
    assert telemetry.totals["scored"] == telemetry.totals["windows"] == 13
    assert source.committed == {METRICS: 20}


def test_it_is_ready_with_a_partition_and_finished_when_the_source_ends() -> None:
    service = make_service(ListSource(polls_of(rows({"a": quiet(3)}), 3)), ListSink())
    assert not service.ready
    service.start()
    assert not service.finished
    service.step()
    assert service.ready
    assert service.finished
    service.drain()
    assert not service.ready


def test_poll_waits_no_longer_than_waiting_windows_may() -> None:
    """Neither spinning while a batch fills, nor late with it."""
    clock = FakeClock()
    source = WaitingSource(poll_of(rows({"a": quiet(10)})), {}, {}, {})
    limits, pace = BatchLimits(max_delay=0.5), Pace(poll_timeout=0.2, commit_interval=99.0)
    service = make_service(source, ListSink(), clock=clock, limits=limits, pace=pace)
    service.start()
    for seconds in (0.0, 0.4, 0.2):
        service.step()
        clock.advance(seconds)
    service.step()
    assert source.timeouts == pytest.approx([0.2, 0.2, 0.1, 0.0])


def test_a_poll_that_can_be_tried_again_is_told_as_such_and_tried_again() -> None:
    telemetry = RecordingTelemetry()
    polls = polls_of(rows({"a": quiet(20)}), 10)
    run(
        make_service(
            ListSource([polls[0], BrokerUnavailable("away"), polls[1]]), ListSink(), telemetry=telemetry
        )
    )
    assert [str(error) for error in telemetry.failed_polls] == ["away"]
    assert telemetry.put_off == []
    assert telemetry.totals["samples"] == 20


def test_a_poll_that_cannot_be_tried_again_ends_the_service() -> None:
    with pytest.raises(DeliveryError):
        run_on(ListSource([DeliveryError("refused")]))


def test_telemetry_counts_what_happened() -> None:
    telemetry = RecordingTelemetry()
    samples = rows({"a": quiet(20, {19: 50.0})})
    bad = [PlainRecord(20, -1, None, b"{"), PlainRecord(21, -1, None, None)]
    source = ListSource([*polls_of(samples, 10), {METRICS: bad}])
    sink = ListSink()
    run(make_service(source, sink, telemetry=telemetry))
    totals = telemetry.totals
    assert (totals["records"], totals["samples"], totals["warming_up"]) == (22, 20, 7)
    assert totals["windows"] == totals["scored"] == 13
    assert totals["alerts"] == len(sink.events) == 1
    assert (
        totals["bytes"] == sum(len(json.dumps({"series": s, "ts": t, "value": v})) for s, t, v in samples) + 1
    )
    assert sum(telemetry.rejections.values()) == 2
    assert set(telemetry.stages) == {"poll", "decode", "observe", "score", "publish", "commit"}


def test_a_recorder_sees_every_point_before_its_score_and_a_flush_after_all() -> None:
    recorder = ListRecorder()
    samples = [*rows({"a": quiet(10)}), ("a", START, 1.0)]
    run_on(ListSource([poll_of(samples)]), recorder=recorder)
    assert recorder.told[:5] == [("points", 11), ("rejected", 1), ("scores", 3), ("events", 0), ("flush", 0)]
    assert recorder.names == ["a", "a", "a"]


def test_forwarded_partitions_are_not_observed_and_flushed_before_the_commit() -> None:
    forwarder, telemetry = ListForwarder(), RecordingTelemetry()
    renamed = {OTHER: [PlainRecord(0, -1, None, b'{"name": "x", "ts": 1700000000, "value": 1}')]}
    source = ListSource([renamed | poll_of(rows({"a": quiet(5)}))])
    service = make_service(
        source,
        ListSink(),
        telemetry=telemetry,
        forwarder=forwarder,
        forwards=lambda partition: partition == OTHER,
        decoder=make_decoder("json", JsonMapping(series=("name",))),
        forwarded=make_decoder("json"),
    )
    run(service)
    assert forwarder.series == ["x"]
    assert forwarder.flushed == 1
    assert forwarder.closed
    assert telemetry.totals["samples"] == 5
    assert source.committed == {METRICS: 5, OTHER: 1}


def test_sinks_are_closed_even_when_leaving_fails() -> None:
    sink, forwarder = ListSink(), ListForwarder()
    sink.flush_faults = [DeliveryError("refused")]
    service = make_service(
        ListSource([poll_of(rows({"a": quiet(5)}))]),
        sink,
        forwarder=forwarder,
        pace=Pace(commit_interval=99.0),
    )
    with pytest.raises(DeliveryError):
        run(service)
    assert sink.closed
    assert forwarder.closed


def test_all_of_a_drain_shares_one_deadline() -> None:
    class SlowSource(ListSource):
        def close(self, deadline: Deadline) -> None:
            clock.advance(15.0)
            super().close(deadline)

    class PatientSink(ListSink):
        def flush(self, deadline: Deadline) -> None:
            remaining.append(deadline.remaining)
            super().flush(deadline)

    clock, remaining = FakeClock(), list[float]()
    pace = Pace(commit_interval=99.0, drain=20.0)
    run(make_service(SlowSource([poll_of(rows({"a": quiet(5)}))]), PatientSink(), clock=clock, pace=pace))
    assert remaining == [5.0]
