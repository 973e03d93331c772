"""Alerts, state and offsets in one transaction on a real broker, and what stands in its way."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from e2e.daemon import wait_until
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import Member, connection, deadline, produce, read, read_until
from kafka import KafkaProducer
from kafka.admin import MemberToRemove
from kafka.errors import KafkaError

from spear_stream.core.errors import DeliveryDelayed, DeliveryError, PartitionsLost, WorkerFenced
from spear_stream.core.records import TopicPartition
from spear_stream.core.stored import StateChange
from spear_stream.transport.kafka_producer import Message
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_state import KafkaState
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_transaction import Identity, KafkaTransaction

pytestmark = pytest.mark.kafka


class Worker:
    """A member of the group that copies records to `out` in transactions, with their numbers as state."""

    def __init__(self, broker: KafkaBroker, topic: str, name: str, timeout: float = 10.0) -> None:
        self.topic, self.outcomes = topic, list[bool]()
        source = KafkaSource(connection(broker), Subscription(topic, (topic,), session_timeout=6.0))
        self.member = Member(source)
        source.start(self.member)
        self.transaction = KafkaTransaction(
            connection(broker),
            Identity(f"{topic}.{name}", timeout),
            (f"{topic}.out", f"{topic}.state"),
            source,
            lambda *, committed: self.outcomes.append(committed),
        )
        self.state = KafkaState(connection(broker), f"{topic}.state", topic, self.transaction)

    def copy(self, count: int) -> None:
        """Read until there are `count` records and hand the new ones to the transaction."""
        seen = len(self.member.records)
        read_until([self.member], count)
        for record in self.member.records[seen:]:
            source = TopicPartition(self.topic, record.partition)  # type: ignore[attr-defined]
            self.transaction.send(Message(f"{self.topic}.out", b"k", record.value, source=source))

    def commit(self, seconds: float = 20.0) -> None:
        self.transaction.commit(self.member.next_offset, deadline(seconds))

    def leave(self) -> None:
        self.transaction.close(deadline())
        self.member.source.close(deadline())


StartWorker = Callable[..., Worker]


@pytest.fixture
def start_worker(kafka_broker: KafkaBroker, topic: str) -> Iterator[StartWorker]:
    kafka_broker.create_topic(f"{topic}.out")
    kafka_broker.create_topic(f"{topic}.state", config={"cleanup.policy": "compact"})
    started: list[Worker] = []

    def start(name: str = "worker-1", **options: Any) -> Worker:
        started.append(Worker(kafka_broker, topic, name, **options))
        return started[-1]

    yield start
    kafka_broker.ensure_running()
    for worker in started:
        worker.leave()


def values(broker: KafkaBroker, topic: str, count: int) -> list[bytes]:
    return [record.value for record in read(broker, f"{topic}.out", count)]


def numbered(first: int, last: int) -> list[tuple[bytes, bytes]]:
    return [(b"k", b"%d" % number) for number in range(first, last)]


def test_messages_and_offsets_become_visible_together(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker = start_worker()
    worker.copy(5)
    assert not worker.member.source.has_committed({TopicPartition(topic, 0): 1}, deadline())
    worker.commit()
    assert worker.member.source.has_committed({TopicPartition(topic, 0): 5}, deadline())
    assert not worker.member.source.has_committed({TopicPartition(topic, 0): 6}, deadline())
    assert values(kafka_broker, topic, 5) == [b"0", b"1", b"2", b"3", b"4"]
    worker.commit()
    assert worker.outcomes == [True], "nothing new is no transaction"


def test_state_is_read_back_after_the_transaction_that_wrote_it(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker, here = start_worker(), TopicPartition(topic, 0)
    worker.copy(5)
    worker.state.save(StateChange(here, b"five", snapshot=True))
    assert worker.state.load([here], deadline()) == {}
    worker.state.save(StateChange(here, b"five", snapshot=True))
    worker.commit()
    assert worker.state.load([here], deadline())[here].snapshot == b"five"


def test_a_second_process_of_the_same_identity_ends_the_first(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker = start_worker()
    worker.copy(5)
    usurper = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap, transactional_id=f"{topic}.worker-1")
    usurper.init_transactions()
    with pytest.raises(WorkerFenced, match=r"kafka\.group_instance_id"):
        worker.commit()
    usurper.close()
    assert values(kafka_broker, topic, 0) == []


def test_a_member_that_the_group_left_behind_commits_nothing(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker = start_worker()
    worker.copy(5)
    stale = worker.member.source.membership()._replace(generation_id=99)
    worker.member.source.membership = lambda: stale  # type: ignore[method-assign]
    with pytest.raises(PartitionsLost):
        worker.commit()
    assert not worker.member.source.has_committed({TopicPartition(topic, 0): 1}, deadline())
    del worker.member.source.membership  # type: ignore[method-assign]
    worker.commit()
    assert values(kafka_broker, topic, 5) == [b"0", b"1", b"2", b"3", b"4"]
    assert worker.outcomes == [False, True]


def test_a_member_that_was_expelled_and_has_not_polled_since_commits_nothing(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    """Its heartbeat learns of it and forgets who it was; the broker takes offsets of a nobody."""
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    expelled = start_worker("worker-1")
    expelled.copy(5)
    member = expelled.member.source.membership().member_id
    with kafka_broker.admin() as admin:
        admin.remove_group_members(topic, [MemberToRemove(member_id=member)])
    successor = start_worker("worker-2")
    successor.copy(5)
    wait_until(lambda: not expelled.member.source._consumer.group_metadata().member_id, lambda: member)
    with pytest.raises(PartitionsLost, match="went on without this worker"):
        expelled.commit()
    successor.commit()
    assert values(kafka_broker, topic, 5) == [b"0", b"1", b"2", b"3", b"4"]


def test_messages_of_partitions_that_moved_away_are_dropped(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 2), partition=0)
    produce(kafka_broker, topic, numbered(2, 4), partition=1)
    worker = start_worker()
    worker.copy(4)
    worker.transaction.drop([TopicPartition(topic, 1)])
    del worker.member.next_offset[TopicPartition(topic, 1)]
    worker.commit()
    assert values(kafka_broker, topic, 2) == [b"0", b"1"]


def test_a_commit_while_the_broker_is_away_is_made_up_for_once(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker = start_worker()
    worker.copy(5)
    kafka_broker.kill()
    started = time.monotonic()
    with pytest.raises(DeliveryDelayed, match="5 records are not acknowledged"):
        worker.commit(1.0)
    with pytest.raises(DeliveryDelayed, match="5 records are not acknowledged"):
        worker.commit(1.0)
    assert time.monotonic() - started < 20.0
    kafka_broker.restart()
    worker.commit()
    assert values(kafka_broker, topic, 5) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_commit_without_an_answer_is_neither_lost_nor_doubled(
    kafka_broker: KafkaBroker,
    topic: str,
    start_worker: StartWorker,
    arrived: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit request arrives, or does not, and the worker learns neither."""
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker = start_worker()
    worker.copy(5)
    wait = worker.transaction._wait
    calls: list[Any] = []

    def lose_the_second_answer(result: Any, limit: Any) -> None:
        calls.append(result)
        if len(calls) == 1 or arrived:
            wait(result, limit)
        if len(calls) == 2:
            raise KafkaError("no answer")

    monkeypatch.setattr(worker.transaction, "_wait", lose_the_second_answer)
    if not arrived:
        monkeypatch.setattr(worker.transaction._producer._transaction_manager, "begin_commit", lambda: None)
    with pytest.raises(DeliveryError):
        worker.commit()
    monkeypatch.setattr(worker.transaction, "_wait", wait)
    worker.commit()
    assert values(kafka_broker, topic, 5) == [b"0", b"1", b"2", b"3", b"4"]
    assert worker.member.source.has_committed({TopicPartition(topic, 0): 5}, deadline())


def test_a_restore_waits_for_the_transaction_of_a_killed_predecessor(
    kafka_broker: KafkaBroker, topic: str, start_worker: StartWorker
) -> None:
    produce(kafka_broker, topic, numbered(0, 5), partition=0)
    worker, here = start_worker(), TopicPartition(topic, 0)
    worker.copy(5)
    worker.state.save(StateChange(here, b"five", snapshot=True))
    manager = worker.transaction._producer._transaction_manager
    manager.begin_commit = lambda: pytest.fail("killed here")
    with pytest.raises(BaseException, match="killed here"):
        worker.commit()
    successor = start_worker()
    successor.copy(0)
    assert successor.state.load([here], deadline()) == {}
