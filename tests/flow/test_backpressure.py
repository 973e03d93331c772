"""Slow models, sinks that fail, and the end of the process."""

from typing import Any

import pytest
from streams import METRICS, SPEC, make_service, polls_of, quiet, rows, run

from spear_stream.core.batcher import BatchLimits
from spear_stream.core.errors import BrokerUnavailable, DeliveryDelayed, DeliveryError
from spear_stream.core.records import Float32Array, StructArray
from spear_stream.service import Pace
from spear_stream.testing import FakeClock, ListSink, ListSource, RecordingTelemetry, StepScorer

SAMPLES = rows({"a": quiet(60, {30: 50.0})})
POLLS = polls_of(SAMPLES, 20)
NEVER = Pace(commit_interval=1e9)


class Diary:
    """The order of polls and scores."""

    def __init__(self) -> None:
        self.entries: list[str] = []


class ToldSource(ListSource):
    def __init__(self, script: Any, diary: Diary) -> None:
        super().__init__(script)
        self._diary = diary

    def poll(self, timeout: float) -> Any:
        self._diary.entries.append("poll")
        return super().poll(timeout)


class ToldScorer(StepScorer):
    def __init__(self, diary: Diary) -> None:
        super().__init__(SPEC)
        self._diary = diary

    def score(self, windows: StructArray) -> Float32Array:
        self._diary.entries.append(f"score {len(windows)}")
        return super().score(windows)


def test_nothing_more_is_read_while_too_many_windows_wait() -> None:
    diary, telemetry = Diary(), RecordingTelemetry()
    service = make_service(
        ToldSource([*POLLS, {}], diary),
        ListSink(),
        limits=BatchLimits(max_windows=8, max_pending=13, max_delay=1e9),
        pace=NEVER,
        telemetry=telemetry,
        scorer=ToldScorer(diary),
    )
    service.start()
    for _ in POLLS:
        service.step()
    assert diary.entries == [
        "poll",
        "score 8",
        "poll",
        "score 8",
        "score 8",
        "score 8",
        "poll",
        "score 8",
        "score 8",
        "score 8",
    ]
    assert telemetry.loads == [(5, False), (4, False), (5, False)]


def test_no_overload_is_told_while_few_windows_wait() -> None:
    telemetry = RecordingTelemetry()
    run(make_service(ListSource(POLLS), ListSink(), telemetry=telemetry))
    assert {overloaded for _, overloaded in telemetry.loads} == {False}


def test_a_sink_that_is_away_delays_the_commit_and_loses_nothing() -> None:
    source, sink, telemetry = ListSource([*POLLS, {}]), ListSink(), RecordingTelemetry()
    sink.flush_faults = [DeliveryDelayed("away"), DeliveryDelayed("still away")]
    service = make_service(source, sink, telemetry=telemetry)
    service.start()
    for _ in range(2):
        service.step()
        assert source.committed == {}
        assert telemetry.totals["records"] == 20, "nothing more is read until the sink is back"
    service.step()
    assert source.committed == {METRICS: 20}
    for _ in range(2):
        service.step()
    assert source.committed == {METRICS: 60}
    assert [str(error) for error in telemetry.put_off] == ["away", "still away"]
    assert [event.type for event in sink.acknowledged] == ["opened", "closed"]


def test_a_broker_that_is_away_for_the_commit_gets_it_later() -> None:
    source, sink = ListSource(POLLS), ListSink()
    source.commit_faults = [BrokerUnavailable("away")]
    run(make_service(source, sink))
    assert source.committed == {METRICS: 60}
    assert [event.type for event in sink.acknowledged] == ["opened", "closed"]


def test_after_a_failed_commit_the_next_one_is_an_interval_away() -> None:
    clock, source, sink = FakeClock(), ListSource([*POLLS, {}]), ListSink()
    sink.flush_faults = [DeliveryDelayed("away")]
    service = make_service(source, sink, clock=clock, pace=Pace(commit_interval=1.0))
    service.start()
    clock.advance(1.0)
    service.step()
    service.step()
    assert source.committed == {}
    clock.advance(1.0)
    service.step()
    assert source.committed == {METRICS: 20}


def test_a_sink_that_refuses_ends_the_service_without_a_commit() -> None:
    source, sink = ListSource(POLLS), ListSink()
    sink.flush_faults = [DeliveryError("too large")]
    with pytest.raises(DeliveryError, match="too large"):
        run(make_service(source, sink))
    assert source.committed == {}


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_stop_finishes_what_was_read(steps: int) -> None:
    source, sink, telemetry = ListSource(POLLS), ListSink(), RecordingTelemetry()
    service = make_service(source, sink, limits=BatchLimits(max_delay=1e9), pace=NEVER, telemetry=telemetry)
    service.start()
    for _ in range(steps):
        service.step()
    service.drain()
    assert telemetry.totals["scored"] == telemetry.totals["windows"]
    assert source.committed == ({METRICS: 20 * steps} if steps else {})
    assert sink.acknowledged == sink.events
    assert sink.closed
