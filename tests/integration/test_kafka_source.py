"""Reading as a member of a consumer group, on a real broker."""

from collections.abc import Collection
from contextlib import suppress

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import Member, connection, deadline, join, produce, read_until
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove

from spear_stream.core.errors import BrokerError, PartitionsLost, WorkerFenced
from spear_stream.core.records import TopicPartition
from spear_stream.transport import kafka_source
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription

pytestmark = pytest.mark.kafka


def numbered(count: int) -> list[tuple[bytes, bytes]]:
    return [(b"series-%d" % (number % 7), b"%d" % number) for number in range(count)]


def test_every_record_arrives_once_in_offset_order(kafka_broker: KafkaBroker, topic: str) -> None:
    produce(kafka_broker, topic, numbered(100))
    member = join(kafka_broker, Subscription(topic, (topic,), max_poll_records=30))
    read_until([member], 100)
    assert sorted(member.values) == sorted(value for _, value in numbered(100))
    for partition in (0, 1):
        offsets = [record.offset for record in member.records if record.partition == partition]
        assert offsets == list(range(len(offsets)))
    assert member.source.lag() == {TopicPartition(topic, 0): 0, TopicPartition(topic, 1): 0}
    member.source.close(deadline())


def test_lag_counts_what_was_not_polled_yet(kafka_broker: KafkaBroker, topic: str) -> None:
    produce(kafka_broker, topic, numbered(50), partition=1)
    member = join(kafka_broker, Subscription(topic, (topic,), max_poll_records=20))
    read_until([member], 20)
    assert member.source.lag()[TopicPartition(topic, 1)] == 30
    member.source.close(deadline())


def test_a_restart_goes_on_after_the_last_commit(kafka_broker: KafkaBroker, topic: str) -> None:
    subscription = Subscription(topic, (topic,))
    produce(kafka_broker, topic, numbered(10), partition=0)
    first = join(kafka_broker, subscription)
    read_until([first], 10)
    first.next_offset = {TopicPartition(topic, 0): 4}
    first.commit()
    first.source.close(deadline())

    second = join(kafka_broker, subscription)
    read_until([second], 6)
    assert second.values == [b"%d" % number for number in range(4, 10)]
    second.source.close(deadline())


def test_a_commit_never_moves_back(kafka_broker: KafkaBroker, topic: str) -> None:
    subscription = Subscription(topic, (topic,))
    produce(kafka_broker, topic, numbered(10), partition=0)
    first = join(kafka_broker, subscription)
    read_until([first], 10)
    first.source.commit({TopicPartition(topic, 0): 8}, deadline())
    first.source.commit({TopicPartition(topic, 0): 3}, deadline())
    first.next_offset.clear()
    first.source.close(deadline())

    second = join(kafka_broker, subscription)
    read_until([second], 2)
    assert second.values == [b"8", b"9"]
    second.source.close(deadline())


def test_a_second_worker_takes_over_one_partition_where_the_first_stopped(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    subscription = Subscription(topic, (topic,), session_timeout=6.0)
    produce(kafka_broker, topic, numbered(40))
    first = join(kafka_broker, subscription)
    read_until([first], 40)

    second = join(kafka_broker, subscription)
    limit = deadline()
    while not second.owned and not limit.expired:
        first.step()
        second.step()
    assert len(first.owned) == len(second.owned) == 1
    assert first.revocations == sorted(second.owned), "cooperative: only what moves is revoked"

    produce(kafka_broker, topic, [(None, b"later-0")], partition=0)
    produce(kafka_broker, topic, [(None, b"later-1")], partition=1)
    read_until([first, second], 42)
    assert len(second.values) == 1, "the first worker's commit in revoked() counted"

    first.source.close(deadline())
    limit = deadline()
    while len(second.owned) < 2 and not limit.expired:
        second.step()
    assert len(second.owned) == 2
    second.source.close(deadline())


def test_offsets_of_a_partition_that_moved_away_are_refused(kafka_broker: KafkaBroker, topic: str) -> None:
    member = join(kafka_broker, Subscription(topic, (topic,)))
    with pytest.raises(PartitionsLost, match=topic):
        member.source.commit({TopicPartition(topic, 0): 1}, deadline())
    member.source.close(deadline())


def test_a_worker_that_the_group_expelled_is_told_what_it_lost(kafka_broker: KafkaBroker, topic: str) -> None:
    produce(kafka_broker, topic, numbered(10))
    member = join(kafka_broker, Subscription(topic, (topic,), group_instance_id="worker-1"))
    read_until([member], 10)
    expel(kafka_broker, topic, "worker-1")
    with pytest.raises(PartitionsLost):
        member.commit()
    read_until([member], 20)
    assert sorted(member.losses) == [TopicPartition(topic, 0), TopicPartition(topic, 1)]
    assert len(member.owned) == 2, "it joined again and reads again what it could not commit"
    member.source.close(deadline())


def test_a_second_worker_of_the_same_name_ends_the_first(kafka_broker: KafkaBroker, topic: str) -> None:
    produce(kafka_broker, topic, numbered(10))
    named = Subscription(topic, (topic,), group_instance_id="one")
    first = join(kafka_broker, named)
    read_until([first], 10)
    second = join(kafka_broker, named)
    read_until([second], 10)
    with pytest.raises(WorkerFenced, match=r"the same kafka\.group_instance_id"):
        first.commit()
    second.commit()
    second.source.close(deadline())
    with suppress(WorkerFenced):
        first.source.close(deadline())


def expel(broker: KafkaBroker, group: str, instance: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.remove_group_members(group, [MemberToRemove(group_instance_id=instance)])
    finally:
        admin.close()


class FailingMember(Member):
    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        if not self.owned:
            super().assigned(partitions)
            raise RuntimeError("cannot restore")


def test_an_error_of_the_listener_reaches_the_caller_and_costs_no_record(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    produce(kafka_broker, topic, numbered(10))
    member = FailingMember(KafkaSource(connection(kafka_broker), Subscription(topic, (topic,))))
    member.source.start(member)
    with pytest.raises(RuntimeError, match="cannot restore"):
        read_until([member], 10)
    read_until([member], 10)
    assert sorted(member.values) == sorted(value for _, value in numbered(10))
    member.source.close(deadline())


def test_a_pattern_reads_every_topic_that_it_matches(kafka_broker: KafkaBroker) -> None:
    for name in ("pattern-a", "pattern-b", "no-pattern"):
        kafka_broker.create_topic(name)
        produce(kafka_broker, name, [(None, name.encode())])
    member = join(kafka_broker, Subscription("patterns", pattern="^pattern-"))
    read_until([member], 2)
    assert sorted(member.values) == [b"pattern-a", b"pattern-b"]
    member.source.close(deadline())


def test_a_record_of_five_megabytes_is_read_whole(kafka_broker: KafkaBroker) -> None:
    topic = kafka_broker.create_topic("large", config={"max.message.bytes": "6000000"})
    large = b"x" * 5_000_000
    produce(kafka_broker, topic, [(b"k", b"before"), (b"k", large), (b"k", b"after")])
    member = join(kafka_broker, Subscription(topic, (topic,)))
    read_until([member], 3)
    assert member.values == [b"before", large, b"after"]
    member.source.close(deadline())


def test_a_missing_topic_stops_the_start_with_the_command_that_creates_it(kafka_broker: KafkaBroker) -> None:
    with pytest.raises(BrokerError, match=r"topic absent does not exist .*--create --topic absent"):
        join(kafka_broker, Subscription("group", ("absent",)))


def test_closing_before_the_start_does_nothing(kafka_broker: KafkaBroker) -> None:
    KafkaSource(connection(kafka_broker), Subscription("group", ("absent",))).close(deadline())


def test_an_assignment_that_takes_longer_than_one_poll_is_not_missed(
    kafka_broker: KafkaBroker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_source, "REBALANCE_POLL_MS", 1)
    for number in range(5):  # left alone, kafka-python 3.0.12 misses two of three
        member = join(kafka_broker, Subscription(f"{topic}-{number}", (topic,)))
        limit = deadline()
        while len(member.owned) < 2:
            assert not limit.expired, "no partition is assigned"
            member.source.poll(0.0)
        member.source.close(deadline())
