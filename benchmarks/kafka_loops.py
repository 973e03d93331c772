"""The daemon's service on a real broker beside a bare kafka-python poll loop over the same topic."""

import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaPartition
from prometheus_client import CollectorRegistry

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.deadline import Deadline
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.fleet import Fleet
from spear_stream.core.spec import WindowSpec
from spear_stream.ops.clock import SystemClock
from spear_stream.ops.metrics import STAGES
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.service import Pace, Ports, Service
from spear_stream.testing import ConstantScorer
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_producer import AcknowledgedProducer
from spear_stream.transport.kafka_sink import KafkaSink
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the broker is that of the tests
from integration.kafka_broker import KafkaBroker, download_jars, missing_tool

RECORDS = 400_000
PARTITIONS = 4
SERIES = 1_000
POLL = 5_000
RECORD_BYTES = 104
START = 1_700_000_000_000
SPEC = WindowSpec()
SCORER = ConstantScorer()


def bare_and_service(records: int, rounds: int) -> dict[str, Any] | None:
    """None, with the reason on the terminal, where no broker can run."""
    if reason := missing_tool():
        print(f"Kafka is left out: {reason}")
        return None
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(download_jars(), Path(folder))
        broker.start()
        try:
            return in_turns(broker, records, rounds)
        finally:
            broker.stop()


def in_turns(broker: KafkaBroker, records: int, rounds: int) -> dict[str, Any]:
    """Records per second in turns, so that both meet the same noise; and where the service's time goes."""
    fill(broker, records)
    bare, service, shares = [], [], []
    for number in range(rounds):
        bare.append(bare_loop(broker, records))
        seconds, stages = service_loop(broker, records, f"group-{number}")
        service.append(seconds)
        shares.append(stages)
    return {
        "records": records,
        "series": SERIES,
        "record_bytes": RECORD_BYTES,
        "bare_poll_loop_per_second": round(records / median(bare)),
        "service_per_second": round(records / median(service)),
        "ratio": round(median(s / b for b, s in zip(bare, service, strict=True)), 2),
        "share_of_stages": {stage: round(median(s[stage] for s in shares), 3) for stage in STAGES},
    }


def fill(broker: KafkaBroker, records: int) -> None:
    """Every series in turn, keyed."""
    for topic, partitions in (("metrics", PARTITIONS), ("alerts", 1), ("dead-letters", 1)):
        broker.create_topic(topic, partitions)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=50, batch_size=1 << 18)
    for number in range(records):
        name = f"host-{number % SERIES:05d}.cpu.usage"
        value = f'{{"series":"{name}","ts":{START + number // SERIES * 1000},"value":{random.random():.6f}'
        value = f'{value},"unit":"{"percent":_<{RECORD_BYTES - len(value) - 11}}"}}'
        producer.send("metrics", value.encode(), key=name.encode())
    producer.close()


def bare_loop(broker: KafkaBroker, records: int) -> float:
    """Seconds from the first record to the last."""
    arguments = {"max_poll_records": POLL, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, **arguments)
    consumer.assign([KafkaPartition("metrics", number) for number in range(PARTITIONS)])
    count, started = 0, time.monotonic()
    while count < records:
        begun = time.monotonic()
        batches = consumer.poll(timeout_ms=200)
        started = started if count else begun
        count += sum(map(len, batches.values()))
    seconds = time.monotonic() - started
    consumer.close()
    return seconds


def service_loop(broker: KafkaBroker, records: int, group: str) -> tuple[float, dict[str, float]]:
    """Seconds from the first record to the commit of the last, and the share of each stage in them."""
    registry = CollectorRegistry()
    service = kafka_service(broker, group, registry)
    service.start()
    started, before = 0.0, dict.fromkeys(STAGES, 0.0)
    while (count := registry.get_sample_value("spear_points_total") or 0) < records:
        if not count:
            started, before = time.monotonic(), stage_seconds(registry)
        service.step()
    while registry.get_sample_value("spear_pending_windows"):
        service.step()
    service.commit(Deadline(30.0, time.monotonic))
    seconds = time.monotonic() - started
    after = stage_seconds(registry)
    service.drain()
    return seconds, {stage: (after[stage] - before[stage]) / seconds for stage in STAGES}


def stage_seconds(registry: CollectorRegistry) -> dict[str, float]:
    return {s: registry.get_sample_value("spear_stage_seconds_sum", {"stage": s}) or 0.0 for s in STAGES}


def kafka_service(broker: KafkaBroker, group: str, registry: CollectorRegistry) -> Service:
    connection = KafkaConnection((broker.bootstrap,))
    telemetry = PrometheusTelemetry(registry)
    ports = Ports(
        source=KafkaSource(connection, Subscription(group, ("metrics",), max_poll_records=POLL)),
        decoder=make_decoder("json"),
        scorer=SCORER,
        sink=KafkaSink(
            AcknowledgedProducer(connection, ("alerts", "dead-letters")), "alerts", "dead-letters"
        ),
        telemetry=telemetry,
        clock=SystemClock(),
    )
    settings = DetectorSettings(SPEC, AlertPolicy())
    fleet = Fleet(settings, lambda _: 0, SCORER.describe, telemetry.split_series)
    return Service(ports, fleet, Batcher(SPEC, BatchLimits()), Pace())
