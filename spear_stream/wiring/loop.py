"""Running a service until it ends or is asked to stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

from spear_stream.core.errors import Stopped
from spear_stream.ops.http import Health
from spear_stream.service import Service

log = structlog.stdlib.get_logger(__name__)
NO_PARTITION = "no partition is assigned to this worker"


def run(service: Service, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> bool:
    """Step until the source ends or `stop` is set, also at the start and in a restore, then drain. Errors
    drain nothing and propagate: what was not committed is read again. Returns whether the source has ended.
    """
    finished = False
    with suppress(Stopped):
        service.start()
        beat()
        while not (stop.is_set() or service.finished):
            service.step()
            beat()
        finished = service.finished
    with suppress(Stopped):  # a restore may end only now
        service.drain()
    return finished


def reporter(service: Service, health: Health) -> Callable[[], None]:
    """Tells the health endpoints before the first step and after every one that the loop lives, and whether
    it has partitions; the log when that changes.
    """

    def beat() -> None:
        health.beat(time.monotonic())
        unready = None if service.ready else NO_PARTITION
        if unready != health.unready:
            log.info("ready" if unready is None else f"not ready: {unready}")
        health.ready(unready)

    return beat


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    signals = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
