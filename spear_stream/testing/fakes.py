"""Clock, sink, recorder and forwarder in memory."""

from collections.abc import Collection, Sequence

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)


class FakeClock:
    """core.ports.Clock that stands still until told otherwise."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds


class ListSink:
    """core.ports.Sink that remembers what it was given, and what of it was acknowledged."""

    def __init__(self) -> None:
        self.events: list[AlertEvent] = []
        self.letters: list[DeadLetter] = []
        self.acknowledged: list[AlertEvent] = []
        self.acknowledged_letters: list[DeadLetter] = []
        self.flush_faults: list[BaseException] = []
        """Raised by the next flushes, one each, before anything is acknowledged."""
        self.closed = False

    def publish(self, events: Sequence[AlertEvent]) -> None:
        self.events += events

    def reject(self, letters: Sequence[DeadLetter]) -> None:
        self.letters += letters

    def flush(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        if self.flush_faults:
            raise self.flush_faults.pop(0)
        self.acknowledged += self.events[len(self.acknowledged) :]
        self.acknowledged_letters += self.letters[len(self.acknowledged_letters) :]

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        """Forget what came of these and is not acknowledged."""
        done, letters = len(self.acknowledged), len(self.acknowledged_letters)
        self.events[done:] = [e for e in self.events[done:] if _source_of(e) not in partitions]
        self.letters[letters:] = [x for x in self.letters[letters:] if x.source not in partitions]

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        self.closed = True


def _source_of(event: AlertEvent) -> TopicPartition:
    return TopicPartition(event.position.topic, event.position.partition)


class ListRecorder:
    """core.ports.Recorder that remembers the order of what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        """Name of the call and the number of points, letters, windows or events."""
        self.names: list[str] = []
        """Series of the scores."""

    def points(self, samples: SampleBatch, observed: Observation) -> None:  # noqa: ARG002 - of the port
        self.told.append(("points", len(samples)))

    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        self.told.append(("rejected", len(letters)))

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:  # noqa: ARG002 - of the port
        self.names += names
        self.told.append(("scores", len(windows)))

    def events(self, events: Sequence[AlertEvent]) -> None:
        self.told.append(("events", len(events)))

    def flush(self) -> None:
        self.told.append(("flush", 0))


class ListForwarder:
    """core.ports.Forwarder that keeps what it was given."""

    def __init__(self) -> None:
        self.series: list[str] = []
        self.flushed = 0
        self.closed = False

    def forward(self, samples: SampleBatch) -> None:
        self.series += samples.series

    def flush(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        self.flushed = len(self.series)

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        self.closed = True
