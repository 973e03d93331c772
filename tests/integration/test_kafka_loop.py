"""The main loop on a real broker, slower than its input or refused by its outputs."""

import time

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_worker import Worker, create_outputs, feed, opened
from integration.second_broker import second_broker
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from streams import SPEC, Row, quiet, rows

from spear_stream.core.coarse import BLOCK
from spear_stream.core.records import Float32Array, StructArray
from spear_stream.service import Pace
from spear_stream.testing import StepScorer

pytestmark = pytest.mark.kafka

SAMPLES: list[Row] = rows({name: quiet(50, {30: 50.0}, seed) for seed, name in enumerate("abcdef")})
WINDOWS = 6 * (50 - 7 + 50 // BLOCK - 7)
"""Of points and of means, from the eighth on."""
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


def test_scoring_that_takes_longer_than_the_poll_interval_costs_no_partition(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    create_outputs(kafka_broker, topic)
    kafka_broker.create_topic(f"{topic}.alerts")
    feed(kafka_broker, topic, SAMPLES)
    pace = Pace(commit_interval=0.5, drain=5.0)
    worker = Worker(kafka_broker, topic, "exactly_once", pace, SlowScorer(0.08), MAX_POLL_INTERVAL)
    begun = time.monotonic()
    worker.step_until(lambda: worker.telemetry.totals["scored"] == WINDOWS)
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
    worker.step_until(lambda: len(worker.telemetry.put_off) >= 1)
    read = worker.telemetry.totals["records"]
    feed(kafka_broker, topic, SAMPLES[240:])
    worker.step_until(lambda: len(worker.telemetry.put_off) >= 2)
    assert worker.telemetry.totals["records"] == read, "nothing more is read"
    allow(kafka_broker, topic)
    worker.step_until(lambda: worker.telemetry.totals["scored"] == WINDOWS)
    worker.service.drain()
    assert worker.service.moves["lost"] == 0
    assert opened(kafka_broker, topic) == dict.fromkeys([b"a", b"b", b"c", b"d", b"e", b"f"], 1)
