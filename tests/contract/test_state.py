"""What every core.ports.StateStore does: the fake, and the topic of a real broker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline

from spear_stream.core.ports import StateStore
from spear_stream.core.records import TopicPartition
from spear_stream.core.stored import StateChange
from spear_stream.testing import MemoryState
from spear_stream.transport.kafka_producer import AcknowledgedProducer
from spear_stream.transport.kafka_state import KafkaState

HERE, THERE = TopicPartition("metrics", 0), TopicPartition("metrics", 5)
LARGE = bytes(range(256)) * 10_000
"""Three parts."""
_numbers = count()


@dataclass(frozen=True)
class Made:
    """A store, and how a successor on the same storage is made."""

    store: StateStore
    successor: Callable[[], StateStore]


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    if request.param == "memory":
        memory = MemoryState()
        yield Made(memory, lambda: memory)
        return
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    topic = broker.create_topic(f"contract-state-{next(_numbers)}", 2, {"cleanup.policy": "compact"})
    producer = AcknowledgedProducer(connection(broker), (topic,))

    def make(group: str = "group") -> KafkaState:
        return KafkaState(connection(broker), topic, group, producer)

    others = make("others")  # another group in the same topic disturbs nobody
    others.save(snapshot(b"of another group"))
    others.flush(deadline())
    yield Made(make(), make)
    producer.close(deadline())


def snapshot(data: bytes, partition: TopicPartition = HERE) -> StateChange:
    return StateChange(partition, data, snapshot=True)


def journal(data: bytes, partition: TopicPartition = HERE) -> StateChange:
    return StateChange(partition, data, snapshot=False)


def load(store: StateStore, *partitions: TopicPartition) -> dict[TopicPartition, tuple[bytes, list[bytes]]]:
    found = store.load(partitions, deadline())
    return {partition: (state.snapshot, list(state.journal)) for partition, state in found.items()}


def test_nothing_is_stored_at_first(made: Made) -> None:
    assert load(made.store, HERE, THERE) == {}


def test_a_snapshot_and_its_journal_come_back_in_order(made: Made) -> None:
    for change in (snapshot(b"whole"), journal(b"one"), journal(b"two")):
        made.store.save(change)
    made.store.flush(deadline())
    assert load(made.successor(), HERE) == {HERE: (b"whole", [b"one", b"two"])}


def test_a_snapshot_replaces_all_before_it(made: Made) -> None:
    for change in (snapshot(LARGE), journal(LARGE), journal(b"old"), snapshot(b"new"), journal(b"one")):
        made.store.save(change)
    made.store.flush(deadline())
    assert load(made.successor(), HERE) == {HERE: (b"new", [b"one"])}


def test_large_changes_come_back_whole(made: Made) -> None:
    for change in (snapshot(LARGE), journal(LARGE[::-1])):
        made.store.save(change)
    made.store.flush(deadline())
    assert load(made.successor(), HERE) == {HERE: (LARGE, [LARGE[::-1]])}


def test_partitions_do_not_mix(made: Made) -> None:
    for change in (snapshot(b"here"), snapshot(b"there", THERE), journal(b"more", THERE)):
        made.store.save(change)
    made.store.flush(deadline())
    successor = made.successor()
    assert load(successor, HERE, THERE) == {HERE: (b"here", []), THERE: (b"there", [b"more"])}
    assert load(successor, THERE) == {THERE: (b"there", [b"more"])}


def test_a_successor_starts_a_snapshot_of_its_own(made: Made) -> None:
    made.store.save(snapshot(b"first"))
    made.store.flush(deadline())
    successor = made.successor()
    assert load(successor, HERE) == {HERE: (b"first", [])}
    successor.save(snapshot(b"second"))
    successor.flush(deadline())
    assert load(made.successor(), HERE) == {HERE: (b"second", [])}
