"""Topics that change under a running worker, and records that they refuse or that are damaged."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from e2e.feed import feed
from e2e.tiny import save_tiny
from integration.kafka_broker import KafkaBroker
from integration.kafka_life import Life
from integration.kafka_tools import join, produce, read_all, read_until
from kafka.admin import ConfigResource, ConfigResourceType

from spear_stream.core.errors import BrokerError, SpearError, StateError
from spear_stream.transport.kafka_subscription import Subscription

pytestmark = pytest.mark.kafka

SERIES = ("a", "b")
POINTS = feed(SERIES, range(100), {60})
SNAPSHOT_OF_JUNK = bytes(8) + bytes([0, 0, 0, 0, 0, 0, 0, 1]) + b"junk"
"""The only part of a snapshot (transport/state_parts.py)."""
_workers = count()
Begin = Callable[..., Life]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"), "tiny")


@pytest.fixture
def begin(kafka_broker: KafkaBroker, topic: str, checkpoint: Path) -> Iterator[Begin]:
    """Start a worker on `topic` and topics beside it; those that a test did not create are created."""
    started: list[Life] = []

    def start(**more: object) -> Life:
        values = {
            "kafka.bootstrap_servers": kafka_broker.bootstrap,
            "kafka.input_topics": topic,
            "kafka.alert_topic": f"{topic}.alerts",
            "kafka.dead_letter_topic": f"{topic}.letters",
            "kafka.state_topic": f"{topic}.state",
            "kafka.group_id": topic,
            "kafka.group_instance_id": f"worker-{next(_workers)}",
        }
        own = {name.replace("__", "."): value for name, value in more.items()}
        started.append(Life({**values, **own}, checkpoint))
        return started[-1].begin()

    yield start
    for life in started:
        end(life)


def end(life: Life) -> None:
    """Leave the group, whatever can no longer be written."""
    with suppress(SpearError):
        life.end()


@pytest.fixture
def outputs(kafka_broker: KafkaBroker, topic: str) -> Callable[..., None]:
    """Create the topics beside `topic`; one may have a limit of its own."""

    def create(small: str = "") -> None:
        for name in ("alerts", "letters", "state"):
            config = {"cleanup.policy": "compact"} if name == "state" else {}
            limit = {"max.message.bytes": "300"} if name == small else {}
            kafka_broker.create_topic(f"{topic}.{name}", 1, config | limit)

    return create


def alert_ids(broker: KafkaBroker, topic: str) -> list[bytes]:
    return [dict(record.headers)["ce_id"] for record in read_all(broker, f"{topic}.alerts")]


def set_limit(broker: KafkaBroker, topic: str, size: int) -> None:
    with broker.admin() as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})
        admin.alter_configs([resource])


def test_new_partitions_are_read_without_a_restart(kafka_broker: KafkaBroker, topic: str) -> None:
    member = join(kafka_broker, Subscription(topic, (topic,), metadata_max_age=0.5))
    produce(kafka_broker, topic, [(b"k", b"before")])
    read_until([member], 1)
    with kafka_broker.admin() as admin:
        admin.create_partitions({topic: 5})
    produce(kafka_broker, topic, [(b"k", b"after")], partition=4)
    read_until([member], 2)
    assert member.values == [b"before", b"after"]


def test_a_topic_created_anew_is_read_from_its_beginning_and_old_state_is_left(
    kafka_broker: KafkaBroker, topic: str, begin: Begin, outputs: Callable[..., None]
) -> None:
    outputs()
    produce(kafka_broker, topic, POINTS, partition=0)
    life = begin().until_points(len(POINTS))
    life.end()
    with kafka_broker.admin() as admin:
        admin.delete_topics([topic])
    kafka_broker.create_topic(topic, 2)
    again = feed(("new",), range(100), {60})
    produce(kafka_broker, topic, again, partition=0)
    successor = begin().until_points(len(again))
    successor.end()
    assert successor.metric("spear_records_skipped_total") == 0
    assert successor.metric("spear_restored_series_total") == 0
    ids = alert_ids(kafka_broker, topic)
    assert len(set(ids)) == len(ids)
    assert {record.key for record in read_all(kafka_broker, f"{topic}.alerts")} == {b"a", b"b", b"new"}


def test_a_topic_created_anew_under_a_running_worker_is_read_by_it_or_by_the_next_one(
    kafka_broker: KafkaBroker,
    topic: str,
    begin: Begin,
    outputs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By it when it learns of the gap between both, else offsets go back and it stops."""
    impatient = partial(Subscription, metadata_max_age=0.5)
    monkeypatch.setattr("spear_stream.wiring.kafka.Subscription", impatient)
    outputs()
    produce(kafka_broker, topic, POINTS, partition=0)
    life = begin().until_points(len(POINTS))
    with kafka_broker.admin() as admin:
        admin.delete_topics([topic])
    kafka_broker.create_topic(topic, 2)
    again = feed(("new",), range(100), {60})
    produce(kafka_broker, topic, again, partition=0)
    try:
        life.until_points(len(POINTS) + len(again)).end()
    except BrokerError as stopped:
        if "it was deleted and created anew" not in str(stopped):
            raise
        end(life)
        begin().until_points(len(again)).end()
    ids = alert_ids(kafka_broker, topic)
    assert len(set(ids)) == len(ids)
    assert {record.key for record in read_all(kafka_broker, f"{topic}.alerts")} == {b"a", b"b", b"new"}


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_an_output_topic_that_is_deleted_stops_the_worker_and_is_named(
    kafka_broker: KafkaBroker, topic: str, begin: Begin, outputs: Callable[..., None], delivery: str
) -> None:
    outputs()
    life = begin(service__delivery=delivery, service__drain_seconds=2)
    life.until(lambda: bool(life.service and life.service.ready))
    with kafka_broker.admin() as admin:
        admin.delete_topics([f"{topic}.alerts"])
    produce(kafka_broker, topic, POINTS, partition=0)
    with pytest.raises(BrokerError, match=rf"topic {topic}\.alerts does not exist .* create it"):
        life.until(lambda: False)


@pytest.mark.parametrize(
    ("small", "delivery"),
    [*((name, "exactly_once") for name in ("alerts", "letters", "state")), ("alerts", "at_least_once")],
)
def test_a_record_that_its_topic_refuses_stops_the_worker_with_the_cure_and_is_written_after_it(
    kafka_broker: KafkaBroker,
    topic: str,
    begin: Begin,
    outputs: Callable[..., None],
    small: str,
    delivery: str,
) -> None:
    outputs(small)
    produce(kafka_broker, topic, [*POINTS, (b"a", b"junk" * 100)], partition=0)
    cure = (
        rf"topic {topic}\.{small}.*: a record is larger than allowed; raise max\.message\.bytes of the topic"
    )
    refused = begin(service__delivery=delivery)
    with pytest.raises(BrokerError, match=cure) as stopped:
        refused.until_points(1_000_000)
    assert not stopped.value.retriable
    end(refused)
    set_limit(kafka_broker, f"{topic}.{small}", 1_048_588)
    life = begin(service__delivery=delivery)
    if delivery == "at_least_once":  # exactly once, what was handed over may be all that is left to do
        life.until_points(len(POINTS))
    life.until(lambda: len(read_all(kafka_broker, f"{topic}.letters")) > 0)
    life.end()
    ids = alert_ids(kafka_broker, topic)
    assert len(set(ids)) >= 2
    assert delivery == "at_least_once" or len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("value", "delivery"),
    [(b"junk", "exactly_once"), (SNAPSHOT_OF_JUNK, "exactly_once"), (SNAPSHOT_OF_JUNK, "at_least_once")],
)
def test_a_damaged_record_of_state_is_named_with_its_place_and_the_cure(
    kafka_broker: KafkaBroker,
    topic: str,
    begin: Begin,
    outputs: Callable[..., None],
    value: bytes,
    delivery: str,
) -> None:
    outputs()
    produce(kafka_broker, topic, POINTS, partition=0)
    begin(service__delivery=delivery).until_points(len(POINTS)).end()
    stored: list[Any] = read_all(kafka_broker, f"{topic}.state")
    [(_, _, offset)] = produce(kafka_broker, f"{topic}.state", [(stored[0].key, value)])
    place = rf"topic {topic}\.state, partition 0, (from )?offset {offset}"
    with pytest.raises(
        StateError, match=rf"{place}.*set SPEAR_KAFKA__STATE_TOPIC to an empty topic"
    ) as stopped:
        begin(service__delivery=delivery).until_points(1)
    assert stopped.value.exit_code == 2


def test_a_foreign_record_in_the_state_topic_disturbs_nobody(
    kafka_broker: KafkaBroker, topic: str, begin: Begin, outputs: Callable[..., None]
) -> None:
    outputs()
    produce(kafka_broker, topic, POINTS, partition=0)
    begin().until_points(len(POINTS)).end()
    produce(kafka_broker, f"{topic}.state", [(b"\xff", b"junk"), (b"[1]", b"junk"), (b"{}", b"junk")])
    life = begin()
    life.until(lambda: life.metric("spear_restored_series_total") == len(SERIES))
    life.end()
