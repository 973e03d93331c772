"""Alert events and dead letters to Kafka."""

from collections.abc import Sequence

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import AlertEvent, DeadLetter
from spear_stream.transport.events import ce_headers, dead_letter_headers, encode_event
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_producer import AcknowledgedProducer, Message

MAX_VALUE = 900_000
MAX_KEY = 100_000
MAX_HEADER = 4_000
"""Bytes of a dead letter's parts: together below 1,048,588, Kafka's default of max.message.bytes."""


class KafkaSink:
    """core.ports.Sink: every event keyed by its series, so that the events of one series keep their order."""

    def __init__(self, connection: KafkaConnection, alert_topic: str, dead_letter_topic: str) -> None:
        """Raises BrokerError, for a missing topic too, or BrokerUnavailable."""
        self._alert_topic = alert_topic
        self._dead_letter_topic = dead_letter_topic
        self._producer = AcknowledgedProducer(connection, (alert_topic, dead_letter_topic))

    def publish(self, events: Sequence[AlertEvent]) -> None:
        for event in events:
            value, headers = encode_event(event), ce_headers(event)
            self._producer.send(Message(self._alert_topic, event.series.encode(), value, headers))

    def reject(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self._producer.send(dead_letter_message(self._dead_letter_topic, letter))

    def flush(self, deadline: Deadline) -> None:
        self._producer.flush(deadline)

    def close(self, deadline: Deadline) -> None:
        self._producer.close(deadline)


def dead_letter_message(topic: str, letter: DeadLetter) -> Message:
    """The original key and value, cut where Kafka would refuse their size, with what is wrong in headers.

    `spear_value_size` and `spear_key_size` are there when the part was cut: its true size in
    bytes. `spear_value_null` is there when the value was null, which is empty here.
    """
    key, value = letter.key, letter.value or b""
    headers = [(name, content[:MAX_HEADER]) for name, content in dead_letter_headers(letter)]
    if letter.value is None:
        headers.append(("spear_value_null", b"true"))
    if len(value) > MAX_VALUE:
        headers.append(("spear_value_size", str(len(value)).encode()))
    if key is not None and len(key) > MAX_KEY:
        headers.append(("spear_key_size", str(len(key)).encode()))
    return Message(topic, key and key[:MAX_KEY], value[:MAX_VALUE], headers)
