"""Reading partitions of a topic from their beginning to what is their end now."""

from collections.abc import Collection, Iterator
from typing import Any

from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaTimeoutError

from spear_stream.core.deadline import Deadline

POLL_MS = 200


def whole_log(consumer: Any, topic: str, numbers: Collection[int], deadline: Deadline) -> Iterator[Any]:
    """Records in the order of each partition.

    The end is the high watermark at the first answer of the broker: with read_committed this waits for
    transactions that are open below it. Raises KafkaTimeoutError at the deadline.
    """
    partitions = [KafkaPartition(topic, number) for number in numbers]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends: dict[KafkaPartition, int] = {}
    while open_ones := [p for p in partitions if not _at_end(consumer, p, ends)]:
        if deadline.expired:
            raise KafkaTimeoutError(f"no end of {len(open_ones)} partitions of {topic} was reached in time")
        for batch in consumer.poll(timeout_ms=POLL_MS).values():
            yield from batch


def _at_end(consumer: Any, partition: KafkaPartition, ends: dict[KafkaPartition, int]) -> bool:
    if partition not in ends:
        if (end := consumer.highwater(partition)) is None:
            return False
        ends[partition] = end
    position = consumer.position(partition, timeout_ms=0)
    return position is not None and position >= ends[partition]
