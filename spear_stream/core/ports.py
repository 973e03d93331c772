"""What the service needs from the outside, as Protocols; adapters live in transport, model and ops."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Decoded,
    Float32Array,
    ModelInfo,
    Observation,
    RawRecord,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)
from spear_stream.core.stored import StateChange, StoredState
from spear_stream.core.telemetry import Telemetry


class PartitionListener(Protocol):
    """Told by a source, inside poll() or close(), which partitions come and go."""

    def assigned(self, partitions: Collection[TopicPartition]) -> None: ...
    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        """Still ours: finish and commit now, afterwards another worker reads them."""

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        """Already read by another worker: drop them without committing."""


class Source(Protocol):
    """Where records come from. Offsets grow within a partition."""

    def start(self, listener: PartitionListener) -> None: ...
    def poll(self, timeout: float) -> Mapping[TopicPartition, Sequence[RawRecord]]:
        """Records per partition in offset order, after at most `timeout` seconds.

        Raises BrokerUnavailable (try again) or BrokerError (stop).
        """

    def pause(self) -> None:
        """From the next poll() on no records, until resume(): it only keeps up with the group and listens
        to what the listener is to be told. A poll() that was begun before may still bring some.
        """

    def resume(self) -> None: ...
    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """Store the next offset to read per partition. Raises BrokerError."""

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records behind the end of each assigned partition, as far as known without asking."""

    @property
    def exhausted(self) -> bool:
        """True once nothing can follow (end of a file); a topic never is."""

    def close(self, deadline: Deadline) -> None: ...


class Decoder(Protocol):
    """Bytes to samples; never raises on bad input but rejects it with a reason."""

    def decode(self, source: TopicPartition, records: Sequence[RawRecord]) -> Decoded: ...


class Sink(Protocol):
    """Where alerts and dead letters go."""

    def publish(self, events: Sequence[AlertEvent]) -> None: ...
    def reject(self, letters: Sequence[DeadLetter]) -> None: ...
    def flush(self, deadline: Deadline) -> None:
        """Return when all that was given is acknowledged. Raises DeliveryError otherwise."""

    def close(self, deadline: Deadline) -> None: ...


class Forwarder(Protocol):
    """Sends samples to the repartition topic, keyed by series."""

    def forward(self, samples: SampleBatch) -> None: ...
    def flush(self, deadline: Deadline) -> None:
        """Return when all samples are acknowledged. Raises DeliveryError otherwise."""

    def close(self, deadline: Deadline) -> None: ...


class Scorer(Protocol):
    """A frozen model: the same window gets the same logit in whatever batch it comes."""

    def score(self, windows: StructArray) -> Float32Array:
        """Highest logit of the fresh points per window, NaN for none. windows: (n,) of WindowSpec.dtype."""

    def describe(self, prompt: int) -> ModelInfo:
        """Which checkpoint and backbone score the rows of this prompt index."""


class Recorder(Protocol):
    """Receives every point, score and event, for files of scores, tables and pictures."""

    def points(self, samples: SampleBatch, observed: Observation) -> None: ...
    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        """Records that gave no sample at all, or not all they should."""

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:
        """names: the series of each window."""

    def events(self, events: Sequence[AlertEvent]) -> None: ...
    def flush(self) -> None:
        """All windows of the points seen so far have been scored."""


class StateStore(Protocol):
    """Keeps the state of partitions across restarts and moves between workers."""

    def load(
        self, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> Mapping[TopicPartition, StoredState]:
        """What was last stored of each; a partition without state is left out.

        Waits for a predecessor's commit that is still under way. Raises BrokerError when the
        state cannot be read within the deadline.
        """

    def save(self, change: StateChange) -> None:
        """Take a change; the first one of a partition after load() is a snapshot."""

    def flush(self, deadline: Deadline) -> None:
        """Return when all changes are acknowledged; a Transaction's commit does it. Raises DeliveryError."""


class Transaction(Protocol):
    """Makes all that sink, forwarder and state store were given visible together with the offsets."""

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """All or nothing; offsets are the next ones to read.

        Raises DeliveryDelayed or BrokerUnavailable when a later commit may succeed: nothing is
        lost and nothing doubled by it. Raises PartitionsLost when the group went on without us,
        WorkerFenced when another process took our identity, DeliveryError when all is in vain.
        """

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        """Forget what came of partitions that another worker reads now."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow; for timeouts and durations."""


@dataclass(frozen=True)
class Ports:
    """Everything outside the service, see service.py."""

    source: Source
    decoder: Decoder
    scorer: Scorer
    sink: Sink
    telemetry: Telemetry
    clock: Clock
    recorder: Recorder | None = None
    forwarder: Forwarder | None = None
    forwards: Callable[[TopicPartition], bool] = lambda _: False
    """Whether the records of a partition are forwarded instead of observed here."""
    forwarded: Decoder | None = None
    """Decoder of records that come back from the forwarder; `decoder` if None."""
    state: StateStore | None = None
    """None: a restarted worker warms up anew."""
    transaction: Transaction | None = None
    """Exactly once; at least once if None."""
    stopped: Callable[[], bool] = lambda: False
    """Whether the worker was asked to stop; a replay of stored state asks again and again."""
