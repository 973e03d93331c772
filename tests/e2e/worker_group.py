"""Workers that share a topic as one group: started, killed, stopped, and restarted if they end."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from e2e.daemon import Daemon, Topics
from integration.kafka_broker import KafkaBroker
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaError

PATIENCE = 180.0
"""Seconds in which a group must have gone on: longer than any session and transaction that must time out."""


@dataclass
class WorkerGroup:
    """Supervised as systemd or Kubernetes would: whoever ends on its own is started again."""

    broker: KafkaBroker
    folder: Path
    topics: Topics
    partitions: int
    settings: dict[str, object]
    static: bool = True
    """Workers keep a group_instance_id over kills; without one a successor is a new member."""
    running: dict[str, Daemon] = field(default_factory=dict)
    kills: int = 0
    suspensions: int = 0
    restarts: int = 0
    """Ends that nobody asked for."""
    _starts: int = 0

    def start(self, name: str) -> None:
        own = {"kafka.group_instance_id": name} if self.static else {}
        settings = {**self.topics.settings, **self.settings, **own}
        self._starts += 1
        self.running[name] = Daemon(self.folder / f"{name}-{self._starts}", self.broker, settings)

    def kill(self, name: str) -> None:
        """Kill -9."""
        self.running[name].kill()
        self.kills += 1

    def suspend(self, name: str, seconds: float) -> None:
        self.running[name].suspend(seconds)
        self.suspensions += 1

    def stop(self, name: str) -> None:
        """SIGTERM; the worker finishes its work and leaves."""
        worker = self.running.pop(name)
        assert worker.stop() == 0, worker.said()[-4000:]

    def stop_all(self) -> None:
        for name in list(self.running):
            self.stop(name)

    def kill_all(self) -> None:
        """In a cleanup: whatever still runs."""
        for worker in self.running.values():
            worker.kill()

    def await_ready(self, records: int = 0) -> None:
        """Until every worker has partitions and the group has committed this many records.

        However long that takes, as long as the group goes on.
        """
        consumer = KafkaConsumer(
            bootstrap_servers=self.broker.bootstrap,
            group_id=self.topics.group,
            isolation_level="read_committed",
        )
        committed, gone_on = -1, time.monotonic()
        try:
            while committed < records or not self._all_ready():
                self._supervise()
                if (now := self._committed(consumer)) > committed:
                    committed, gone_on = now, time.monotonic()
                assert time.monotonic() < gone_on + PATIENCE, (committed, records, self.said())
                time.sleep(0.1)
        finally:
            consumer.close()

    def said(self) -> list[str]:
        """The last words of each worker."""
        return [worker.said()[-2000:] for worker in self.running.values()]

    def _supervise(self) -> None:
        for name, worker in self.running.items():
            if worker.ended:
                self.restarts += 1
                self.start(name)

    def _all_ready(self) -> bool:
        return all(worker.get("/readyz")[0] == 200 for worker in self.running.values())

    def _committed(self, consumer: KafkaConsumer) -> int:
        """Records before the committed offsets; an open transaction or an absent broker hides some."""
        try:
            found = (
                consumer.committed(KafkaPartition(self.topics.metrics, number), timeout_ms=5000)
                for number in range(self.partitions)
            )
            return sum(offset or 0 for offset in found)
        except KafkaError:
            return 0


def new_topics(broker: KafkaBroker, stem: str, metrics: str, partitions: int) -> Topics:
    return Topics(
        metrics,
        broker.create_topic(f"{stem}-alerts", 2),
        broker.create_topic(f"{stem}-letters"),
        broker.create_topic(f"{stem}-state", partitions, {"cleanup.policy": "compact"}),
        group=f"{stem}-group",
    )
