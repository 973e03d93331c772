"""Kill -9, or suspend, for as many rounds or hours as you like, then compare with an undisturbed run.

    python tests/e2e/soak.py --rounds 100
    python tests/e2e/soak.py --rounds 20 --kill broker --broker-away 60
    python tests/e2e/soak.py --hours 8 --kill both
    python tests/e2e/soak.py --rounds 20 --members dynamic
    python tests/e2e/soak.py --rounds 20 --members dynamic --kill suspend

Two workers share a topic, exactly once. In every round more records come and something is killed: a
worker chosen by lot, or the broker, or (`both`) a worker and every third time the broker too. What
was killed is started again. `suspend` stops a worker for longer than its session, then it goes on.
In the end the alert topic, read as read_committed, must hold what one worker that nobody disturbed
says about the same records: each event once, and those of a series in order. Needs Java 17+ and Maven.
"""

import argparse
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from e2e.load import records_of
from e2e.outcome import conclude, rounds_bar, working_folder
from e2e.tiny import save_tiny
from e2e.verdict import Verdict, compare_topics
from e2e.worker_group import WorkerGroup, new_topics
from integration.kafka_broker import KafkaBroker, download_jars
from integration.kafka_tools import produce

PARTITIONS = 4
WORKERS = ("worker-1", "worker-2")
SHORT_SESSION = 6.0
SUSPENDED = (SHORT_SESSION, 2 * SHORT_SESSION)
"""Seconds: the other worker may have taken over just now, or long ago."""
BROKER_EVERY = 3
"""With `both`, the broker is killed in every third round."""


@dataclass(frozen=True)
class Plan:
    rounds: float = 100
    hours: float = inf
    kill: str = "workers"
    broker_away: float = 0.0
    """Seconds between the broker's death and its start."""
    members: str = "static"
    seed: int = 0

    def strikes(self, number: int) -> tuple[bool, bool]:
        """Whether round `number` strikes a worker, and whether it kills the broker."""
        broker = {"workers": False, "suspend": False, "broker": True}
        return self.kill != "broker", broker.get(self.kill, number % BROKER_EVERY == 0)

    @property
    def session(self) -> float:
        return SHORT_SESSION if self.members == "dynamic" or self.kill == "suspend" else 45.0


@dataclass
class Tally:
    rounds: int = 0
    worker_kills: int = 0
    suspensions: int = 0
    broker_kills: int = 0
    restarts: int = 0
    """Workers that ended without being killed; for one that starts while the broker is away that is right."""
    records: int = 0
    longest_recovery_seconds: float = 0.0
    """From the start of what was killed until all workers are ready and the rounds before are committed."""


Report = Callable[[Tally], None]


def soak(
    broker: KafkaBroker, folder: Path, plan: Plan, report: Report | None = None
) -> tuple[Tally, Verdict]:
    """Disturbed workers, an undisturbed one on the same input, then the comparison."""
    stem = f"soak-{folder.name}"
    metrics = broker.create_topic(f"{stem}-metrics", PARTITIONS)
    settings = {
        "model.checkpoint": save_tiny(folder / "checkpoint", "tiny"),
        "service.commit_interval_seconds": 0.2,
        "kafka.session_timeout_seconds": plan.session,
    }
    calm, rough = (
        WorkerGroup(
            broker,
            folder / kind,
            new_topics(broker, f"{stem}-{kind}", metrics, PARTITIONS),
            PARTITIONS,
            settings,
        )
        for kind in ("calm", "rough")
    )
    rough.static = plan.members == "static"
    try:
        tally = disturb(rough, plan, report or (lambda _: None))
        rough.stop_all()
        calm.start("worker-0")
        calm.await_ready(tally.records)
        calm.stop_all()
    finally:
        for group in (rough, calm):
            group.kill_all()
    return tally, compare_topics(broker, calm.topics, rough.topics)


def disturb(group: WorkerGroup, plan: Plan, report: Report) -> Tally:
    """Returns when all is committed. A round begins once every worker takes part and has caught up."""
    tally, chance = Tally(), random.Random(plan.seed)
    end = time.monotonic() + 3600 * plan.hours
    for name in WORKERS:
        group.start(name)
    group.await_ready()
    while tally.rounds < plan.rounds and time.monotonic() < end:
        records = records_of(tally.rounds, chance)
        half = len(records) // 2
        produce(group.broker, group.topics.metrics, records[:half])
        time.sleep(chance.uniform(0.0, 0.4))  # the kill falls anywhere in the work, commits included
        strike(group, plan, tally, chance)
        struck = time.monotonic()
        produce(group.broker, group.topics.metrics, records[half:])
        group.await_ready(tally.records)
        recovery = round(time.monotonic() - struck, 1)
        tally.longest_recovery_seconds = max(tally.longest_recovery_seconds, recovery)
        tally.worker_kills, tally.suspensions = group.kills, group.suspensions
        tally.restarts = group.restarts
        tally.records += len(records)
        tally.rounds += 1
        report(tally)
    group.await_ready(tally.records)
    return tally


def strike(group: WorkerGroup, plan: Plan, tally: Tally, chance: random.Random) -> None:
    worker, broker = plan.strikes(tally.rounds)
    victim = chance.choice(WORKERS) if worker else None
    broker_first = chance.random() < 0.5
    if broker and broker_first:
        group.broker.kill()
    if victim and plan.kill == "suspend":
        group.suspend(victim, chance.uniform(*SUSPENDED))
    elif victim:
        group.kill(victim)
        group.start(victim)
    if broker and not broker_first:
        time.sleep(chance.uniform(0.0, 2.0))  # the successor starts, restores or works
        group.broker.kill()
    if broker:
        time.sleep(plan.broker_away)
        group.broker.restart()
    tally.broker_kills += broker


def parse() -> tuple[Plan, str | None, Path | None]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, help="end after this many (100 without --hours)")
    parser.add_argument("--hours", type=float, default=inf, help="end after this time")
    parser.add_argument("--kill", choices=("workers", "broker", "both", "suspend"), default="workers")
    parser.add_argument("--broker-away", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument(
        "--members",
        choices=("static", "dynamic"),
        default="static",
        help="with kafka.group_instance_id, or without: a successor waits for the dead member's session",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--result", metavar="NAME", help="write benchmarks/results/NAME.json")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave logs and topics there")
    given = vars(parser.parse_args())
    result, keep = given.pop("result"), given.pop("keep")
    given["rounds"] = given["rounds"] or (100 if given["hours"] == inf else inf)
    return Plan(**given), result, keep


def main() -> None:
    plan, result, keep = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the broker and the workers end with us
    with working_folder(keep) as folder:
        broker = KafkaBroker(download_jars(), folder)
        broker.start()
        try:
            with rounds_bar(plan.rounds) as show:
                tally, verdict = soak(broker, folder / "run", plan, show)
        finally:
            broker.stop()
    conclude("Soak", vars(plan), vars(tally), verdict, result)


if __name__ == "__main__":
    main()
