"""The broker's share of a restore: stored state written to a real topic and loaded back."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import TopicPartition
from spear_stream.core.stored import StateChange, StoredState
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_producer import AcknowledgedProducer
from spear_stream.transport.kafka_state import KafkaState

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the broker is that of the tests
from integration.kafka_broker import KafkaBroker, download_jars, missing_tool

PATIENCE = 300.0


class StateOnKafka:
    """State topics on one broker, a new one for each measurement."""

    def __init__(self, broker: KafkaBroker, folder: Path) -> None:
        self._broker = broker
        self._data = folder / "data"

    def load_back(self, stored: StoredState, source: TopicPartition, points: int) -> dict[str, Any]:
        """Seconds until the stored bytes are with the worker again, and what they take on disk.

        points: those that the journal is for.
        """
        topic = self._broker.create_topic(f"state-{points}", config={"cleanup.policy": "compact"})
        connection = KafkaConnection((self._broker.bootstrap,))
        producer = AcknowledgedProducer(connection, (topic,))
        store = KafkaState(connection, topic, "bench", producer)
        started = time.monotonic()
        store.save(StateChange(source, stored.snapshot, snapshot=True))
        store.flush(_deadline())
        snapshot_seconds = time.monotonic() - started
        for record in stored.journal:
            store.save(StateChange(source, record, snapshot=False))
        store.flush(_deadline())
        started, busy = time.monotonic(), time.process_time()
        loaded = store.load({source}, _deadline())[source]
        load_seconds, load_cpu = time.monotonic() - started, time.process_time() - busy
        producer.close(_deadline())
        if loaded.snapshot != stored.snapshot or list(loaded.journal) != list(stored.journal):
            raise AssertionError("the state came back otherwise than it was stored")
        return {
            "snapshot_write_seconds": round(snapshot_seconds, 2),
            "load_from_broker_seconds": round(load_seconds, 2),
            "load_from_broker_cpu_seconds": round(load_cpu, 2),
            "disk_bytes_per_point": round(self._on_disk(topic) / points, 1),
        }

    def _on_disk(self, topic: str) -> int:
        return sum(log.stat().st_size for log in self._data.glob(f"{topic}-*/*.log"))


@contextmanager
def state_on_kafka() -> Iterator[StateOnKafka | None]:
    """None, with the reason on the terminal, where no broker can run."""
    if reason := missing_tool():
        print(f"Kafka is left out: {reason}")
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(download_jars(), Path(folder))
        broker.start()
        try:
            yield StateOnKafka(broker, Path(folder))
        finally:
            broker.stop()


def _deadline() -> Deadline:
    return Deadline(PATIENCE, time.monotonic)
