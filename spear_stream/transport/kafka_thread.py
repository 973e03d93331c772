"""kafka-python's calls that block, on a thread of their own."""

from collections.abc import Callable
from concurrent.futures import Future
from math import inf
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

Result = TypeVar("Result")


class PollingThread:
    """Runs kafka-python's blocking calls on a thread of their own while the caller waits.

    kafka-python 3 calls its listener on its I/O thread, in the middle of poll() or close(),
    where nothing may block and nothing can be committed. Here the waiting caller runs the
    listener, so the service knows one thread only and may commit in `revoked`, and the
    I/O thread goes on sending heartbeats.

    A daemon thread, unlike those of an executor: a process that ends on an error in a rebalance must not
    wait for a call that only its caller could have ended.
    """

    def __init__(self) -> None:
        self._blocking: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._running: Future[Any] | None = None
        self._open = True
        self._thread = Thread(target=self._work, name="kafka-poll", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """A call went on beyond the caller's patience."""
        return self._running is not None

    def run(self, blocking: Callable[[], Result], patience: float) -> Result | None:
        """What `blocking` returns or raises, None when that takes more than `patience` seconds.

        Then it goes on, and the next run() waits for it instead of starting anything.
        Runs what call_soon() hands over while it waits.
        """
        if self._running is None:
            running = self._running = Future()
            running.add_done_callback(lambda _: self._calls.put(_nothing))
            self._blocking.put(lambda: _settle(running, blocking))
        return self._wait(self._running, patience)

    def finish(self) -> None:
        """Wait for a call that still goes on; raises what it raises."""
        if self._running is not None:
            self._wait(self._running, inf)

    def call_soon(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def close(self) -> None:
        """The thread ends, after a call that still goes on."""
        self._blocking.put(self._end)

    def _work(self) -> None:
        while self._open:
            self._blocking.get()()

    def _end(self) -> None:
        self._open = False

    def _wait(self, running: Future[Result], patience: float) -> Result | None:
        end = monotonic() + patience
        while not running.done():
            call = self._next_call(end - monotonic())
            if call is None:
                return None
            call()
        self._running = None
        return running.result()

    def _next_call(self, timeout: float) -> Callable[[], None] | None:
        try:
            return self._calls.get(timeout=None if timeout == inf else max(0.0, timeout))
        except Empty:
            return None


def _settle(running: Future[Any], blocking: Callable[[], Any]) -> None:
    try:
        running.set_result(blocking())
    except BaseException as error:  # noqa: BLE001  # the caller gets it
        running.set_exception(error)


def _nothing() -> None:
    """Wakes run() when its call has ended."""
