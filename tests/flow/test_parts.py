"""A poll that is observed in parts: no poll waits while a part can be observed, all do while none may be."""

from typing import Any

import pytest
from streams import METRICS, make_service, polls_of, quiet, rows

from spear_stream.core import intake
from spear_stream.core.batcher import BatchLimits
from spear_stream.core.errors import BrokerUnavailable
from spear_stream.core.pace import RETRY_INTERVAL
from spear_stream.service import Pace, Service
from spear_stream.testing import FakeClock, ListSink, ListSource

SAMPLES = rows({f"s{number}": quiet(60, seed=number) for number in range(10)})
PACE = Pace(commit_interval=1e9)
LIMITS = BatchLimits(max_windows=4, max_pending=8)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PART_BYTES", 4_000)


class WaitingSource(ListSource):
    """Time passes in polls that find nothing, and nowhere else."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__([*polls_of(SAMPLES, 300), {}])
        self._clock = clock
        self.polls = 0

    def poll(self, timeout: float) -> Any:
        self.polls += 1
        found = super().poll(timeout)
        if not found:
            self._clock.advance(timeout)
        return found


def worker(clock: FakeClock, pace: Pace) -> tuple[Service, WaitingSource]:
    source = WaitingSource(clock)
    service = make_service(source, ListSink(), limits=LIMITS, pace=pace, clock=clock)
    service.start()
    return service, source


def test_no_poll_waits_while_a_part_can_be_observed() -> None:
    clock = FakeClock()
    started = clock.monotonic()
    service, _ = worker(clock, PACE)
    while not service.finished:
        service.step()
    assert clock.monotonic() - started <= PACE.poll_timeout, "at the end of the topic alone"


def test_the_loop_does_not_turn_round_and_round_while_the_outputs_refuse_all() -> None:
    clock = FakeClock()
    service, source = worker(clock, Pace(commit_interval=RETRY_INTERVAL))
    service.step()
    source.commit_faults = [BrokerUnavailable("away")]
    clock.advance(RETRY_INTERVAL)
    while source.commit_faults:
        service.step()
    refused_at, polls = clock.monotonic(), source.polls
    while METRICS not in source.committed and source.polls < polls + 20:
        service.step()
    assert source.committed
    assert clock.monotonic() - refused_at >= RETRY_INTERVAL
