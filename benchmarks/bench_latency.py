"""How long an alert takes, from its record to a consumer that reads read_committed, at half load.

    python benchmarks/bench_latency.py [--quick]

One worker, exactly once, on a real broker; needs Java 17+ and Maven. First a backlog tells how many
windows a second it scores; then records come at half that rate, each stamped with the time at which
it is sent, some of them spikes. Latency is the time at which the alert is read less that stamp, so
it holds produce, fetch, batching, model, commit and the reader's fetch. With the shipped prompt the
model bounds the rate; with a prompt without a backbone everything else does.
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from common import write_result
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaPartition
from rich.console import Console
from rich.table import Table

from spear_stream.model.packaged import DEFAULT_CHECKPOINT

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # broker and worker are those of the tests
from e2e.daemon import Daemon, wait_until
from e2e.tiny import save_tiny
from e2e.worker_group import new_topics
from integration.kafka_broker import KafkaBroker, download_jars, missing_tool

PARTITIONS = 4
HISTORY = 31
"""Points of a series before its first window is due."""
STEP_MS = 1000
BEAT = 0.01
"""Seconds between two bursts of records."""
PATIENCE = 300.0
PERCENTILES = (50, 90, 99)


@dataclass(frozen=True)
class Case:
    prompt: str
    series: int
    backlog: int
    """Points of each series in the backlog."""
    commit_interval: float
    seconds: float = 60.0
    """Of half load."""


def main(*, quick: Annotated[bool, typer.Option(help="No backbone, few series: seconds.")] = False) -> None:
    """p50, p90 and p99 for two commit intervals, with and without a backbone."""
    if reason := missing_tool():
        print(f"needs a real broker: {reason}")
        raise typer.Exit(1)
    cases = [
        Case(prompt, series, backlog, interval)
        for prompt, series, backlog in (("no backbone", 10_000, 5), ("shipped", 400, 5))
        for interval in (1.0, 0.2)
    ]
    if quick:
        cases = [replace(cases[0], series=500, seconds=5.0)]
    with running_broker() as (broker, folder):
        rows = [measure(broker, folder / str(number), case) for number, case in enumerate(cases)]
    show(rows)
    if not quick:
        print(f"written to {write_result('latency', {'cases': rows}).name}")


@contextmanager
def running_broker() -> Iterator[tuple[KafkaBroker, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(download_jars(), Path(folder))
        broker.start()
        try:
            yield broker, Path(folder)
        finally:
            broker.stop()


def measure(broker: KafkaBroker, folder: Path, case: Case) -> dict[str, Any]:
    metrics = broker.create_topic(f"metrics-{folder.name}", PARTITIONS)
    topics = new_topics(broker, f"latency-{folder.name}", metrics, PARTITIONS)
    checkpoint = save_tiny(folder / "tiny", "tiny") if case.prompt == "no backbone" else DEFAULT_CHECKPOINT
    values = {
        **topics.settings,
        "model.checkpoint": checkpoint,
        "model.threads": 1,
        "scoring.calm_hop": 1,  # every point is due
        "service.commit_interval_seconds": case.commit_interval,
    }
    worker = Daemon(folder, broker, values).await_ready()
    sender = Sender(broker, metrics, case)
    try:
        capacity = backlog_rate(worker, sender, case)
        with listening(broker, topics.alerts) as latencies:
            sent = sender.live(capacity / 2, case.seconds)
            wait_until(lambda: worker.points_scored() >= sender.windows, worker.points_scored, PATIENCE)
            time.sleep(2 * case.commit_interval + 1.0)
        found = np.array(latencies)
    finally:
        sender.close()
        worker.kill()
    return {
        "prompt": case.prompt,
        "commit_interval_seconds": case.commit_interval,
        "series": case.series,
        "capacity_windows_per_second": round(capacity),
        "load_windows_per_second": round(sent / case.seconds),
        "alerts": len(found),
        **{f"p{p}_seconds": round(float(np.percentile(found, p)), 3) for p in PERCENTILES},
        "longest_seconds": round(float(found.max()), 3),
    }


class Sender:
    """Calm series with one spike each, keyed by series."""

    def __init__(self, broker: KafkaBroker, topic: str, case: Case) -> None:
        self._producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", linger_ms=0)
        self._topic = topic
        self._case = case
        self._calm = random.Random(1)
        self._spikes = set(range(case.series))
        self.windows = 0
        """Due so far: each point after HISTORY is."""

    def history(self) -> None:
        """As many points as need no scoring, one record per series."""
        begin = int(time.time() * 1000) - (HISTORY + self._case.backlog) * STEP_MS
        for series in range(self._case.series):
            points = (self._point(series, begin + at * STEP_MS, 0.0) for at in range(HISTORY))
            self._send(series, "[" + ",".join(points) + "]")
        self._producer.flush()
        self._begin = begin + HISTORY * STEP_MS

    def backlog(self) -> None:
        for at in range(self._case.backlog):
            for series in range(self._case.series):
                self._send(series, self._point(series, self._begin + at * STEP_MS, 0.0))
        self.windows += self._case.backlog * self._case.series
        self._producer.flush()

    def live(self, rate: float, seconds: float) -> int:
        """Points sent, in turn over the series; each series has its spike at a time of its own."""
        sent, began = 0, time.monotonic()
        chance = min(1.0, self._case.series / (rate * seconds))
        while (passed := time.monotonic() - began) < seconds:
            while sent < rate * passed:
                series = sent % self._case.series
                spike = series in self._spikes and self._calm.random() < chance
                self._spikes -= {series} if spike else set()
                self._send(series, self._point(series, int(time.time() * 1000), 1000.0 if spike else 0.0))
                sent += 1
            time.sleep(BEAT)
        self._producer.flush()
        self.windows += sent
        return sent

    def close(self) -> None:
        self._producer.close()

    def _send(self, series: int, value: str) -> None:
        self._producer.send(self._topic, value.encode(), key=b"series-%d" % series)

    def _point(self, series: int, ts: int, offset: float) -> str:
        return f'{{"series":"series-{series}","ts":{ts},"value":{self._calm.gauss() + offset:.4f}}}'


def backlog_rate(worker: Daemon, sender: Sender, case: Case) -> float:
    """Windows per second that the worker scores when records wait for it."""
    sender.history()
    points = case.series * HISTORY
    wait_until(lambda: worker.metric("spear_points_total") >= points, lambda: worker.said()[-2000:], PATIENCE)
    sender.backlog()
    wait_until(lambda: worker.points_scored() > 0, lambda: worker.said()[-2000:], PATIENCE)
    began, before = time.monotonic(), worker.points_scored()
    wait_until(lambda: worker.points_scored() >= sender.windows, worker.points_scored, PATIENCE)
    return (sender.windows - before) / (time.monotonic() - began)


@contextmanager
def listening(broker: KafkaBroker, topic: str) -> Iterator[list[float]]:
    """Seconds from the stamp of each alert's first point to its arrival here."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, isolation_level="read_committed")
    consumer.assign([KafkaPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
    consumer.seek_to_end()
    latencies, stop = list[float](), threading.Event()

    def listen() -> None:
        while not stop.is_set():
            for batch in consumer.poll(timeout_ms=100).values():
                now = time.time()
                latencies.extend(now - stamp for record in batch if (stamp := opened_at(record)) is not None)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield latencies
    finally:
        stop.set()
        thread.join()
        consumer.close()


def opened_at(record: Any) -> float | None:
    """The stamp of the point that opened this alert; None for the events that follow."""
    event = json.loads(record.value)
    if event["type"] != "spear.anomaly.opened":
        return None
    return datetime.fromisoformat(event["started_at"]).timestamp()


def show(rows: list[dict[str, Any]]) -> None:
    cases = (f"{row['prompt']}, commit {row['commit_interval_seconds']} s" for row in rows)
    table = Table("figure", *cases, title="From record to read_committed alert")
    for name in list(rows[0])[2:]:
        table.add_row(name.replace("_", " "), *(f"{row[name]:,}" for row in rows))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
