"""Connections that are refused, and what the error says; TLS and SASL on a real broker."""

import re
import time
from dataclasses import replace

import pytest
from integration.kafka_broker import USERS, KafkaBroker, free_port
from integration.kafka_tools import Member, connection, deadline, read_until

from spear_stream.core.errors import BrokerError, BrokerUnavailable
from spear_stream.transport.kafka_check import check_kafka
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_producer import AcknowledgedProducer, Message
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription

pytestmark = pytest.mark.kafka

BUSY = 15.0
"""Seconds within which a wait of two seconds is over on a machine with much else to do."""


def login(broker: KafkaBroker, user: str) -> KafkaConnection:
    return KafkaConnection(
        (broker.sasl_tls_bootstrap,),
        security_protocol="SASL_SSL",
        tls_ca_file=str(broker.ca_file),
        sasl_mechanism="PLAIN",
        username=user,
        password=USERS[user],
        connect_timeout=30.0,
    )


def refusal(conn: KafkaConnection, topic: str) -> BrokerError:
    """Why no connection comes about; a busy machine that only ran out of time gets more of it."""
    for patience in (1.0, 4.0, 16.0):
        with pytest.raises(BrokerError) as refused:
            AcknowledgedProducer(replace(conn, connect_timeout=patience), (topic,))
        if not re.search("timed out|Unable to bootstrap", str(refused.value)):
            break
    return refused.value


def findings(conn: KafkaConnection, subscription: Subscription, *outputs: str) -> list[tuple[bool, str]]:
    return [(finding.ok, finding.what) for finding in check_kafka(conn, subscription, outputs)]


def test_records_travel_through_tls_and_sasl(kafka_broker: KafkaBroker, topic: str) -> None:
    admin = login(kafka_broker, "admin")
    producer = AcknowledgedProducer(admin, (topic,))
    producer.send(Message(topic, b"k", b"secret"))
    producer.flush(deadline())
    member = Member(KafkaSource(admin, Subscription(topic, (topic,))))
    member.source.start(member)
    read_until([member], 1)
    assert member.values == [b"secret"]
    member.source.close(deadline())
    producer.close(deadline())


def test_an_unreachable_broker_is_named_within_the_timeout(topic: str) -> None:
    server = f"127.0.0.1:{free_port()}"
    away = KafkaConnection((server,), connect_timeout=2.0)
    started = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=rf"{server} \(kafka\.bootstrap_servers\).*ECONNREFUSED"):
        AcknowledgedProducer(away, (topic,))
    assert time.monotonic() - started < BUSY
    [(ok, what)] = findings(away, Subscription("group", (topic,)))
    assert not ok
    assert server in what


def test_a_certificate_that_is_not_trusted_names_the_setting(kafka_broker: KafkaBroker, topic: str) -> None:
    stranger = replace(login(kafka_broker, "admin"), tls_ca_file=None)
    error = refusal(stranger, topic)
    assert "kafka.tls_ca_file" in str(error)
    assert not error.retriable


def test_a_wrong_password_names_the_login(kafka_broker: KafkaBroker, topic: str) -> None:
    wrong = replace(login(kafka_broker, "admin"), password="mistyped")
    error = refusal(wrong, topic)
    # Which of the two is a matter of microseconds (kafka_errors.py).
    assert re.search("refused the login|when the login is wrong .*socket disconnected", str(error))
    assert "mistyped" not in str(error)


def test_a_listener_without_tls_is_told_from_one_that_is_away(kafka_broker: KafkaBroker, topic: str) -> None:
    plain = KafkaConnection((kafka_broker.sasl_tls_bootstrap,))
    assert "kafka.security_protocol" in str(refusal(plain, topic))


def test_a_topic_without_access_is_named_with_the_access_that_is_needed(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    with pytest.raises(
        BrokerError, match=f"no access to topic {topic}; allow .* Describe and Read"
    ) as refused:
        KafkaSource(login(kafka_broker, "stranger"), Subscription("group", (topic,))).start(Member(None))
    assert not refused.value.retriable


def test_the_check_finds_everything_in_order(kafka_broker: KafkaBroker, topic: str) -> None:
    kafka_broker.create_topic(f"{topic}.alerts")
    *found, group = findings(
        connection(kafka_broker), Subscription("free-group", (topic,)), f"{topic}.alerts"
    )
    assert found == [
        (True, f"connected to {kafka_broker.bootstrap}"),
        (True, f"topic {topic}: 2 partitions, READ access"),
        (True, f"topic {topic}.alerts: 1 partitions, WRITE access"),
    ]
    assert group[0]
    assert group[1].startswith("group free-group: ")


def test_the_check_names_what_is_missing(kafka_broker: KafkaBroker, topic: str) -> None:
    whats = dict(
        reversed(finding)
        for finding in findings(connection(kafka_broker), Subscription("g", ("lost",)), topic)
    )
    [missing] = [what for what, ok in whats.items() if not ok]
    assert missing.startswith("topic lost does not exist")


def test_the_check_refuses_to_read_what_is_written(kafka_broker: KafkaBroker, topic: str) -> None:
    subscription = Subscription("group", pattern=f"^{topic}")
    bad = [what for ok, what in findings(connection(kafka_broker), subscription, topic) if not ok]
    assert bad == [f"topic {topic} is written and read; leave it out of kafka.input_topics"]


def test_the_check_names_topics_and_group_without_access(kafka_broker: KafkaBroker, topic: str) -> None:
    whats = [
        what
        for ok, what in findings(login(kafka_broker, "stranger"), Subscription("g", (topic,)), topic)
        if not ok
    ]
    assert sum(f"no access to topic {topic}" in what for what in whats) == 1
    assert sum("Read on kafka.group_id" in what for what in whats) == 1
