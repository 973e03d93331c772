"""The state of partitions in a compacted topic."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, BrokerUnavailable
from spear_stream.core.records import StateChange, StoredState, TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_log import whole_log
from spear_stream.transport.kafka_producer import Message, Producer
from spear_stream.transport.kafka_topics import require_topics
from spear_stream.transport.state_parts import RUN_BYTES, Assembler, Run, decode_part

CREATE_OPTIONS = " --partitions N --config cleanup.policy=compact --config segment.bytes=104857600"
FETCH_BYTES = 16_000_000


class KafkaState:
    """core.ports.StateStore. The state of input partition p is in partition p of the state topic, counted
    around when that has fewer; changing its number of partitions makes the state unfindable.

    Keys start with the consumer group, so groups may share the topic.
    """

    def __init__(self, connection: KafkaConnection, topic: str, group_id: str, producer: Producer) -> None:
        """Raises BrokerError, for a missing topic too, or BrokerUnavailable."""
        [found] = require_topics(connection, (topic,), CREATE_OPTIONS)
        self._connection = connection
        self._topic = topic
        self._partitions = found.partitions
        self._group_id = group_id
        self._producer = producer
        self._runs: dict[TopicPartition, Run] = {}

    def load(
        self, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> Mapping[TopicPartition, StoredState]:
        """Raises BrokerError when the broker does not answer in time, StateError for what is no state."""
        for partition in partitions:
            self._runs.pop(partition, None)
        try:
            consumer = connect(KafkaConsumer, self._connection, **self._arguments())
        except BrokerUnavailable as error:
            raise BrokerError(f"{self._doing}: {error}") from error
        try:
            with translated(self._doing):
                self._await_predecessors(consumer, partitions, deadline)
                return self._read(consumer, partitions, deadline)
        except BrokerUnavailable as error:
            raise BrokerError(str(error)) from error
        finally:
            consumer.close(autocommit=False)

    def save(self, change: StateChange) -> None:
        if change.snapshot:
            self._runs[change.partition] = Run(secrets.token_bytes(RUN_BYTES))
        for index, part in self._runs[change.partition].split(change.data):
            self._producer.send(
                Message(
                    self._topic,
                    self._key(change.partition, index),
                    part.encode(),
                    partition=self._partition_of(change.partition),
                    source=change.partition,
                )
            )

    def flush(self, deadline: Deadline) -> None:
        self._producer.flush(deadline)

    @property
    def _doing(self) -> str:
        return f"restoring state from topic {self._topic} at {self._connection.servers}"

    def _arguments(self) -> dict[str, Any]:
        """A consumer that joins no group; it names the group to ask for its offsets."""
        return {
            "group_id": self._group_id,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "max_partition_fetch_bytes": FETCH_BYTES,
        }

    def _await_predecessors(
        self, consumer: Any, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> None:
        """A read_committed consumer gets no offsets before the transactions that move them have ended.

        So whoever had the partitions before us has committed or failed when this returns, and the group
        refuses what it would commit later.
        """
        for partition in partitions:
            consumer.committed(KafkaPartition(*partition), timeout_ms=1000 * deadline.remaining)

    def _read(
        self, consumer: Any, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> dict[TopicPartition, StoredState]:
        wanted = {self._key_prefix(partition): partition for partition in partitions}
        found = {partition: Assembler() for partition in partitions}
        for record in whole_log(consumer, self._topic, self._homes(partitions), deadline):
            group, topic, number, _ = msgspec.json.decode(record.key)
            partition = wanted.get((group, topic, number))
            if partition is not None and record.value is not None:
                found[partition].add(decode_part(record.value))
        stored = {partition: assembler.stored() for partition, assembler in found.items()}
        return {partition: state for partition, state in stored.items() if state is not None}

    def _homes(self, partitions: Collection[TopicPartition]) -> set[int]:
        return {self._partition_of(partition) for partition in partitions}

    def _partition_of(self, partition: TopicPartition) -> int:
        return partition.partition % self._partitions

    def _key_prefix(self, partition: TopicPartition) -> tuple[str, str, int]:
        return self._group_id, partition.topic, partition.partition

    def _key(self, partition: TopicPartition, index: int) -> bytes:
        return msgspec.json.encode((*self._key_prefix(partition), index))
