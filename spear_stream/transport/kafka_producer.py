"""Sending records and knowing which of them the brokers have."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, BrokerUnavailable, DeliveryDelayed, DeliveryError
from spear_stream.core.records import TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translate, translated
from spear_stream.transport.kafka_topics import require_topics

CONNECT = 1.0
"""Seconds to connect, and to get an answer, when a failed flush asks whether the topics are still there."""
DELIVERY_TIMEOUT_MS = 120_000
"""kafka-python gives up a batch after this long; the next flush sends its records again."""
ABORT_PATIENCE = 1.0
"""Seconds that a failed transaction is given to be aborted; otherwise init_transactions aborts it, or its
timeout does."""


class Message(NamedTuple):
    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    """Chosen by the key when None."""
    source: TopicPartition | None = None
    """The partition whose records led to this message."""


class Producer(Protocol):
    """What sink, forwarder and state store write to."""

    def send(self, message: Message) -> None:
        """Returns at once."""

    def flush(self, deadline: Deadline) -> None:
        """Return when all is acknowledged. Raises DeliveryError."""

    def close(self, deadline: Deadline) -> None: ...


@dataclass
class _Sent:
    message: Message
    future: Any = None
    """kafka-python's FutureRecordMetadata; None when the record did not get as far."""
    error: KafkaError | None = None

    @property
    def failed(self) -> bool:
        return self.future is None or bool(self.future.failed())

    def acknowledged(self, timeout: float) -> bool:
        """Waits for at most `timeout` seconds."""
        if self.future is None:
            return False
        try:
            self.future.get(timeout=timeout)
        except KafkaError as error:
            self.error = error
            return False
        return True


def idempotent_producer(connection: KafkaConnection, **more: object) -> Any:
    """A KafkaProducer with the settings of docs/delivery.md, and `more`. Raises what connect() raises."""
    return connect(
        KafkaProducer,
        connection,
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        linger_ms=5,
        max_block_ms=connection.request_timeout_ms,
        delivery_timeout_ms=max(DELIVERY_TIMEOUT_MS, 2 * connection.request_timeout_ms),
        **more,
    )


class AcknowledgedProducer:
    """An idempotent producer with acks=all that keeps every record until it is acknowledged.

    A record that the producer gave up is sent again by the next flush, which may put it
    behind later records of its key.
    """

    def __init__(self, connection: KafkaConnection, topics: Sequence[str]) -> None:
        """Raises BrokerError, for a missing topic too, or BrokerUnavailable."""
        require_topics(connection, topics)
        self._connection = connection.within(CONNECT)
        self._topics = list(topics)
        self._unacknowledged: list[_Sent] = []
        self._producer = idempotent_producer(connection)
        know_partitions(self._producer, topics, f"{', '.join(topics)} at {connection.servers}")

    def send(self, message: Message) -> None:
        """Returns at once; flush() tells whether it arrived."""
        self._unacknowledged.append(self._send(message))

    def flush(self, deadline: Deadline) -> None:
        """Returns when every record so far is acknowledged.

        Raises DeliveryDelayed when a later flush may succeed, DeliveryError when none will
        (refused: too large, no access). Records stay with the producer until acknowledged.
        """
        sent = [self._send(item.message) if item.failed else item for item in self._unacknowledged]
        self._unacknowledged = [item for item in sent if not item.acknowledged(deadline.remaining)]
        if self._unacknowledged:
            undelivered = self._undelivered(len(sent))
            if undelivered.retriable:
                self._require_topics()
            raise undelivered

    def close(self, deadline: Deadline) -> None:
        """Stop sending; what no flush confirmed may be lost."""
        close_producer(self._producer, deadline.remaining)

    def _send(self, message: Message) -> _Sent:
        try:
            return _Sent(message, send(self._producer, message))
        except KafkaError as error:
            return _Sent(message, error=error)

    def _require_topics(self) -> None:
        """Raises DeliveryError when one is gone, of which a producer only says that it timed out."""
        try:
            require_topics(self._connection, self._topics)
        except BrokerUnavailable:
            return
        except BrokerError as error:
            raise DeliveryError(str(error)) from error

    def _undelivered(self, total: int) -> DeliveryError:
        causes = [
            translate(item.error, f"writing to topic {item.message.topic} at {self._connection.servers}")
            for item in self._unacknowledged
            if item.error
        ]
        worst = min(causes, key=lambda cause: cause.retriable)
        kind = DeliveryDelayed if worst.retriable else DeliveryError
        return kind(f"{len(causes)} of {total} records are not acknowledged: {worst}")


def send(producer: KafkaProducer, message: Message) -> Any:
    """kafka-python's future of the record. Raises KafkaError."""
    topic, key, value, headers, partition, _ = message
    return producer.send(topic, value, key=key, headers=list(headers), partition=partition)


def close_producer(producer: KafkaProducer, patience: float) -> None:
    """Within about `patience` seconds, whatever is still to be sent."""
    try:
        producer.close(timeout=patience)
    except KafkaError:
        # kafka-python 3.0.12 stays open when its records cannot be sent in time: give them up.
        producer._sender.force_close()  # noqa: SLF001  # kafka-python has no public way
        with suppress(KafkaError):
            producer.close(timeout=1.0)


@contextmanager
def transaction(producer: Any, patience: float) -> Iterator[None]:
    """What is sent within is seen whole, or after an error not at all. Raises KafkaError."""
    producer.begin_transaction()
    try:
        yield
        await_answer(producer, producer._transaction_manager.begin_commit(), patience)  # noqa: SLF001  # see await_answer
    except BaseException:
        abort(producer)
        raise


def await_answer(producer: Any, result: Any, patience: float) -> None:
    """kafka-python's own methods wait for ever where the coordinator does not answer. Raises KafkaError."""
    producer._sender.wakeup()  # noqa: SLF001  # as its own methods do
    if not result.wait(timeout_ms=1000 * patience):
        raise KafkaTimeoutError("the transaction coordinator did not answer in time")


def abort(producer: Any) -> None:
    """If that can be done in a moment."""
    with suppress(KafkaError):
        await_answer(producer, producer._transaction_manager.begin_abort(), ABORT_PATIENCE)  # noqa: SLF001  # see await_answer


def know_partitions(producer: KafkaProducer, topics: Collection[str], where: str) -> None:
    """Known partitions let send() return at once even while the broker is away. Raises BrokerError."""
    with translated(f"looking up {where}"):
        for topic in topics:
            producer.partitions_for(topic)
