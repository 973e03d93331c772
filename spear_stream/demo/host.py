"""Counters of the machine the demo runs on, sampled while it runs."""

import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from spear_stream.core.errors import ConfigError

INTERVAL_S = 0.25

Reader = Callable[[], float]
Sample = tuple[str, int, float]
"""Series, milliseconds since the epoch, value."""


class HostSampler:
    """A thread that puts a sample of every counter into `samples`, for `seconds`."""

    def __init__(self, seconds: float) -> None:
        """Raises ConfigError without psutil."""
        self.samples: SimpleQueue[Sample] = SimpleQueue()
        self._readers = host_readers() if seconds > 0 else {}
        self._rounds = int(seconds / INTERVAL_S)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="host-sampler", daemon=True)

    @property
    def total(self) -> int:
        """Samples that a full run gives."""
        return self._rounds * len(self._readers)

    @property
    def finished(self) -> bool:
        return self._thread.ident is not None and not self._thread.is_alive() and self.samples.empty()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _sample(self) -> None:
        begin = time.monotonic()
        for number in range(1, self._rounds + 1):
            if self._stop.wait(max(0.0, begin + number * INTERVAL_S - time.monotonic())):
                return
            now = int(time.time() * 1000)
            for series, read in self._readers.items():
                self.samples.put((series, now, read()))


def host_readers() -> dict[str, Reader]:
    """Series to a function that reads it; counters that this machine does not give are left out."""
    try:
        import psutil  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError(
            "this machine's counters need psutil: pip install psutil, or leave them out with --live-seconds 0"
        ) from None
    readers: dict[str, Reader] = {
        "this-machine.cpu_percent": lambda: psutil.cpu_percent(interval=None),
        "this-machine.memory_percent": lambda: psutil.virtual_memory().percent,
    }
    for kind, counters, fields in (
        ("disk", psutil.disk_io_counters, {"read": "read_bytes", "write": "write_bytes"}),
        ("network", psutil.net_io_counters, {"received": "bytes_recv", "sent": "bytes_sent"}),
    ):
        if counters():  # None in some containers
            for name, field in fields.items():
                readers[f"this-machine.{kind}_{name}_kb_s"] = rate(partial(_kilobytes, counters, field))
    return readers


def _kilobytes(counters: Callable[[], object], field: str) -> float:
    """0 when a disk or network disappears while we look: counters() is None then."""
    return float(getattr(counters(), field, 0.0)) / 1e3


def rate(read: Reader, clock: Callable[[], float] = time.monotonic) -> Reader:
    """Growth of a counter per second since the call before."""
    before = (clock(), read())

    def growth() -> float:
        nonlocal before
        now = (clock(), read())
        seconds, grown = now[0] - before[0], now[1] - before[1]
        before = now
        return max(0.0, grown / seconds) if seconds > 0 else 0.0

    return growth
