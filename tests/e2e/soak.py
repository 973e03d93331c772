"""Kill -9 for as many rounds as you like, then compare with an undisturbed run.

    python tests/e2e/soak.py --rounds 100

Two workers share a topic. Every round more records come, and a worker, chosen by lot, is killed
and started again. In the end the alert topic, read as read_committed, must hold what one worker
that nobody disturbed says about the same records: each event once, and those of a series in order.
Needs Java 17+ and Maven.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from e2e.daemon import Daemon, Topics, wait_until
from e2e.feed import feed
from e2e.tiny import save_tiny
from integration.kafka_broker import KafkaBroker, download_jars
from integration.kafka_tools import produce, read_all
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

SERIES = 12
"""That begin in every round, and end in the next one with a spike: an anomaly like one before is none."""
PARTITIONS = 4
HALF = 30
"""Points of a series in each of its two rounds; windows need more than the first of them."""
PATIENCE = 120.0


@dataclass(frozen=True)
class Verdict:
    """What the checker found; times in seconds."""

    rounds: int
    records: int
    events: int
    lost: list[str]
    doubled: list[str]
    foreign: list[str]
    """Events that the undisturbed run does not have."""
    disordered: list[str]
    """Series whose events are in another order."""
    seconds: float

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.foreign or self.disordered)


@dataclass
class Workers:
    """Two workers that keep their identities over kills."""

    broker: KafkaBroker
    folder: Path
    settings: dict[str, object]
    running: dict[str, Daemon] = field(default_factory=dict)
    kills: int = 0

    def start(self, name: str) -> Daemon:
        own = {"kafka.group_instance_id": name, **self.settings}
        self.running[name] = Daemon(self.folder / f"{name}-{self.kills}", self.broker, own, forked=True)
        return self.running[name]

    def replace(self, name: str) -> None:
        """Kill -9, and at once a successor."""
        self.running[name].kill()
        self.kills += 1
        self.start(name)

    def kill_all(self) -> None:
        for worker in self.running.values():
            worker.kill()


def soak(broker: KafkaBroker, folder: Path, rounds: int, seed: int = 0) -> Verdict:
    """Disturbed and undisturbed workers on the same input, then the comparison."""
    started, chance = time.monotonic(), random.Random(seed)
    checkpoint = save_tiny(folder / "checkpoint", "tiny")
    stem = f"soak-{folder.name}"
    metrics = broker.create_topic(f"{stem}-metrics", PARTITIONS)
    calm_topics, topics = (new_topics(broker, f"{stem}-{kind}", metrics) for kind in ("calm", "rough"))
    base = {"model.checkpoint": checkpoint, "service.commit_interval_seconds": 0.2}
    calm = Workers(broker, folder / "calm", {**calm_topics.settings, **base})
    rough = Workers(broker, folder / "rough", {**topics.settings, **base})
    try:
        ready = [rough.start("worker-1"), rough.start("worker-2"), calm.start("worker-0")]
        for worker in ready:
            worker.await_ready()
        records = disturb(broker, metrics, rough, rounds, chance)
        for group in (calm_topics, topics):
            await_committed(broker, group, records)
        assert [worker.stop() for worker in rough.running.values()] == [0, 0], said(rough)
        assert calm.running["worker-0"].stop() == 0, said(calm)
    finally:
        rough.kill_all()
        calm.kill_all()
    expected, found = (read_all(broker, t.alerts) for t in (calm_topics, topics))
    return compare(expected, found, rounds=rounds, records=records, seconds=time.monotonic() - started)


def disturb(broker: KafkaBroker, metrics: str, workers: Workers, rounds: int, chance: random.Random) -> int:
    """Records in the topic at the end. A round begins once a killed worker's successor takes part."""
    records = 0
    for number in range(rounds):
        spike = HALF + chance.randrange(5, HALF - 10)
        given = feed(series_of(number - 1), range(HALF, 2 * HALF), {spike}) if number else []
        given += feed(series_of(number), range(HALF))
        half = len(given) // 2
        produce(broker, metrics, given[:half])
        time.sleep(chance.uniform(0.0, 0.4))  # the kill falls anywhere in the work, commits included
        victim = chance.choice(sorted(workers.running))
        workers.replace(victim)
        produce(broker, metrics, given[half:])
        workers.running[victim].await_ready()
        records += len(given)
    return records


def series_of(number: int) -> list[str]:
    return [f"round-{number}-series-{at}" for at in range(SERIES)]


def new_topics(broker: KafkaBroker, stem: str, metrics: str) -> Topics:
    return Topics(
        metrics,
        broker.create_topic(f"{stem}-alerts", 2),
        broker.create_topic(f"{stem}-letters"),
        broker.create_topic(f"{stem}-state", PARTITIONS, {"cleanup.policy": "compact"}),
        group=f"{stem}-group",
    )


def await_committed(broker: KafkaBroker, topics: Topics, records: int) -> None:
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap, group_id=topics.group, isolation_level="read_committed"
    )
    partitions = [KafkaPartition(topics.metrics, number) for number in range(PARTITIONS)]

    def committed() -> int:
        return sum(consumer.committed(partition) or 0 for partition in partitions)

    try:
        wait_until(lambda: committed() >= records, lambda: (committed(), records), PATIENCE)
    finally:
        consumer.close()


def compare(
    expected: Sequence[Any], found: Sequence[Any], *, rounds: int, records: int, seconds: float
) -> Verdict:
    """By CloudEvents id and content: an event is the same only if all that it says is."""
    wanted, got = (Counter(map(_identity, records_)) for records_ in (expected, found))
    return Verdict(
        rounds=rounds,
        records=records,
        events=len(found),
        lost=sorted(wanted.keys() - got.keys()),
        doubled=sorted(event for event, count in got.items() if count > 1),
        foreign=sorted(got.keys() - wanted.keys()),
        disordered=sorted(
            series for series, order in _orders(found).items() if order != _orders(expected).get(series)
        ),
        seconds=seconds,
    )


def _identity(record: Any) -> str:
    """ce_id, and what happened; scores may differ in the last bit between batches of other sizes."""
    event, headers = json.loads(record.value), dict(record.headers)
    return f"{headers['ce_id'].decode()} {event['type']} {event['series']} {event['started_at']}"


def _orders(records: Sequence[Any]) -> dict[bytes, list[str]]:
    orders: dict[bytes, list[str]] = defaultdict(list)
    for record in records:
        orders[record.key].append(_identity(record))
    return orders


def said(workers: Workers) -> str:
    return "\n".join(worker.said()[-2000:] for worker in workers.running.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        broker = KafkaBroker(download_jars(), Path(folder))
        broker.start()
        try:
            verdict = soak(broker, Path(folder) / "run", options.rounds, options.seed)
        finally:
            broker.stop()
    print(verdict)
    sys.exit(0 if verdict.clean else 1)


if __name__ == "__main__":
    main()
