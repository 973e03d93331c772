"""Scale from 1 to 4 to 2 workers under load, then compare with an undisturbed run.

    python tests/e2e/scale.py
    python tests/e2e/scale.py --series 100000 --rate 2000

For each change: seconds until the group has settled (all workers have partitions, as many as the
others, and nothing has moved for 5 s), how often the broker rebalanced the group for it, and the
longest time in which it committed nothing, although records kept coming. Workers that go get
SIGTERM. In the end the alert topic, read as read_committed, must hold what one worker that nobody
disturbed says about the same records. Needs Java 17+ and Maven.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from e2e.load import Load
from e2e.outcome import conclude, working_folder
from e2e.tiny import save_tiny
from e2e.verdict import Verdict, compare_topics
from e2e.worker_group import WorkerGroup, new_topics
from integration.kafka_broker import KafkaBroker, download_jars
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

QUIET = 5.0
"""Seconds without a move after which a group has settled."""
PATIENCE = 300.0
"""A group that has not settled by then is in a live-lock."""
BROKER_SESSION_MS = 9000
"""Kafka's default: with workers that use all cores, shorter ones take the broker for dead."""


@dataclass(frozen=True)
class Plan:
    workers: tuple[int, ...] = (1, 4, 2)
    partitions: int = 64
    series: int = 2000
    """Residents: their state moves with the partitions."""
    rate: int = 1000
    """Points of residents per second; those of the series with alerts come on top, 720 a second."""
    phase_seconds: float = 15.0
    """Load on a settled group before it is changed again."""


@dataclass(frozen=True)
class Change:
    settle_seconds: float
    rebalances: int
    standstill_seconds: float
    """Longest time without a commit."""
    catch_up_seconds: float
    """From then until the group has committed what was in the topic when it had settled."""


Report = Callable[[str], None]


class Observer:
    """What the broker says about a group."""

    def __init__(self, broker: KafkaBroker, group: str) -> None:
        self._broker, self._group = broker, group
        self._admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)

    def generation(self) -> int:
        return max(self._broker.generations(self._group), default=0)

    def committed(self) -> int:
        """Records before the committed offsets; 0 while the coordinator does not answer."""
        try:
            offsets = self._admin.list_group_offsets(self._group)[self._group]
        except KafkaError:
            return 0
        return sum(max(0, found.offset) for found in offsets.values())

    def shares(self) -> list[int]:
        """Partitions of each member; none while the coordinator does not answer."""
        try:
            members = self._admin.describe_groups([self._group])[self._group]["members"]
        except KafkaError:
            return []
        return sorted(map(_partitions_of, members))

    def close(self) -> None:
        self._admin.close()


def scale(broker: KafkaBroker, folder: Path, plan: Plan, report: Report) -> tuple[list[Change], int, Verdict]:
    """The changes, the records, and the comparison."""
    metrics = broker.create_topic("metrics", plan.partitions)
    settings = {"model.checkpoint": save_tiny(folder / "checkpoint", "tiny")}
    calm, group = (
        WorkerGroup(
            broker,
            folder / kind,
            new_topics(broker, kind, metrics, plan.partitions),
            plan.partitions,
            settings,
            static=False,
        )
        for kind in ("calm", "scaled")
    )
    load = Load(broker, metrics, plan.series, plan.rate)
    observer = Observer(broker, group.topics.group)
    try:
        load.tell_history()
        load.start()
        changes = []
        for workers in plan.workers:
            changes.append(change(group, observer, load, workers))
            report(f"{workers} workers: {changes[-1]}")
            time.sleep(plan.phase_seconds)
        load.stop()
        group.await_ready(load.records)
        group.stop_all()
        report("the same records, undisturbed")
        calm.start("worker-0")
        calm.await_ready(load.records)
        calm.stop_all()
    finally:
        load.stop()
        observer.close()
        for workers_ in (group, calm):
            workers_.kill_all()
    return changes, load.records, compare_topics(broker, calm.topics, group.topics)


def change(group: WorkerGroup, observer: Observer, load: Load, workers: int) -> Change:
    """Start or stop as many as are missing or too many, and watch until the group has settled."""
    generation, began = observer.generation(), time.monotonic()
    names = sorted(group.running)
    for number in range(len(names), workers):
        group.start(f"worker-{number}")
    with ThreadPoolExecutor() as pool:
        stops = [pool.submit(group.stop, name) for name in names[workers:]]
        settled, standstill = watch(group, observer, workers, stops)
    rebalances, waited = observer.generation() - generation, time.monotonic()
    group.await_ready(load.records)
    catch_up = time.monotonic() - waited
    return Change(round(settled - began, 1), rebalances, round(standstill, 1), round(catch_up, 1))


def watch(
    group: WorkerGroup, observer: Observer, workers: int, stops: list[Future[None]]
) -> tuple[float, float]:
    """When the group's last move was, and the longest time without a commit."""
    limit = time.monotonic() + PATIENCE
    seen: Any = None
    moved = advanced = time.monotonic()
    committed, standstill = observer.committed(), 0.0
    while True:
        now = time.monotonic()
        shares = observer.shares()
        if (found := (observer.generation(), shares)) != seen:
            seen, moved = found, now
        if (reached := observer.committed()) > committed:
            standstill, committed, advanced = max(standstill, now - advanced), reached, now
        spread = len(shares) == workers and shares[-1] - shares[0] <= 1 and shares[0] > 0
        if spread and all(stop.done() for stop in stops) and now - moved >= QUIET:
            for stop in stops:
                stop.result()
            return moved, max(standstill, now - advanced)
        assert now < limit, f"not settled: {seen}, {group.said()}"
        time.sleep(0.2)


def _partitions_of(member: dict[str, Any]) -> int:
    assignment = member["member_assignment"]
    topics = (assignment or {}).get("assigned_partitions", ())
    return sum(len(topic["partitions"]) for topic in topics)


def parse() -> tuple[Plan, str | None, Path | None]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    plan = Plan()
    parser.add_argument("--workers", type=int, nargs="+", default=plan.workers)
    parser.add_argument("--partitions", type=int, default=plan.partitions)
    parser.add_argument("--series", type=int, default=plan.series)
    parser.add_argument("--rate", type=int, default=plan.rate, help="points of these series per second")
    parser.add_argument("--phase-seconds", type=float, default=plan.phase_seconds)
    parser.add_argument("--result", metavar="NAME", help="write benchmarks/results/NAME.json")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave logs and topics there")
    given = vars(parser.parse_args())
    result, keep = given.pop("result"), given.pop("keep")
    return Plan(**given), result, keep


def main() -> None:
    plan, result, keep = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the broker and the workers end with us
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", file=sys.stderr, flush=True)

    with working_folder(keep) as folder:
        broker = KafkaBroker(download_jars(), folder, session_ms=BROKER_SESSION_MS)
        broker.start()
        try:
            changes, records, verdict = scale(broker, folder, plan, report)
        finally:
            broker.stop()
    steps = {f"step {at + 1}, workers {plan.workers[at]}": asdict(found) for at, found in enumerate(changes)}
    figures = {"records": records, **steps}
    conclude("Scaling", asdict(plan), figures, verdict, result)


if __name__ == "__main__":
    main()
