"""A broker that is killed and comes back."""

import threading
import time

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import Member, connection, deadline, join, produce, read, read_until

from spear_stream.core.errors import BrokerUnavailable, DeliveryDelayed
from spear_stream.transport import kafka_producer
from spear_stream.transport.kafka_producer import AcknowledgedProducer, Message
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription

pytestmark = pytest.mark.kafka

BUSY = 20.0
"""Seconds within which a wait of one second is over on a machine with much else to do."""


def poll_for(member: Member, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        member.step()


def flush_until_delivered(producer: AcknowledgedProducer) -> None:
    """As the service does: a delayed delivery is tried again by the next flush."""
    limit = deadline()
    while not limit.expired:
        try:
            return producer.flush(limit)
        except DeliveryDelayed:
            continue
    pytest.fail("nothing was delivered within the deadline")


def test_what_a_killed_broker_did_not_acknowledge_is_delivered_once_it_is_back(
    mortal_broker: KafkaBroker, topic: str
) -> None:
    producer = AcknowledgedProducer(connection(mortal_broker), (topic,))
    producer.send(Message(topic, b"k", b"before"))
    producer.flush(deadline())
    mortal_broker.kill()
    for number in range(100):
        producer.send(Message(topic, b"k", b"%d" % number))
    started = time.monotonic()
    with pytest.raises(DeliveryDelayed, match="100 of 100 records"):
        producer.flush(deadline(1.0))
    assert time.monotonic() - started < BUSY

    mortal_broker.restart()
    producer.flush(deadline())
    values = [record.value for record in read(mortal_broker, topic, 101)]
    assert values == [b"before", *(b"%d" % number for number in range(100))]
    producer.close(deadline())


def test_records_that_the_producer_gave_up_are_sent_again(
    mortal_broker: KafkaBroker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_producer, "DELIVERY_TIMEOUT_MS", 1000)
    producer = AcknowledgedProducer(connection(mortal_broker, request_timeout=1.0), (topic,))
    mortal_broker.kill()
    for number in range(10):
        producer.send(Message(topic, b"k", b"%d" % number))
    with pytest.raises(DeliveryDelayed, match=r"10 of 10 records .*Expiring"):
        producer.flush(deadline())

    mortal_broker.restart()
    flush_until_delivered(producer)
    assert [record.value for record in read(mortal_broker, topic, 10)] == [
        b"%d" % number for number in range(10)
    ]
    producer.close(deadline())


def test_a_worker_commits_and_reads_on_after_the_broker_is_back(
    mortal_broker: KafkaBroker, topic: str
) -> None:
    source = KafkaSource(connection(mortal_broker, request_timeout=1.0), Subscription(topic, (topic,)))
    member = Member(source)
    source.start(member)
    produce(mortal_broker, topic, [(b"k", b"before")])
    read_until([member], 1)
    mortal_broker.kill()
    with pytest.raises(BrokerUnavailable, match=f"group {topic}"):
        member.commit()

    mortal_broker.restart()
    produce(mortal_broker, topic, [(b"k", b"after")])
    read_until([member], 2)
    member.commit()
    source.close(deadline())

    successor = join(mortal_broker, Subscription(topic, (topic,)))
    produce(mortal_broker, topic, [(b"k", b"later")])
    read_until([successor], 1)
    assert successor.values == [b"later"]
    successor.source.close(deadline())


def test_a_broker_that_hangs_costs_no_processor_time(mortal_broker: KafkaBroker, topic: str) -> None:
    member = join(mortal_broker, Subscription(topic, (topic,), session_timeout=6.0))
    produce(mortal_broker, topic, [(b"k", b"before")])
    read_until([member], 1)
    with mortal_broker.frozen():
        poll_for(member, 1.5)
        spent = time.process_time()
        poll_for(member, 3.0)
        spent = time.process_time() - spent
    produce(mortal_broker, topic, [(b"k", b"after")])
    read_until([member], 2)
    member.source.close(deadline())
    assert spent < 1.0


CLIENT_THREADS = {"kafka-io-spear-stream", "kafka-poll"}


def test_closing_without_a_broker_keeps_its_deadline(mortal_broker: KafkaBroker, topic: str) -> None:
    before = set(threading.enumerate())
    produce(mortal_broker, topic, [(b"k", b"one")])
    member = join(mortal_broker, Subscription(topic, (topic,)))
    read_until([member], 1)
    mortal_broker.kill()
    started = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        member.source.close(deadline(1.0))
    assert time.monotonic() - started < BUSY
    its_own = [one for one in set(threading.enumerate()) - before if one.name in CLIENT_THREADS]
    for thread in its_own:
        thread.join(BUSY)
    assert not any(thread.is_alive() for thread in its_own)
