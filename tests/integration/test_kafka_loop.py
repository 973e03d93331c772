"""The main loop on a real broker, slower than its input or refused by its outputs."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline, produce, read_all
from integration.second_broker import second_broker
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from streams import SETTINGS, SPEC, Row, quiet, rows

from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import Ports
from spear_stream.core.records import Float32Array, StructArray, TopicPartition
from spear_stream.ops.clock import SystemClock
from spear_stream.service import Pace, Service
from spear_stream.testing import RecordingTelemetry, StepScorer, json_records
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.kafka_producer import AcknowledgedProducer
from spear_stream.transport.kafka_sink import KafkaSink
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_state import KafkaState
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_transaction import Identity, KafkaTransaction

pytestmark = pytest.mark.kafka

SAMPLES: list[Row] = rows({name: quiet(50, {30: 50.0}, seed) for seed, name in enumerate("abcdef")})
MAX_POLL_INTERVAL = 1.5
"""Seconds; for the slow model, which is to exceed it."""


class SlowScorer(StepScorer):
    """Takes `seconds` for every batch."""

    def __init__(self, seconds: float) -> None:
        super().__init__(SPEC)
        self._seconds = seconds

    def score(self, windows: StructArray) -> Float32Array:
        time.sleep(self._seconds)
        return super().score(windows)


class Worker:
    """A service on the topics `topic`, `topic.alerts`, `topic.dead` and `topic.state`."""

    def __init__(
        self,
        broker: KafkaBroker,
        topic: str,
        delivery: str,
        pace: Pace,
        seconds: float = 0.0,
        max_poll_interval: float = 300.0,
    ) -> None:
        self.telemetry = RecordingTelemetry()
        where = connection(broker, request_timeout=5.0)
        subscription = Subscription(
            topic, (topic,), session_timeout=6.0, max_poll_interval=max_poll_interval, group_instance_id="w"
        )
        source = KafkaSource(where, subscription)
        topics = [f"{topic}.{output}" for output in ("alerts", "dead", "state")]
        producer: Any
        if delivery == "exactly_once":
            identity = Identity(f"{topic}.w", 10.0)
            producer = KafkaTransaction(where, identity, topics, source, lambda *, committed: None)
        else:
            producer = AcknowledgedProducer(where, topics)
        scorer = SlowScorer(seconds)
        self.service = Moves(
            Ports(
                source=source,
                decoder=make_decoder("json"),
                scorer=scorer,
                sink=KafkaSink(producer, topics[0], topics[1]),
                telemetry=self.telemetry,
                clock=SystemClock(),
                state=KafkaState(where, topics[2], topic, producer),
                transaction=producer if delivery == "exactly_once" else None,
            ),
            Fleet(SETTINGS, lambda _: 0, scorer.describe, self.telemetry.split_series),
            Batcher(SPEC, BatchLimits(max_windows=4, max_delay=0.1)),
            pace,
        )
        self.service.start()

    def step_until(self, happened: Callable[[], bool]) -> None:
        limit = deadline(40.0)
        while not happened():
            assert not limit.expired, f"{self.telemetry.totals}, {self.telemetry.troubles[-1:]}"
            self.service.step()


class Moves(Service):
    """Counts what the group does with its partitions."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.moves: Counter[str] = Counter()

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        self.moves["assigned"] += 1
        super().assigned(partitions)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self.moves["revoked"] += 1
        super().revoked(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self.moves["lost"] += 1
        super().lost(partitions)


def create_outputs(broker: KafkaBroker, topic: str) -> None:
    broker.create_topic(f"{topic}.dead")
    broker.create_topic(f"{topic}.state", 2, {"cleanup.policy": "compact"})


@pytest.fixture(scope="module")
def refused_topics(kafka_broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Topics whose alert topic wants two replicas, of which one is gone; everything else works."""
    topics = [kafka_broker.create_topic(f"refused-{number}", 2) for number in range(2)]
    for topic in topics:
        create_outputs(kafka_broker, topic)
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    wanted = {
        "num_partitions": 1,
        "replication_factor": 2,
        "configs": {"min.insync.replicas": "2"},
    }
    with second_broker(kafka_broker, tmp_path_factory.mktemp("second")):
        admin.create_topics({f"{topic}.alerts": wanted for topic in topics}, wait_for_metadata=True)
    admin.close()
    return topics


def allow(broker: KafkaBroker, topic: str) -> None:
    """From now on the one broker is enough for the alert topic."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, f"{topic}.alerts", {"min.insync.replicas": "1"})]
        )
    finally:
        admin.close()


def feed(broker: KafkaBroker, topic: str, samples: list[Row]) -> None:
    records = json_records(samples)
    produce(
        broker,
        topic,
        [(series.encode(), r.value) for (series, _, _), r in zip(samples, records, strict=True)],
    )


def opened(broker: KafkaBroker, topic: str) -> Counter[bytes]:
    """Series of the alerts that opened; fails when one event is there twice."""
    events = read_all(broker, f"{topic}.alerts")
    identities = [dict(event.headers)["ce_id"] for event in events]
    assert len(set(identities)) == len(identities)
    return Counter(event.key for event in events if dict(event.headers)["ce_type"] == b"spear.anomaly.opened")


def test_scoring_that_takes_longer_than_the_poll_interval_costs_no_partition(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    create_outputs(kafka_broker, topic)
    kafka_broker.create_topic(f"{topic}.alerts")
    feed(kafka_broker, topic, SAMPLES)
    pace = Pace(commit_interval=0.5, drain=5.0)
    worker = Worker(kafka_broker, topic, "exactly_once", pace, 0.08, MAX_POLL_INTERVAL)
    begun = time.monotonic()
    worker.step_until(lambda: worker.telemetry.totals["scored"] == 6 * 43)
    assert time.monotonic() - begun > 2 * MAX_POLL_INTERVAL
    assert worker.service.moves == {"assigned": 1}
    worker.service.drain()
    assert worker.service.moves["lost"] == 0
    assert worker.telemetry.totals["records"] == len(SAMPLES), "nothing was read twice"
    assert opened(kafka_broker, topic) == dict.fromkeys([b"a", b"b", b"c", b"d", b"e", b"f"], 1)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_alerts_that_the_broker_refuses_for_a_while_all_arrive_once(
    kafka_broker: KafkaBroker, refused_topics: list[str], delivery: str
) -> None:
    """min.insync.replicas is not met for the alert topic, until it is lowered."""
    topic = refused_topics.pop()
    feed(kafka_broker, topic, SAMPLES[:240])
    pace = Pace(commit_interval=0.2, drain=2.0)
    worker = Worker(kafka_broker, topic, delivery, pace)
    worker.step_until(lambda: len(worker.telemetry.troubles) >= 1)
    read = worker.telemetry.totals["records"]
    feed(kafka_broker, topic, SAMPLES[240:])
    worker.step_until(lambda: len(worker.telemetry.troubles) >= 2)
    assert worker.telemetry.totals["records"] == read, "nothing more is read"
    allow(kafka_broker, topic)
    worker.step_until(lambda: worker.telemetry.totals["scored"] == 6 * 43)
    worker.service.drain()
    assert worker.service.moves["lost"] == 0
    assert opened(kafka_broker, topic) == dict.fromkeys([b"a", b"b", b"c", b"d", b"e", b"f"], 1)
