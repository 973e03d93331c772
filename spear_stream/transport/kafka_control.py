"""The control topic: one compacted partition, so that what is said has one order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer

from spear_stream.core.control import ControlChange
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, BrokerUnavailable
from spear_stream.transport.control_records import LARGEST_VALUE, ControlRecord, decode_control
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_log import Patience, whole_log
from spear_stream.transport.kafka_producer import close_producer, idempotent_producer, transaction
from spear_stream.transport.kafka_topics import (
    CREATE,
    Topic,
    administering,
    describe_topics,
    not_compacted,
    require_topics,
    topic_config,
)
from spear_stream.transport.kafka_transaction import Identity, transactional_producer

CREATE_OPTIONS = " --partitions 1 --config cleanup.policy=compact"
PARTITION = 0
LOSS = "checkpoints are deleted with time"
"""What happens in a topic that is not compacted."""
LARGEST_REQUEST = 4 * LARGEST_VALUE
TRANSACTION_TIMEOUT = 20.0
"""Seconds that a writer which was killed may hold up readers: less than the next command waits to read."""


class KafkaControl:
    """core.control.Control."""

    def __init__(
        self, connection: KafkaConnection, topic: str, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """stopped: whether the worker was asked to stop, which ends a load.

        Raises BrokerError, for a missing topic or one of several partitions too, or BrokerUnavailable.
        """
        [found] = require_topics(connection, (topic,), CREATE_OPTIONS)
        require_one_partition(found, connection)
        self._connection = connection
        self._topic = topic
        self._stopped = stopped
        self._consumer: Any = connect(
            KafkaConsumer,
            connection,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
        )

    def load(self, deadline: Deadline) -> Iterator[ControlChange]:
        """Raises BrokerError when the end of the topic is not reached in time, Stopped."""
        patience = Patience(deadline, self._stopped)
        try:
            with translated(self._doing):
                yield from map(decode_control, whole_log(self._consumer, self._topic, (PARTITION,), patience))
        except BrokerUnavailable as error:
            raise BrokerError(str(error)) from error

    def poll(self) -> Sequence[ControlChange]:
        """Nothing, and no error, while the broker is away."""
        with translated(self._doing):
            polled = self._consumer.poll(timeout_ms=0)
        return [decode_control(record) for batch in polled.values() for record in batch]

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=0)

    @property
    def _doing(self) -> str:
        return f"reading the control topic {self._topic} at {self._connection.servers}"


def write_control(
    connection: KafkaConnection,
    topic: str,
    records: Iterable[ControlRecord],
    transactional_id: str | None = None,
) -> None:
    """In this order, and acknowledged when it returns; with a transactional id seen whole or not at all.

    Raises BrokerError, for a topic too that would not keep them.
    """
    _require_keeping(connection, topic)
    producer = _producer(connection, topic, transactional_id)
    is_whole = transactional_id is not None
    try:
        with (
            translated(f"writing the control topic {topic} at {connection.servers}"),
            transaction(producer, connection.request_timeout) if is_whole else nullcontext(),
        ):
            for key, value, headers in records:
                sent = producer.send(topic, value, key=key, headers=list(headers), partition=PARTITION)
                sent.get(timeout=connection.request_timeout)
    finally:
        close_producer(producer, 0.0)


def _producer(connection: KafkaConnection, topic: str, transactional_id: str | None) -> Any:
    if transactional_id is None:
        return idempotent_producer(connection, max_request_size=LARGEST_REQUEST)
    identity = Identity(transactional_id, TRANSACTION_TIMEOUT)
    return transactional_producer(connection, identity, (topic,), max_request_size=LARGEST_REQUEST)


def _require_keeping(connection: KafkaConnection, name: str) -> None:
    """Raises BrokerError."""
    with administering(connection) as admin:
        topic = described(admin, connection, name)
        config = topic_config(admin, connection, name)
    if "WRITE" not in topic.operations:
        raise BrokerError(f"no WRITE access to topic {name}; allow the user of kafka.username Write on it")
    if config and (problem := not_compacted(config, connection, name, LOSS)):
        raise BrokerError(problem)


def require_one_partition(topic: Topic, connection: KafkaConnection) -> None:
    """Raises BrokerError."""
    if topic.partitions != 1:
        raise BrokerError(
            f"the control topic {topic.name} has {topic.partitions} partitions, it must have one; "
            f"create another ({create_command(topic.name, connection)}) and set SPEAR_KAFKA__CONTROL_TOPIC"
        )


def create_command(topic: str, connection: KafkaConnection) -> str:
    return CREATE.format(server=connection.bootstrap_servers[0], topic=topic, options=CREATE_OPTIONS)


def described(admin: KafkaAdminClient, connection: KafkaConnection, topic: str) -> Topic:
    """The control topic. Raises BrokerError for a missing one or one of several partitions."""
    [found] = describe_topics(admin, connection, [topic], CREATE_OPTIONS)
    if found.problem:
        raise found.problem
    require_one_partition(found, connection)
    return found
