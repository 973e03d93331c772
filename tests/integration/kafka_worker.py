"""A worker on a real broker, in this process and stepped by hand."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline, produce, read_all
from streams import SETTINGS, SPEC, Row

from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import Ports, Scorer
from spear_stream.core.records import TopicPartition
from spear_stream.core.tolerant import FittingScorer, TolerantScorer
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


def tolerant(scorer: Scorer, telemetry: RecordingTelemetry) -> Scorer:
    return TolerantScorer(FittingScorer(scorer, telemetry), telemetry)


class Worker:
    """A service on the topics `topic`, `topic.alerts`, `topic.dead` and `topic.state`."""

    def __init__(
        self,
        broker: KafkaBroker,
        topic: str,
        delivery: str,
        pace: Pace,
        scorer: Scorer | None = None,
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
        scorer = tolerant(scorer or StepScorer(SPEC), self.telemetry)
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
            assert not limit.expired, f"{self.telemetry.totals}, {self.telemetry.put_off[-1:]}"
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
