"""Reading a stretch of a topic once, by time, outside any consumer group."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerUnavailable
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_topics import require_topics

log = logging.getLogger(__name__)

POLL_MS = 200
MAX_POLL_RECORDS = 5000


@dataclass(frozen=True)
class TimeRange:
    """Milliseconds since the epoch, by the timestamps of records; None is open."""

    since: int | None = None
    until: int | None = None
    """The first record at or after it ends the range of its partition."""


def read_range(
    connection: KafkaConnection,
    topic: str,
    wanted: TimeRange,
    monotonic: Callable[[], float],
    patience: float = 30.0,
) -> Iterator[tuple[TopicPartition, Sequence[RawRecord]]]:
    """What a topic holds of a time range now, a partition's records in order; commits nothing.

    Only committed records (read_committed); what is appended meanwhile is not read. patience: seconds
    without an answer after which BrokerUnavailable is raised. Raises BrokerError for a topic that does not
    exist or may not be read. What retention deletes meanwhile is told to the log, and what is behind it read.
    """
    require_topics(connection, [topic])
    with translated(f"reading topic {topic} on {connection.servers}"):
        consumer = connect(
            KafkaConsumer,
            connection,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # where retention deletes what is being read; else the rest is lost
            isolation_level="read_committed",
            max_poll_records=MAX_POLL_RECORDS,
        )
        try:
            yield from _records(consumer, topic, wanted, monotonic, patience)
        finally:
            consumer.close()


def _records(
    consumer: Any, topic: str, wanted: TimeRange, monotonic: Callable[[], float], patience: float
) -> Iterator[tuple[TopicPartition, Sequence[RawRecord]]]:
    partitions = [KafkaPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(partitions)
    ends = _ends(consumer, partitions, wanted.until)
    reached = _seek(consumer, partitions, wanted.since, ends)
    deadline = Deadline(patience, monotonic)
    while behind := {p for p in partitions if _position(consumer, p) < ends[p]}:
        consumer.pause(*set(partitions) - behind)
        polled = consumer.poll(timeout_ms=POLL_MS)
        if polled:
            deadline = Deadline(patience, monotonic)
        elif deadline.expired:
            raise BrokerUnavailable(
                f"topic {topic}: no record of {len(behind)} partitions came for {patience:g} s; try again"
            )
        for partition, batch in polled.items():
            _tell_loss(consumer, partition, reached[partition], batch[0].offset)
            reached[partition] = batch[-1].offset + 1
            if inside := [record for record in batch if record.offset < ends[partition]]:
                yield TopicPartition(topic, partition.partition), inside
    for partition in partitions:
        _tell_loss(consumer, partition, reached[partition], ends[partition])


def _position(consumer: Any, partition: KafkaPartition) -> int:
    """0 while the broker does not tell where a partition begins that retention has cut off."""
    return consumer.position(partition, timeout_ms=POLL_MS) or 0


def _tell_loss(consumer: Any, partition: KafkaPartition, reached: int, found: int) -> None:
    """Gaps are usual, such as the ends of transactions; one that retention made is a loss."""
    if found <= reached:
        return
    begin = consumer.beginning_offsets([partition])[partition]
    if begin > reached:
        log.warning(
            "topic %s partition %d: offsets %d to %d were deleted before they were read: what was there is "
            "missing; raise retention.ms or retention.bytes of the topic, or read a later stretch",
            partition.topic,
            partition.partition,
            reached,
            min(begin, found) - 1,
        )


def _ends(
    consumer: Any, partitions: Collection[KafkaPartition], until: int | None
) -> dict[KafkaPartition, int]:
    ends: dict[KafkaPartition, int] = consumer.end_offsets(partitions)
    if until is not None:
        for partition, found in consumer.offsets_for_times(dict.fromkeys(partitions, until)).items():
            if found is not None:
                ends[partition] = min(ends[partition], found.offset)
    return ends


def _seek(
    consumer: Any,
    partitions: Collection[KafkaPartition],
    since: int | None,
    ends: dict[KafkaPartition, int],
) -> dict[KafkaPartition, int]:
    """To the first record of the range; where there is none, to its end. Returns where that is."""
    if since is None:
        starts = consumer.beginning_offsets(partitions)
    else:
        found = consumer.offsets_for_times(dict.fromkeys(partitions, since))
        starts = {p: ends[p] if found[p] is None else found[p].offset for p in partitions}
    for partition, start in starts.items():
        consumer.seek(partition, start)
    return dict(starts)
