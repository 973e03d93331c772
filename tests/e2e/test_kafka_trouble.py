"""What a worker does when its broker goes away, its disk is full, or it is stopped at a bad moment."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from e2e.daemon import Daemon, StartDaemon, Topics, settings, spear_stream, wait_until
from e2e.feed import feed
from integration.kafka_broker import USERS, KafkaBroker
from integration.kafka_life import login
from integration.kafka_tools import produce, read_all
from kafka import KafkaProducer

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SERIES = ("a", "b", "c")
AWAY = float(os.environ.get("BROKER_AWAY_SECONDS", "3"))
"""Seconds without a broker; set 60 or more to be thorough."""


def await_points(worker: Daemon, points: int) -> None:
    wait_until(lambda: worker.metric("spear_points_total") >= points, worker.said, 60 + AWAY)


def events(broker: KafkaBroker, topics: Topics) -> Counter[bytes]:
    return Counter(dict(record.headers)["ce_id"] for record in read_all(broker, topics.alerts))


def assert_each_once(broker: KafkaBroker, topics: Topics, opened: int) -> None:
    found = events(broker, topics)
    assert set(found.values()) == {1}
    assert len([identity for identity in found if identity.endswith(b".0")]) == opened


def test_a_broker_that_is_away_for_a_while_costs_no_event(
    mortal_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(
        forked=True, model__checkpoint=tiny_checkpoint, service__commit_interval_seconds=0.2,
        service__drain_seconds=5,
    ).await_ready()  # fmt: skip
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    await_points(worker, 300)
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100, 150)))
    mortal_broker.kill()
    time.sleep(AWAY)
    assert worker.get("/livez")[0] == 200
    mortal_broker.restart()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(150, 200), spikes={180}))
    await_points(worker, 600)
    assert worker.stop() == 0
    assert_each_once(mortal_broker, topics, 6)


def test_a_broker_whose_disk_is_full_ends_and_the_worker_goes_on_once_there_is_room(
    mortal_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(forked=True, model__checkpoint=tiny_checkpoint).await_ready()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    mortal_broker.fill_disk()
    mortal_broker.await_end()
    mortal_broker.restart()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100, 200), spikes={160}))
    await_points(worker, 600)
    assert worker.stop() == 0
    assert_each_once(mortal_broker, topics, 6)


def test_a_stop_without_a_broker_says_what_is_not_written_and_the_next_worker_writes_it_once(
    mortal_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    given = {"model__checkpoint": tiny_checkpoint, "kafka__group_instance_id": "one", "forked": True}
    worker = start_daemon(
        service__commit_interval_seconds=3600, service__drain_seconds=2, **given
    ).await_ready()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    await_points(worker, 300)
    with mortal_broker.frozen():
        assert worker.stop() == 4
    assert "records are not acknowledged" in worker.errors()
    successor = start_daemon(**given).await_ready()
    await_points(successor, 300)
    assert successor.stop() == 0
    assert_each_once(mortal_broker, topics, 3)


@contextmanager
def open_transaction(broker: KafkaBroker, topic: str) -> Iterator[None]:
    """Nobody who reads committed records gets to the end of `topic`."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=f"hold-{topic}")
    producer.init_transactions()
    producer.begin_transaction()
    for partition in range(4):
        producer.send(topic, b"junk", key=b"junk", partition=partition).get(10)
    try:
        yield
    finally:
        producer.abort_transaction()
        producer.close()


def test_a_stop_in_the_middle_of_a_restore_is_a_quick_exit_with_0(
    kafka_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    with open_transaction(kafka_broker, topics.state):
        worker = start_daemon(forked=True, model__checkpoint=tiny_checkpoint)
        wait_until(lambda: worker.get("/readyz")[0] != 0, lambda: "nothing listens")
        wait_until(lambda: "restoring the state of 4 partitions" in worker.said(), worker.said)
        started = time.monotonic()
        assert worker.stop() == 0, worker.said()
        assert time.monotonic() - started < 30.0, "it would wait for 240 s"
        assert not worker.errors()
        assert any(line["event"].startswith("stopped") for line in worker.logs()), worker.said()


def test_no_secret_is_in_any_output(
    kafka_broker: KafkaBroker,
    topics: Topics,
    start_daemon: StartDaemon,
    tiny_checkpoint: Path,
    tmp_path: Path,
) -> None:
    account = login(kafka_broker, "admin", "PLAIN")
    name = str(account.pop("kafka.username"))
    options = {k.replace(".", "__"): v for k, v in account.items()}
    worker = start_daemon(
        forked=True, model__checkpoint=tiny_checkpoint, kafka__username=name, log__level="debug", **options
    ).await_ready()
    assert worker.stop() == 0
    given = {
        **account,
        "kafka.username": name,
        **topics.settings,
        "model.checkpoint": tiny_checkpoint,
        "http.port": 0,
    }
    right = spear_stream("check-config", *settings(given), folder=tmp_path)
    assert right.returncode == 0, right.stdout
    wrong = spear_stream("run", *settings({**given, "kafka.password": "mistyped-secret"}), folder=tmp_path)
    assert wrong.returncode == 4
    # Which of the two is a matter of microseconds (kafka_errors.py).
    assert re.search(
        "the broker refused the login|closes the connection when the login is wrong .*socket disconnected",
        wrong.stderr,
    )
    for said in (worker.said(), right.stdout, right.stderr, wrong.stdout, wrong.stderr):
        assert USERS["admin"] not in said
        assert "mistyped-secret" not in said


def test_a_model_that_is_not_there_or_cut_short_is_one_plain_line(topics: Topics, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "config.json").write_text('{"model_type": "bert"}')
    (cut / "model.safetensors").write_bytes((1000).to_bytes(8, "little") + b'{"a"')
    for folder, words in ((cut, "cannot be loaded"), (tmp_path, "has no model.safetensors")):
        done = spear_stream(
            "run", *settings({**topics.settings, "model.backbone": folder, "http.port": 0}), folder=tmp_path
        )
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert "SPEAR_MODEL__BACKBONE" in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
