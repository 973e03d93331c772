"""The state of partitions in a compacted topic."""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, BrokerUnavailable, StateError
from spear_stream.core.ledger import CURE
from spear_stream.core.records import TopicPartition
from spear_stream.core.stored import StateChange, StoredState
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_log import Patience, await_stable_offset, whole_log
from spear_stream.transport.kafka_producer import Message, Producer
from spear_stream.transport.kafka_topics import require_topics, topic_ids
from spear_stream.transport.state_parts import RUN_BYTES, Assembler, Part, Run, decode_part

CREATE_OPTIONS = " --partitions N --config cleanup.policy=compact --config segment.bytes=104857600"
LOSS = "state that is not written for a while is lost, or none ever deleted"
"""What happens in a topic that is not compacted."""
FETCH_BYTES = 16_000_000
OUTDATED = "is of a topic that was deleted since; its series warm up anew"
TORN = "is not whole, as a kill leaves it at least once; its series go on from what is, or warm up anew"
TOPIC_ID = "spear_topic_id"
"""Header: the id of the input topic when the state was written."""
_Key = tuple[str, str, int, int]
"""Group, topic, partition, index of the part."""
log = logging.getLogger(__name__)


class KafkaState:
    """core.ports.StateStore. The state of input partition p is in partition p of the state topic, counted
    around when that has fewer; changing its number of partitions makes the state unfindable.

    Keys start with the consumer group, so groups may share the topic.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        topic: str,
        group_id: str,
        producer: Producer,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """stopped: whether the worker was asked to stop, which ends a load.

        Raises BrokerError, for a missing topic too, or BrokerUnavailable.
        """
        [found] = require_topics(connection, (topic,), CREATE_OPTIONS)
        self._connection = connection
        self._topic = topic
        self._partitions = found.partitions
        self._group_id = group_id
        self._producer = producer
        self._stopped = stopped
        self._runs: dict[TopicPartition, Run] = {}
        self._topic_ids: dict[str, str] = {}

    def load(
        self, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> Mapping[TopicPartition, StoredState]:
        """Without the state of a topic that was deleted and created anew: its offsets mean other records.

        Raises BrokerError when the broker does not answer in time, StateError for what is no state, Stopped.
        """
        log.info("restoring the state of %d partitions from topic %s", len(partitions), self._topic)
        patience = Patience(deadline, self._stopped)
        for partition in partitions:
            self._runs.pop(partition, None)
        try:
            self._topic_ids |= topic_ids(self._connection, {partition.topic for partition in partitions})
            consumer = connect(KafkaConsumer, self._connection, **self._arguments())
        except BrokerUnavailable as error:
            raise BrokerError(f"{self._doing}: {error}") from error
        try:
            with translated(self._doing):
                self._await_predecessors(consumer, partitions, patience)
                return self._read(consumer, partitions, patience)
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
                    self._headers(change.partition),
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
        self, consumer: Any, partitions: Collection[TopicPartition], patience: Patience
    ) -> None:
        """Whoever had the partitions before us has committed or failed when this returns, and the group
        refuses what it would commit later.
        """
        for partition in partitions:
            await_stable_offset(consumer, KafkaPartition(*partition), patience)

    def _read(
        self, consumer: Any, partitions: Collection[TopicPartition], patience: Patience
    ) -> dict[TopicPartition, StoredState]:
        wanted = {self._key_prefix(partition): partition for partition in partitions}
        found = {p: Assembler(f"topic {self._topic}, partition {self._partition_of(p)}") for p in partitions}
        outdated: set[TopicPartition] = set()
        for record in whole_log(consumer, self._topic, self._homes(partitions), patience):
            partition = wanted.get(_prefix_of(record.key))
            if partition is None or record.value is None:
                continue
            if self._is_of_another_topic(partition, record.headers):
                outdated.add(partition)
            else:
                found[partition].add(_part_of(record), record.offset)
        _warn_of(outdated, OUTDATED)
        _warn_of([partition for partition, assembler in found.items() if assembler.torn], TORN)
        stored = {partition: assembler.stored() for partition, assembler in found.items()}
        return {partition: state for partition, state in stored.items() if state is not None}

    def _headers(self, partition: TopicPartition) -> list[tuple[str, bytes]]:
        topic_id = self._topic_ids.get(partition.topic)
        return [(TOPIC_ID, topic_id.encode())] if topic_id else []

    def _is_of_another_topic(self, partition: TopicPartition, headers: Sequence[tuple[str, bytes]]) -> bool:
        written, present = dict(headers).get(TOPIC_ID), self._topic_ids.get(partition.topic)
        return written is not None and present is not None and written != present.encode()

    def _homes(self, partitions: Collection[TopicPartition]) -> set[int]:
        return {self._partition_of(partition) for partition in partitions}

    def _partition_of(self, partition: TopicPartition) -> int:
        return partition.partition % self._partitions

    def _key_prefix(self, partition: TopicPartition) -> tuple[str, str, int]:
        return self._group_id, partition.topic, partition.partition

    def _key(self, partition: TopicPartition, index: int) -> bytes:
        return msgspec.json.encode((*self._key_prefix(partition), index))


def _prefix_of(key: bytes | None) -> tuple[str, str, int]:
    """Of nobody for a key that no spear-stream wrote."""
    try:
        group, topic, partition, _ = msgspec.json.decode(key or b"", type=_Key)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "", "", 0
    return group, topic, partition


def _part_of(record: Any) -> Part:
    try:
        return decode_part(record.value)
    except StateError as error:
        where = f"topic {record.topic}, partition {record.partition}, offset {record.offset}"
        raise StateError(f"{where}: {error}; {CURE}") from error


def _warn_of(partitions: Collection[TopicPartition], what: str) -> None:
    if partitions:
        log.warning(
            "%s: the stored state %s", ", ".join(f"{p.topic}-{p.partition}" for p in sorted(partitions)), what
        )
