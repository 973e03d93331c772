"""Frozen messages that the layers pass to each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from spear_stream.core.refusals import Refusal

Float64Array = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]
IndexArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.uint8]
MarkArray = npt.NDArray[np.uint32]
StructArray = npt.NDArray[np.void]


class TopicPartition(NamedTuple):
    topic: str
    partition: int


class RawRecord(Protocol):
    """One record as a source reads it; kafka-python's ConsumerRecord satisfies this as it is."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch, set by the broker or the producer; -1 if unknown."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class PlainRecord(NamedTuple):
    """A RawRecord for sources that are not Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Measurements of one partition in log order, one row per value.

    A record with several metrics gives several rows of the same offset.
    """

    source: TopicPartition
    series: Sequence[str]
    ts: Int64Array
    """Milliseconds since the epoch."""
    value: Float64Array
    """Finite values only; the decoder rejects everything else."""
    offset: Int64Array

    def __len__(self) -> int:
        return len(self.ts)

    @classmethod
    def none(cls, source: TopicPartition) -> "SampleBatch":
        """Without a measurement."""
        nothing = np.zeros(0, np.int64)
        return cls(source, (), nothing, nothing.astype(np.float64), nothing)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be used, with its original bytes and position."""

    source: TopicPartition
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    reason: str
    """A stable code, of refusals.py or of transport/faults.py; docs/operations.md lists them."""
    detail: str
    """For people: what was found and where."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a decoder made of the records of one partition."""

    samples: SampleBatch
    rejected: Sequence[DeadLetter]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A sample that the detector refused."""

    row: int
    """Index into the SampleBatch."""
    reason: Refusal
    detail: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of one SampleBatch, row for row."""

    windows: StructArray
    """Windows that are due, self-contained."""
    rejections: Sequence[Rejection]
    accepted: BoolArray
    warming_up: BoolArray
    """Accepted samples of series that have too few points for a window."""
    told: Sequence["AlertEvent"] = ()
    """What ended or began without a score: a series went silent, came back, or made room for others."""


def probability_of(score: Float64Array) -> Float64Array:
    """A score on a linear scale: 1 - the tail probability that it would be the rarity of."""
    return np.asarray(1.0 - 10.0 ** (-10.0 * score))


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of the windows of one batch, row for row."""

    model: Float32Array
    """What the model alone says, in [0, 1]."""
    score: Float64Array
    """What alerts go by, in [0, 1]: evidence.py."""

    @property
    def probability(self) -> Float64Array:
        return probability_of(self.score)


@dataclass(frozen=True, slots=True)
class Point:
    ts: int
    value: float
    weight: float
    """Share of this point in the window's deviation, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Expected:
    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    checkpoint: str
    backbone: str


@dataclass(frozen=True, slots=True)
class Position:
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One event in the life of an alert; times in milliseconds since the epoch.

    `alert_id` depends on series, opening position and time: a replay yields the same.
    """

    type: str
    """`opened`, `updated` or `closed`."""
    alert_id: str
    sequence: int
    """0 for opened, then counting up."""
    series: str
    started_at: int
    last_seen_at: int
    ended_at: int | None
    resolution: str | None
    """Of a closed one, `recovered`, `new_level`, `silent` or `forgotten`."""
    score: float
    peak_score: float
    probability: float
    severity: str
    kind: str
    observed: float
    expected: Expected
    points: tuple[Point, ...]
    model: ModelInfo
    position: Position
