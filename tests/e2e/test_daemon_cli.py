"""What an operator sees of `spear-stream run`: health, logs, restarts, exit codes."""

import json
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from e2e.daemon import Daemon, StartDaemon, Topics, settings, spear_stream, wait_until
from e2e.feed import feed
from integration.kafka_broker import KafkaBroker, free_port
from integration.kafka_tools import produce, read, read_all
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SERIES = ("a", "b", "c")


def committed(broker: KafkaBroker, topics: Topics) -> int:
    """Records of all partitions that the group is done with."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=topics.settings["kafka.group_id"])
    offsets = [consumer.committed(KafkaPartition(topics.metrics, number)) for number in range(4)]
    consumer.close()
    return sum(offset or 0 for offset in offsets)


def await_points(worker: Daemon, points: int) -> None:
    wait_until(lambda: worker.metric("spear_points_total") >= points, worker.said)


def opened(records: list[Any]) -> Counter[str]:
    """Events that open an alert, by CloudEvents id."""
    attributes = [dict(record.headers) for record in records]
    return Counter(a["ce_id"].decode() for a in attributes if a["ce_type"] == b"spear.anomaly.opened")


def test_health_logs_tenants_and_a_commit_on_sigterm(
    kafka_broker: KafkaBroker,
    topics: Topics,
    start_daemon: StartDaemon,
    tiny_checkpoint: Path,
    other_checkpoint: Path,
) -> None:
    worker = start_daemon(
        forked=False,
        model__checkpoint=tiny_checkpoint,
        model__tenants=f"b*={other_checkpoint}",
        service__commit_interval_seconds=3600,
    )
    wait_until(lambda: worker.get("/readyz") == (503, "the model is being loaded\n"), worker.said)
    assert worker.get("/livez")[0] == 200
    worker.await_ready()

    produce(kafka_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    await_points(worker, 300)
    assert committed(kafka_broker, topics) == 0
    assert worker.stop() == 0
    assert committed(kafka_broker, topics) == 300
    alerts = read_all(kafka_broker, topics.alerts)
    assert opened(alerts).total() == 3
    checkpoints = {record.key: json.loads(record.value)["model"]["checkpoint"] for record in alerts}
    assert [checkpoints[name].split("-")[0] for name in (b"a", b"b", b"c")] == ["tiny", "other", "tiny"]
    events = [line["event"] for line in worker.logs()]
    assert events.count("checkpoint loaded") == 2
    assert events.count("joining") == events.count("ready") == 1
    assert events.count("alert") >= 3
    assert events[-1].startswith("stopped")
    assert not worker.errors()


def test_at_least_once_after_kill_nothing_is_lost_and_repeated_alerts_have_the_same_id(
    kafka_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(
        model__checkpoint=tiny_checkpoint,
        service__delivery="at_least_once",
        service__commit_interval_seconds=3600,
        kafka__session_timeout_seconds=6,
    ).await_ready()
    produce(kafka_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    read(kafka_broker, topics.alerts, 3)
    worker.kill()

    produce(kafka_broker, topics.metrics, feed(SERIES, range(100, 200), spikes={160}))
    successor = start_daemon(
        model__checkpoint=tiny_checkpoint, service__delivery="at_least_once"
    ).await_ready()
    await_points(successor, 600)
    assert successor.stop() == 0
    assert committed(kafka_broker, topics) == 600
    alerts = read_all(kafka_broker, topics.alerts)
    assert sorted(opened(alerts).values()) == [1, 1, 1, 2, 2, 2]
    by_id: dict[bytes, set[bytes]] = {}
    for record in alerts:
        by_id.setdefault(dict(record.headers)["ce_id"], set()).add(record.value)
    assert all(len(contents) == 1 for contents in by_id.values()), "a repeated event differs"


def test_a_worker_outlives_a_restart_of_its_broker(
    mortal_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(model__checkpoint=tiny_checkpoint).await_ready()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    await_points(worker, 300)
    mortal_broker.kill()
    mortal_broker.restart()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100, 200), spikes={160}))
    await_points(worker, 600)
    assert worker.stop() == 0
    assert committed(mortal_broker, topics) == 600
    assert opened(read_all(mortal_broker, topics.alerts)).total() == 6


def test_a_stop_that_could_not_commit_says_so(
    mortal_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(
        model__checkpoint=tiny_checkpoint,
        service__commit_interval_seconds=3600,
        service__drain_seconds=2,
    ).await_ready()
    produce(mortal_broker, topics.metrics, feed(SERIES, range(100), spikes={60}))
    await_points(worker, 300)
    mortal_broker.kill()
    assert worker.stop() == 4
    [message] = worker.errors().splitlines()
    assert "records are not acknowledged" in message
    assert not [line for line in worker.logs() if line["event"].startswith("stopped")]


def test_series_on_several_partitions_are_warned_about_once_with_the_cure(
    kafka_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    worker = start_daemon(model__checkpoint=tiny_checkpoint).await_ready()
    produce(kafka_broker, topics.metrics, feed(SERIES, range(50), keyed=False))
    wait_until(lambda: worker.metric("spear_split_series_total") >= len(SERIES), worker.said)
    assert worker.stop() == 0
    [warning] = [line for line in worker.logs() if "more than one partition" in line["event"]]
    assert warning["level"] == "warning"
    assert "key records by series" in warning["event"]
    assert "SPEAR_KAFKA__REPARTITION_TOPIC" in warning["event"]
    assert warning["series"] in SERIES


def test_a_repartition_topic_brings_the_points_of_a_series_together(
    kafka_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Path
) -> None:
    keyed = kafka_broker.create_topic(f"{topics.metrics}-keyed", 4)
    worker = start_daemon(kafka__repartition_topic=keyed, model__checkpoint=tiny_checkpoint).await_ready()
    for point in range(34):
        for at, record in enumerate(feed(SERIES, [point], spikes={33}, keyed=False)):
            produce(kafka_broker, topics.metrics, [record], partition=(point + at) % 4)
        await_points(worker, 3 * (point + 1))
    assert worker.metric("spear_records_total", topic=topics.metrics) == 3 * 34
    assert worker.metric("spear_split_series_total") == 0
    assert worker.stop() == 0
    assert committed(kafka_broker, topics) == 3 * 34
    assert {record.key for record in read_all(kafka_broker, topics.alerts)} == {b"a", b"b", b"c"}


def test_a_start_that_cannot_work_says_why_and_how_to_cure_it(
    kafka_broker: KafkaBroker, topics: Topics, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    away = f"127.0.0.1:{free_port()}"
    good = {
        "kafka.bootstrap_servers": kafka_broker.bootstrap,
        "model.checkpoint": tiny_checkpoint,
        **topics.settings,
    }
    for name, value, code, words in (
        ("kafka.bootstrap_servers", away, 4, f"{away} (kafka.bootstrap_servers): no connection"),
        ("kafka.input_topics", "nowhere", 4, "topic nowhere does not exist"),
        ("kafka.input_topics", "", 2, "SPEAR_KAFKA__INPUT_TOPICS is not set"),
        ("model.checkpoint", tmp_path, 2, "as SPEAR_MODEL__CHECKPOINT"),
        ("kafka.gruop_id", "a", 2, "did you mean kafka.group_id?"),
    ):
        done = spear_stream("run", *settings({**good, name: value}), folder=tmp_path)
        assert (done.returncode, words in done.stderr, len(done.stderr.splitlines())) == (code, True, 1), done


def test_check_config_finds_what_would_stop_the_worker(
    kafka_broker: KafkaBroker, topics: Topics, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    port = free_port()
    given = {
        "kafka.bootstrap_servers": kafka_broker.bootstrap,
        "model.checkpoint": tiny_checkpoint,
        "http.port": port,
        **topics.settings,
    }
    done = spear_stream("check-config", *settings(given), folder=tmp_path, forked=False)
    assert done.returncode == 0, done.stdout
    assert f"topic {topics.metrics}: 4 partitions, READ access" in done.stdout
    assert f"port {port} of 127.0.0.1 is free" in done.stdout
    assert f"topic {topics.state}: cleanup.policy is compact" in done.stdout
    assert f"transactional ids that start with {topics.group}: WRITE access" in done.stdout
    assert "spear-stream run would start" in done.stdout

    stranger = KafkaConsumer(bootstrap_servers=kafka_broker.bootstrap, group_id="taken")
    # kafka-python forgets an assignment that comes while it still learns about the topic.
    wait_until(lambda: bool(stranger.partitions_for_topic(topics.metrics)), stranger.topics)
    stranger.subscribe([topics.metrics])
    wait_until(lambda: bool(stranger.poll(100) or stranger.assignment()), stranger.assignment)
    small = kafka_broker.create_topic(f"{topics.state}-small", 4, {"max.message.bytes": "1000"})
    given |= {"kafka.group_id": "taken", "kafka.alert_topic": "nowhere", "kafka.state_topic": small}
    with socket.create_server(("127.0.0.1", port)):
        done = spear_stream("check-config", *settings(given), folder=tmp_path)
    stranger.close()
    assert done.returncode == 2, done.stdout
    assert f"✗ SPEAR_HTTP__PORT={port}: Address already in use; choose another port" in done.stdout
    assert f"✗ topic {small}: max.message.bytes is 1000; raise it to 1048588" in done.stdout
    assert f"✗ topic {small}: cleanup.policy is delete; set it to compact" in done.stdout
    assert "✗ topic nowhere does not exist" in done.stdout
    assert "✗ group taken has members with the assignor range; choose another kafka.group_id" in done.stdout
