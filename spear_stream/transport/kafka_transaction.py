"""Exactly once: what sink, forwarder and state store send, and the offsets, in one transaction."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka.errors import KafkaError

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import (
    BrokerError,
    DeliveryDelayed,
    DeliveryError,
    PartitionsLost,
    WorkerFenced,
)
from spear_stream.core.records import TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_errors import translate, translated
from spear_stream.transport.kafka_producer import (
    Message,
    abort,
    await_answer,
    close_producer,
    idempotent_producer,
    know_partitions,
    send,
)
from spear_stream.transport.kafka_source import KafkaSource, kafka_offsets
from spear_stream.transport.kafka_topics import require_topics


@dataclass(frozen=True)
class Identity:
    """Who writes; the broker lets only the newest process of a transactional id go on."""

    transactional_id: str
    timeout: float
    """Seconds after which the broker aborts an open transaction. One is opened by a commit and ended
    within the commit's deadline, so this bounds how long a killed worker holds up those who read on."""


class KafkaTransaction:
    """core.ports.Transaction, and the Producer that the outputs write to: it keeps their messages until
    a transaction with them went through.

    After any failure the producer is closed and the next commit makes a new one: kafka-python may have
    lost count, and going on could tear a transaction apart. When the answer to a commit is missing, the
    group's offsets tell whether it went through, since they are part of it.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        identity: Identity,
        topics: Collection[str],
        source: KafkaSource,
        report: Callable[..., None],
    ) -> None:
        """report(committed=True or False) is called once per transaction.

        Raises BrokerError, for a missing topic too, or BrokerUnavailable.
        """
        require_topics(connection, list(topics))
        self._connection = connection
        self._identity = identity
        self._topics = list(topics)
        self._source = source
        self._report = report
        self._messages: list[Message] = []
        self._doubtful: list[Message] = []
        self._doubtful_offsets: dict[TopicPartition, int] = {}
        self._producer: Any = transactional_producer(connection, identity, self._topics)

    def send(self, message: Message) -> None:
        self._messages.append(message)

    def flush(self, deadline: Deadline) -> None:
        """Nothing: only a commit delivers."""

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """1. a producer without a past, and certainty about the last transaction
        2. begin
        3. send all messages and wait until they are written
        4. send the offsets, as a member of the group's present generation
        5. commit
        """
        ahead = self._source.ahead(offsets)
        if not ahead:
            return
        with self._given_up_on_failure():
            self._resolve(deadline)
            self._transact(ahead, deadline)
        self._settle(ahead)
        self._report(committed=True)

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        self._messages = [m for m in self._messages if m.source not in partitions]
        self._doubtful = [m for m in self._doubtful if m.source not in partitions]
        for partition in partitions:
            self._doubtful_offsets.pop(partition, None)

    def close(self, deadline: Deadline) -> None:
        """Nothing is open between two commits."""
        producer, self._producer = self._producer, None
        if producer is not None:
            close_producer(producer, deadline.remaining)

    def _resolve(self, deadline: Deadline) -> None:
        """Step 1. A new producer's init_transactions ends what is open under its id, one way or the other."""
        if self._producer is None:
            # Of a topic that was deleted a producer only says "timeout".
            require_topics(self._connection.within(deadline.remaining), self._topics)
            connection = self._connection.within(deadline.remaining)
            self._producer = transactional_producer(connection, self._identity, self._topics)
        if self._doubtful_offsets and self._source.has_committed(self._doubtful_offsets, deadline):
            self._doubtful.clear()
        self._messages, self._doubtful = [*self._doubtful, *self._messages], []
        self._doubtful_offsets = {}

    def _transact(self, ahead: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        producer, manager = self._producer, self._producer._transaction_manager  # noqa: SLF001  # see await_answer
        producer.begin_transaction()
        sent = [(message.topic, send(producer, message)) for message in self._messages]
        for topic, record in sent:
            self._require_written(topic, record, deadline)
        self._wait(
            manager.send_offsets_to_transaction(kafka_offsets(ahead), self._source.membership()), deadline
        )
        self._doubtful, self._messages = self._messages, []
        self._doubtful_offsets = dict(ahead)
        self._wait(manager.begin_commit(), deadline)

    def _require_written(self, topic: str, record: Any, deadline: Deadline) -> None:
        """Raises BrokerError. kafka-python 3.0.12's flush() fails on batches that it cuts for their size."""
        try:
            record.get(timeout=deadline.remaining)
        except KafkaError as error:
            raise translate(error, f"writing to topic {topic} at {self._connection.servers}") from error

    def _settle(self, ahead: Mapping[TopicPartition, int]) -> None:
        self._doubtful, self._doubtful_offsets = [], {}
        self._source.committed(ahead)

    def _wait(self, result: Any, deadline: Deadline) -> None:
        await_answer(self._producer, result, deadline.remaining)

    @contextmanager
    def _given_up_on_failure(self) -> Iterator[None]:
        count = len(self._messages) + len(self._doubtful)
        try:
            with translated(f"committing as {self._identity.transactional_id} at {self._connection.servers}"):
                yield
        except BrokerError as error:
            self._report(committed=False)
            self._discard()
            if isinstance(error, PartitionsLost | WorkerFenced):
                raise
            kind = DeliveryDelayed if error.retriable else DeliveryError
            raise kind(f"{count} records are not acknowledged: {error}") from error

    def _discard(self) -> None:
        """Close the producer; abort only what it was not asked to commit."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        if not self._doubtful_offsets:
            abort(producer)
        close_producer(producer, 0.0)


def transactional_producer(
    connection: KafkaConnection, identity: Identity, topics: Collection[str], **more: object
) -> Any:
    """A producer that may begin transactions and knows the partitions of the topics. more: of its settings.

    Raises BrokerError, BrokerUnavailable.
    """
    name, timeout_ms = identity.transactional_id, int(1000 * identity.timeout)
    producer = idempotent_producer(
        connection, transactional_id=name, transaction_timeout_ms=timeout_ms, **more
    )
    try:
        know_partitions(producer, topics, f"{', '.join(topics)} at {connection.servers}")
        with translated(f"opening transactions as {name} at {connection.servers}"):
            producer.init_transactions()
    except BrokerError:
        close_producer(producer, 0.0)
        raise
    return producer
