"""Alerts, dead letters and forwarded samples on a real broker."""

import json
from dataclasses import replace

import jsonschema
import messages
import numpy as np
import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline, read

from spear_stream.core.errors import BrokerError, DeliveryDelayed, DeliveryError
from spear_stream.core.records import (
    DeadLetter,
    SampleBatch,
    TopicPartition,
)
from spear_stream.transport.events import alert_event_schema
from spear_stream.transport.kafka_forwarder import KafkaForwarder
from spear_stream.transport.kafka_producer import AcknowledgedProducer, Message
from spear_stream.transport.kafka_sink import KafkaSink

pytestmark = pytest.mark.kafka

OPENED = replace(messages.OPENED, series="höst.cpu")
LETTER = DeadLetter(
    source=TopicPartition("metrics", 3),
    offset=42,
    timestamp=1_700_000_000_000,
    key=b"host1",
    value=b'{"value": \xff}',
    reason="not_json",
    detail="invalid UTF-8 at byte 10",
)


@pytest.fixture
def sink(kafka_broker: KafkaBroker, topic: str) -> KafkaSink:
    topics = (topic, kafka_broker.create_topic(f"{topic}.dead"))
    return KafkaSink(AcknowledgedProducer(connection(kafka_broker), topics), *topics)


def test_events_are_readable_when_flush_returns(
    kafka_broker: KafkaBroker, topic: str, sink: KafkaSink
) -> None:
    closed = replace(OPENED, type="closed", sequence=1, ended_at=1_700_000_120_000, resolution="recovered")
    sink.publish([OPENED, closed])
    sink.flush(deadline())
    records = read(kafka_broker, topic, 2)
    assert [record.key.decode() for record in records] == ["höst.cpu", "höst.cpu"]
    assert [dict(record.headers)["ce_type"] for record in records] == [
        b"spear.anomaly.opened",
        b"spear.anomaly.closed",
    ]
    for record in records:
        jsonschema.validate(json.loads(record.value), alert_event_schema())
    sink.close(deadline())


def test_a_dead_letter_keeps_its_bytes_reason_and_position(
    kafka_broker: KafkaBroker, topic: str, sink: KafkaSink
) -> None:
    sink.reject([LETTER])
    sink.flush(deadline())
    [record] = read(kafka_broker, f"{topic}.dead", 1)
    assert (record.key, record.value) == (LETTER.key, LETTER.value)
    assert dict(record.headers) == {
        "spear_reason": b"not_json",
        "spear_detail": b"invalid UTF-8 at byte 10",
        "spear_topic": b"metrics",
        "spear_partition": b"3",
        "spear_offset": b"42",
        "spear_timestamp": b"1700000000000",
    }
    sink.close(deadline())


def test_letters_of_any_size_and_without_key_or_value_are_delivered(
    kafka_broker: KafkaBroker, topic: str, sink: KafkaSink
) -> None:
    large = replace(LETTER, key=b"k" * 300_000, value=b"x" * 5_000_000, detail="d" * 100_000)
    empty = replace(LETTER, key=None, value=None)
    sink.reject([large, empty])
    sink.flush(deadline())
    by_size = sorted(read(kafka_broker, f"{topic}.dead", 2), key=lambda record: len(record.value))
    assert by_size[0].key is None
    assert dict(by_size[0].headers)["spear_value_null"] == b"true"
    assert by_size[1].value == b"x" * 900_000
    assert dict(by_size[1].headers)["spear_value_size"] == b"5000000"
    assert dict(by_size[1].headers)["spear_key_size"] == b"300000"
    sink.close(deadline())


def test_a_record_that_the_broker_refuses_fails_the_flush_for_good(kafka_broker: KafkaBroker) -> None:
    topic = kafka_broker.create_topic("small-records", config={"max.message.bytes": "1000"})
    producer = AcknowledgedProducer(connection(kafka_broker), (topic,))
    producer.send(Message(topic, b"k", b"x" * 10_000))
    for _ in range(2):
        with pytest.raises(DeliveryError, match=r"1 of 1 records .*max\.message\.bytes") as refused:
            producer.flush(deadline())
        assert not isinstance(refused.value, DeliveryDelayed)
    producer.close(deadline(1.0))


def test_samples_are_forwarded_keyed_by_series(kafka_broker: KafkaBroker, topic: str) -> None:
    samples = SampleBatch(
        source=TopicPartition("metrics", 0),
        series=["a", "b", "a"],
        ts=np.array([1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002]),
        value=np.array([0.5, 1e-9, -3.0]),
        offset=np.array([7, 7, 8]),
    )
    forwarder = KafkaForwarder(AcknowledgedProducer(connection(kafka_broker), (topic,)), topic)
    forwarder.forward(samples)
    forwarder.flush(deadline())
    records = read(kafka_broker, topic, 3)
    assert [json.loads(record.value) for record in records if record.key == b"a"] == [
        {"series": "a", "ts": "2023-11-14T22:13:20.000Z", "value": 0.5},
        {"series": "a", "ts": "2023-11-14T22:13:20.002Z", "value": -3.0},
    ]
    assert [json.loads(record.value)["value"] for record in records if record.key == b"b"] == [1e-9]
    forwarder.close(deadline())


def test_a_missing_alert_topic_stops_the_start(kafka_broker: KafkaBroker, topic: str) -> None:
    with pytest.raises(BrokerError, match="topic absent-alerts does not exist"):
        AcknowledgedProducer(connection(kafka_broker), ("absent-alerts", topic))
