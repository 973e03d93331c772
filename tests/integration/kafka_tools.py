"""Producing, reading back and listening in Kafka tests, without the code under test."""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integration.kafka_broker import KafkaBroker
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription

PATIENCE = 20.0
"""Seconds that a broker test waits at most for something that takes milliseconds."""
POLL = 0.1

KeyValue = tuple[bytes | None, bytes | None]
TopicPartitionOffset = tuple[str, int, int]


def connection(broker: KafkaBroker, request_timeout: float = 10.0) -> KafkaConnection:
    return KafkaConnection((broker.bootstrap,), connect_timeout=30.0, request_timeout=request_timeout)


def deadline(seconds: float = PATIENCE) -> Deadline:
    return Deadline(seconds, time.monotonic)


def produce(
    broker: KafkaBroker, topic: str, records: Iterable[KeyValue], partition: int | None = None
) -> list[TopicPartitionOffset]:
    """Where each record is now."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, max_request_size=10_000_000)
    try:
        sent = [producer.send(topic, value, key=key, partition=partition) for key, value in records]
        written = [future.get(timeout=PATIENCE) for future in sent]
        return [(topic, record.partition, record.offset) for record in written]
    finally:
        producer.close()


def read(broker: KafkaBroker, topic: str, count: int) -> list[Any]:
    """The first `count` records over all partitions, and what else has arrived by then."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, isolation_level="read_committed")
    try:
        partitions = [
            KafkaPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))
        ]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        records: list[Any] = []
        limit = deadline()
        while len(records) < count and not limit.expired:
            records += [record for batch in consumer.poll(timeout_ms=100).values() for record in batch]
        records += [record for batch in consumer.poll(timeout_ms=100).values() for record in batch]
    finally:
        consumer.close()
    return records


def read_all(broker: KafkaBroker, topic: str) -> list[Any]:
    """Every committed record of a topic that nobody writes to now."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, isolation_level="read_committed")
    try:
        partitions = [KafkaPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends, records, limit = consumer.end_offsets(partitions), list[Any](), deadline()
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert not limit.expired, f"the end of {topic} was not reached"
            records += [record for batch in consumer.poll(timeout_ms=100).values() for record in batch]
    finally:
        consumer.close()
    return records


@dataclass
class Member:
    """A worker of a group: reads, remembers, and commits when partitions are revoked."""

    source: KafkaSource
    records: list[RawRecord] = field(default_factory=list)
    owned: set[TopicPartition] = field(default_factory=set)
    revocations: list[TopicPartition] = field(default_factory=list)
    losses: list[TopicPartition] = field(default_factory=list)
    next_offset: dict[TopicPartition, int] = field(default_factory=dict)

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        self.owned |= set(partitions)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        offsets = {tp: self.next_offset[tp] for tp in partitions if tp in self.next_offset}
        self.source.commit(offsets, deadline())
        self.revocations += partitions
        self._drop(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self.losses += partitions
        self._drop(partitions)

    def step(self) -> None:
        for partition, batch in self.source.poll(POLL).items():
            self.records += batch
            self.next_offset[partition] = batch[-1].offset + 1

    def commit(self) -> None:
        self.source.commit(self.next_offset, deadline())

    @property
    def values(self) -> list[bytes | None]:
        return [record.value for record in self.records]

    def _drop(self, partitions: Collection[TopicPartition]) -> None:
        self.owned -= set(partitions)
        for partition in partitions:
            self.next_offset.pop(partition, None)


def join(broker: KafkaBroker, subscription: Subscription) -> Member:
    member = Member(KafkaSource(connection(broker), subscription))
    member.source.start(member)
    return member


def read_until(members: Sequence[Member], count: int) -> None:
    """Let all members poll in turn until they have `count` records together."""
    limit = deadline()
    while sum(len(member.records) for member in members) < count:
        assert not limit.expired, (
            f"only {[len(member.records) for member in members]} of {count} records arrived"
        )
        for member in members:
            member.step()
