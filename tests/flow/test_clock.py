"""A wall clock that jumps changes no alert and no deadline."""

from dataclasses import replace

import pytest
from streams import SETTINGS, START, make_service, polls_of, quiet, rows, run

from spear_stream.core.records import AlertEvent
from spear_stream.service import Pace
from spear_stream.testing import FakeClock, ListSink, ListSource, RecordingTelemetry

YEAR = 365 * 86_400.0
SAMPLES = rows({"a": quiet(60, {30: 50.0}), "b": quiet(60, {45: -50.0}, seed=1)})
AHEAD = replace(SETTINGS, max_future_ms=3_600_000)


class JumpingClock(FakeClock):
    """Says another time at every look; what only grows stays as it is."""

    def __init__(self, jumps: list[float]) -> None:
        super().__init__(START / 1000 + 3600)
        self._jumps = jumps
        self._looks = 0

    def now(self) -> float:
        self._looks += 1
        return super().now() + self._jumps[self._looks % len(self._jumps)]


def events(clock: FakeClock) -> list[AlertEvent]:
    sink, telemetry = ListSink(), RecordingTelemetry()
    run(
        make_service(
            ListSource(polls_of(SAMPLES, 10)), sink, settings=AHEAD, clock=clock, telemetry=telemetry
        )
    )
    assert not telemetry.rejections
    return sink.acknowledged


@pytest.mark.parametrize("jumps", [[0.0, YEAR], [0.0, 1800.0, -1800.0], [YEAR, 0.0, 10 * YEAR]])
def test_alerts_are_the_same(jumps: list[float]) -> None:
    assert events(JumpingClock(jumps)) == events(FakeClock(START / 1000 + 3600))


def test_a_clock_that_is_far_behind_dead_letters_points_as_in_the_future_and_scores_those_after() -> None:
    clock, sink, telemetry = FakeClock(START / 1000 - YEAR), ListSink(), RecordingTelemetry()
    source = ListSource(polls_of(SAMPLES, 60))
    service = make_service(source, sink, settings=AHEAD, clock=clock, telemetry=telemetry)
    service.start()
    service.step()
    clock.advance(YEAR + 3600)
    service.step()
    service.drain()
    assert telemetry.rejections == {"in_the_future": 60}
    assert telemetry.totals["samples"] == len(SAMPLES) - 60


def test_commits_keep_their_interval_whatever_the_wall_clock_says() -> None:
    clock, telemetry = JumpingClock([0.0, -YEAR, YEAR]), RecordingTelemetry()
    source, pace = ListSource(polls_of(SAMPLES, 10)), Pace(commit_interval=1.0)
    service = make_service(source, ListSink(), clock=clock, telemetry=telemetry, pace=pace)
    service.start()
    for _ in range(10):
        service.step()
        clock.advance(0.25)
    assert telemetry.totals["commits"] == 2
