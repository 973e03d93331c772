"""What the main loop hands to sink, forwarder and recorder, and how much of it is not committed yet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from spear_stream.core.ports import Ports
from spear_stream.core.records import AlertEvent, DeadLetter, SampleBatch

MESSAGE_BYTES = 1000
"""Memory of one message that waits for a commit, beside the bytes of the record it is about."""


class Outputs:
    """One place to publish, reject, forward and time."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.uncommitted = 0
        """About the bytes of memory that the next commit frees."""

    def read(self, size: int) -> None:
        """Records of so many bytes are taken in; a dead letter or the state's journal may hold them."""
        self.uncommitted += size

    def publish(self, events: Sequence[AlertEvent]) -> None:
        self.uncommitted += MESSAGE_BYTES * len(events)
        with self.timed("publish"):
            self._ports.sink.publish(events)
        for event in events:
            self._ports.telemetry.alert(event)
        if self._ports.recorder is not None:
            self._ports.recorder.events(events)

    def reject(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        self.uncommitted += MESSAGE_BYTES * len(letters)
        for letter in letters:
            self._ports.telemetry.rejected(letter.reason)
        self._ports.sink.reject(letters)
        if self._ports.recorder is not None:
            self._ports.recorder.rejected(letters)

    def forward(self, samples: SampleBatch) -> None:
        if self._ports.forwarder is not None:
            self.uncommitted += MESSAGE_BYTES * len(samples)
            self._ports.forwarder.forward(samples)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = self._ports.clock.monotonic()
        yield
        self._ports.telemetry.stage(stage, self._ports.clock.monotonic() - started)
