"""Reading partitions of a topic from their beginning to what is their end now."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaTimeoutError

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import Stopped

POLL_MS = 200


@dataclass(frozen=True)
class Patience:
    """How long to wait."""

    deadline: Deadline
    stopped: Callable[[], bool] = lambda: False
    """Whether the worker was asked to stop."""

    def check(self, what: str) -> None:
        """Raises KafkaTimeoutError at the deadline, Stopped when the worker is to stop."""
        if self.stopped():
            raise Stopped(f"asked to stop before {what}")
        if self.deadline.expired:
            raise KafkaTimeoutError(f"no answer in time: {what}")


def whole_log(consumer: Any, topic: str, numbers: Collection[int], patience: Patience) -> Iterator[Any]:
    """Records in the order of each partition.

    The end is the high watermark at the first answer of the broker: with read_committed this waits for
    transactions that are open below it. Raises KafkaTimeoutError, Stopped.
    """
    partitions = [KafkaPartition(topic, number) for number in numbers]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends: dict[KafkaPartition, int] = {}
    while open_ones := [p for p in partitions if not _at_end(consumer, p, ends)]:
        patience.check(f"the end of {len(open_ones)} partitions of {topic} was reached")
        for batch in consumer.poll(timeout_ms=POLL_MS).values():
            yield from batch


def await_stable_offset(consumer: Any, partition: KafkaPartition, patience: Patience) -> None:
    """Return when no transaction that moves the group's offset of the partition is open.

    A read_committed consumer gets no answer before. Raises KafkaTimeoutError, Stopped.
    """
    while True:
        try:
            consumer.committed(partition, timeout_ms=POLL_MS)
        except KafkaTimeoutError:
            patience.check(f"the last commit of {partition.topic} partition {partition.partition} ended")
        else:
            return


def _at_end(consumer: Any, partition: KafkaPartition, ends: dict[KafkaPartition, int]) -> bool:
    if partition not in ends:
        if (end := consumer.highwater(partition)) is None:
            return False
        ends[partition] = end
    position = consumer.position(partition, timeout_ms=0)
    return position is not None and position >= ends[partition]
