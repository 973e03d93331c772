"""The main job: real series through a real topic, two workers, and an account of every record."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from e2e.daemon import Daemon, StartDaemon, Topics, wait_until
from e2e.nab import DATA, Reading, readings
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import produce, read
from jsonschema import Draft202012Validator

from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.packaged import DEFAULT_CHECKPOINT
from spear_stream.transport.events import alert_event_schema

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.nab,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="needs the NAB series in ../shared/data/NAB"),
]

SPARSE = 64
"""Every 64th point of a series, so that the full model takes seconds; all of them take minutes."""


@pytest.mark.parametrize(("shipped", "hop"), [(False, 1), (True, SPARSE)], ids=["all-points", "full-model"])
def test_every_record_is_accounted_for_and_every_alert_is_well_formed(
    kafka_broker: KafkaBroker,
    topics: Topics,
    start_daemon: StartDaemon,
    tiny_checkpoint: Path,
    shipped: bool,
    hop: int,
) -> None:
    given_settings = {"scoring__hop": hop, "scoring__calm_hop": 1} | (
        {} if shipped else {"model__checkpoint": tiny_checkpoint}
    )
    workers = [start_daemon(**given_settings) for _ in range(2)]
    for worker in workers:
        worker.await_ready()
    given = readings()
    produce(kafka_broker, topics.metrics, (reading.record for reading in given))
    wait_until(lambda: settled(workers) == len(given), lambda: account(workers), patience=150)

    assert account(workers) == expected_account(given, hop)
    assert all(worker.metric("spear_points_total") for worker in workers), "one worker did all the work"
    assert_duplicates_are_dead_letters(read(kafka_broker, topics.dead_letters, duplicates(given)), given)
    events = int(total(workers, "spear_alerts_total"))
    alerts = read(kafka_broker, topics.alerts, events)
    assert len(alerts) == events > 0
    assert_well_formed(alerts, read(kafka_broker, topics.metrics, len(given)))
    assert [worker.stop() for worker in workers] == [0, 0]


def settled(workers: list[Daemon]) -> float:
    """Points and records about which all has been said."""
    return sum(account(workers).values()) - total(workers, "spear_pending_windows")


def account(workers: list[Daemon]) -> dict[str, float]:
    names = {
        "warming up": "spear_points_warming_up_total",
        "between hops": "spear_points_held_total",
        "refused": "spear_dead_letters_total",
    }
    scored = sum(worker.points_scored() for worker in workers)
    return {"scored": scored} | {name: total(workers, metric) for name, metric in names.items()}


def total(workers: list[Daemon], metric: str, **labels: str) -> float:
    return sum(worker.metric(metric, **labels) for worker in workers)


def expected_account(given: list[Reading], hop: int) -> dict[str, float]:
    """From the data alone: how many points each series has and which of them are due."""
    first = load_manifest(DEFAULT_CHECKPOINT).spec.min_points
    points = Counter(series for series, _ in {(reading.series, reading.ts) for reading in given})
    scored = sum(count // hop - (first - 1) // hop for count in points.values())
    warming_up = sum(min(count, first - 1) for count in points.values())
    return {
        "scored": scored,
        "warming up": warming_up,
        "between hops": points.total() - scored - warming_up,
        "refused": duplicates(given),
    }


def duplicates(given: list[Reading]) -> int:
    """Readings with the time of another of the same series; NAB has some."""
    return len(given) - len({(reading.series, reading.ts) for reading in given})


def assert_duplicates_are_dead_letters(letters: list[Any], given: list[Reading]) -> None:
    times = Counter((reading.series, reading.ts) for reading in given)
    repeated = Counter({at: count - 1 for at, count in times.items() if count > 1})
    refused = Counter((record["series"], record["ts"]) for record in map(value, letters))
    assert refused == repeated
    assert {headers(letter)["spear_reason"] for letter in letters} == {"duplicate"}


def assert_well_formed(alerts: list[Any], inputs: list[Any]) -> None:
    """Schema, CloudEvents headers, positions that lead to the record, and lives without gaps."""
    origin = {(record.partition, record.offset): value(record) for record in inputs}
    lives = defaultdict(list)
    validator = Draft202012Validator(alert_event_schema())
    for record in alerts:
        event, attributes = value(record), headers(record)
        validator.validate(event)
        lives[event["alert_id"]].append((event["sequence"], event["type"].removeprefix("spear.anomaly.")))
        opened_by = origin[event["position"]["partition"], event["position"]["offset"]]
        assert opened_by["series"] == event["series"] == record.key.decode() == attributes["ce_subject"]
        assert attributes["ce_id"] == f"{event['alert_id']}.{event['sequence']}"
        assert attributes["ce_type"] == event["type"]
        assert attributes["ce_specversion"] == "1.0"
        assert attributes["content-type"] == "application/json"
    for life in lives.values():
        assert [sequence for sequence, _ in life] == list(range(len(life)))
        kinds = [kind for _, kind in life]
        assert kinds[0] == "opened"
        assert set(kinds[1:-1]) <= {"updated"}


def value(record: Any) -> Any:
    return json.loads(record.value)


def headers(record: Any) -> dict[str, str]:
    return {name: content.decode() for name, content in record.headers}
