"""Clock, sink, recorder, forwarder and telemetry in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import SpearError
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


class RecordingTelemetry:
    """core.ports.Telemetry that can be asked afterwards."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        """Of records, bytes, samples, warming_up, windows, coarse, scored, batches, alerts and commits."""
        self.rejections: Counter[str] = Counter()
        """Dead letters by reason."""
        self.stages: Counter[str] = Counter()
        """How often each stage of the main loop was timed."""
        self.loads: list[tuple[int, bool]] = []
        """Windows left at the end of each step and whether some of them were due."""
        self.lags: list[dict[TopicPartition, int]] = []
        self.left: list[list[TopicPartition]] = []
        """Partitions that went before all was committed, once per time."""
        self.key_changes: Counter[tuple[str, str]] = Counter()
        """By series and topic."""
        self.troubles: list[SpearError] = []
        self.batch_sizes: list[int] = []
        """Limits that batches got because memory ran out."""
        self.unscorables: list[Exception] = []
        self.splits: dict[str, Sequence[TopicPartition]] = {}

    def polled(self, partition: TopicPartition, records: int, size: int) -> None:  # noqa: ARG002 - of the port
        self.totals.update(records=records, bytes=size)

    def rejected(self, reason: str) -> None:
        self.rejections[reason] += 1

    def observed(self, samples: int, warming_up: int, windows: int, coarse: int) -> None:
        self.totals.update(samples=samples, warming_up=warming_up, windows=windows, coarse=coarse)

    def scored(self, windows: int, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.totals.update(scored=windows, batches=1)

    def batch_split(self, windows: int) -> None:
        self.batch_sizes.append(windows)

    def unscorable(self, error: Exception) -> None:
        self.unscorables.append(error)

    def stage(self, name: str, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.stages[name] += 1

    def alert(self, event: AlertEvent) -> None:  # noqa: ARG002 - of the port
        self.totals["alerts"] += 1

    def committed(self) -> None:
        self.totals["commits"] += 1

    def lag(self, lag: Mapping[TopicPartition, int]) -> None:
        self.lags.append(dict(lag))

    def windows_skipped(self, windows: int) -> None:
        self.totals["windows_skipped"] += windows

    def left_behind(self, partitions: Collection[TopicPartition]) -> None:
        self.left.append(sorted(partitions))

    def load(self, pending: int, overloaded: bool, series: int, state_bytes: int) -> None:  # noqa: ARG002, FBT001 - of the port
        self.loads.append((pending, overloaded))

    def trouble(self, error: SpearError) -> None:
        self.troubles.append(error)

    def restored(self, series: int, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.totals["restored"] += series

    def skipped(self, records: int) -> None:
        self.totals["skipped"] += records

    def state_saved(self, size: int, *, snapshot: bool) -> None:
        self.totals.update(state_bytes=size, snapshots=int(snapshot), changes=1)

    def split_series(self, series: str, partitions: Sequence[TopicPartition]) -> None:
        self.splits[series] = partitions

    def key_changed(self, series: str, topic: str) -> None:
        self.key_changes[series, topic] += 1
