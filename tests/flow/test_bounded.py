"""Memory does not grow: not with what is polled, not while the outputs are refused, not between commits."""

import json

import pytest
from streams import METRICS, SPEC, START, make_service, polls_of, quiet, rows, run

from spear_stream.core.errors import BrokerUnavailable, DeliveryDelayed
from spear_stream.core.records import Float32Array, PlainRecord, StructArray
from spear_stream.service import Pace
from spear_stream.testing import (
    FakeClock,
    ListForwarder,
    ListSink,
    ListSource,
    ListTransaction,
    MemoryState,
    RecordingTelemetry,
    StepScorer,
)

SAMPLES = rows({"a": quiet(60, {30: 50.0})})
POLLS = polls_of(SAMPLES, 20)


class WatchfulScorer(StepScorer):
    """Knows how many windows waited when it was asked."""

    def __init__(self, telemetry: RecordingTelemetry) -> None:
        super().__init__(SPEC)
        self._totals = telemetry.totals
        self.waiting: list[int] = []

    def score(self, windows: StructArray) -> Float32Array:
        self.waiting.append(self._totals["windows"] - self._totals["scored"])
        return super().score(windows)


def test_records_of_many_samples_are_observed_a_few_at_a_time() -> None:
    """Twelve records of 10,000 points each, of which five give windows: never all of them at once."""
    items = [{"series": f"s{number}", "ts": START + 60_000, "value": 1.0} for number in range(10_000)]
    values = [json.dumps([item | {"ts": START + i * 60_000} for item in items]).encode() for i in range(12)]
    records = [PlainRecord(i, -1, None, value) for i, value in enumerate(values)]
    telemetry = RecordingTelemetry()
    scorer = WatchfulScorer(telemetry)
    run(make_service(ListSource([{METRICS: records}]), ListSink(), telemetry=telemetry, scorer=scorer))
    assert telemetry.totals["scored"] == 5 * 10_000
    assert max(scorer.waiting) <= 10_000


def test_what_waits_for_a_commit_is_bounded_however_long_the_interval() -> None:
    padding = b" " * 1_000_000
    records = [PlainRecord(i, -1, None, b"{" + padding) for i in range(130)]
    polls = [{METRICS: records[i : i + 10]} for i in range(0, 130, 10)]
    source, sink = ListSource(polls), ListSink()
    service = make_service(source, sink, pace=Pace(commit_interval=1e9))
    service.start()
    while not service.finished:
        service.step()
        assert len(sink.letters) - len(sink.acknowledged_letters) <= 65
    assert source.committed[METRICS] >= 65


def test_nothing_is_read_while_the_outputs_are_refused_and_the_source_is_polled_on() -> None:
    clock, telemetry = FakeClock(), RecordingTelemetry()
    source, sink = PolledSource(POLLS), ListSink()
    sink.flush_faults = [DeliveryDelayed("min.insync.replicas")] * 30
    service = make_service(source, sink, clock=clock, telemetry=telemetry, pace=Pace(commit_interval=5.0))
    service.start()
    clock.advance(5.0)
    for _ in range(30):
        service.step()
        clock.advance(1.0)
        assert telemetry.totals["records"] == 20
    assert source.polled == 30
    assert len(telemetry.put_off) == 30, "tried again every second, however long the interval"
    while not service.finished:
        service.step()
    service.drain()
    assert [event.type for event in sink.acknowledged] == ["opened", "closed"]
    assert source.committed == {METRICS: 60}


class PolledSource(ListSource):
    polled = 0

    def poll(self, timeout: float) -> object:  # type: ignore[override]
        self.polled += 1
        return super().poll(timeout)


def test_a_commit_that_is_tried_again_hands_over_no_state_twice() -> None:
    """For every try a little journal, and then a snapshot, would fill the memory in the end."""
    clock, state, source, sink = FakeClock(), MemoryState(), ListSource(POLLS), ListSink()
    transaction = ListTransaction(source, sink, state)
    transaction.faults = [DeliveryDelayed("min.insync.replicas")] * 300
    service = make_service(source, sink, clock=clock, state=state, transaction=transaction)
    service.start()
    for _ in range(300):
        service.step()
        assert [change.snapshot for change in state.saved] == [True]
    service.step()
    assert source.committed == {METRICS: 20}
    assert not state.saved


def test_a_stop_while_the_outputs_are_refused_says_so() -> None:
    source, sink = ListSource(POLLS), ListSink()
    sink.flush_faults = [DeliveryDelayed("min.insync.replicas")] * 9
    service = make_service(source, sink)
    service.start()
    for _ in range(3):
        service.step()
    with pytest.raises(DeliveryDelayed) as raised:
        service.drain()
    assert raised.value.exit_code == 4
    assert source.committed == {}


def test_forwarded_samples_count_as_what_waits_for_a_commit() -> None:
    """A record of ten thousand samples becomes ten thousand messages."""
    items = [{"series": f"s{number}", "ts": START, "value": 1.0} for number in range(10_000)]
    records = [PlainRecord(i, -1, None, json.dumps(items).encode()) for i in range(9)]
    source, forwarder = ListSource([{METRICS: [record]} for record in records]), ListForwarder()
    service = make_service(
        source, ListSink(), forwarder=forwarder, forwards=lambda _: True, pace=Pace(commit_interval=1e9)
    )
    service.start()
    while not service.finished:
        service.step()
        assert len(forwarder.series) - forwarder.flushed <= 70_000
    assert source.committed == {METRICS: 7}


def test_a_commit_refused_by_the_source_holds_reading_too() -> None:
    source, telemetry = ListSource(POLLS), RecordingTelemetry()
    source.commit_faults = [BrokerUnavailable("away")] * 2
    service = make_service(source, ListSink(), telemetry=telemetry)
    service.start()
    for _ in range(2):
        service.step()
        assert telemetry.totals["records"] == 20
    service.step()
    assert source.committed == {METRICS: 20}
