"""What check-config says of Kafka, without a broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from spear_stream.core.errors import BrokerError
from spear_stream.transport import kafka_check
from spear_stream.transport.kafka_check import Finding, check_kafka
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_topics import Topic


@contextmanager
def administering(_: Any) -> Iterator[None]:
    yield None


def topics(_admin: Any, _connection: Any, names: Any, *_: Any) -> list[Topic]:
    return [Topic(name, 1, frozenset({"READ"})) for name in names]


def no_control_topic(*_: Any) -> Topic:
    raise BrokerError("topic control does not exist")


def test_a_missing_control_topic_hides_no_other_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_check, "administering", administering)
    monkeypatch.setattr(kafka_check, "describe_topics", topics)
    monkeypatch.setattr(kafka_check, "topic_config", lambda *_: {})
    monkeypatch.setattr(kafka_check, "described", no_control_topic)
    monkeypatch.setattr(kafka_check, "_check_group", lambda *_: Finding(ok=True, what="group g"))
    connection, subscription = KafkaConnection(("k1:9092",)), Subscription("g", ("metrics",))
    found = check_kafka(connection, subscription, ["alerts"], control_topic="control")
    assert [(finding.ok, finding.what.partition(";")[0]) for finding in found] == [
        (True, "connected to k1:9092"),
        (True, "topic metrics: 1 partitions, READ access"),
        (False, "topic alerts: no WRITE access"),
        (False, "topic control does not exist"),
        (True, "group g"),
    ]
