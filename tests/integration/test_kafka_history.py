"""The history of a topic on a real broker: a stretch of time, committed records only, verdicts joined."""

import json
from collections.abc import Iterable

import pytest
from e2e.training import run
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import PATIENCE
from kafka import KafkaProducer

from spear_stream.core.errors import BrokerError, InputError
from trainer.datasets import load, load_history

pytestmark = pytest.mark.kafka
START = 1_700_000_000_000
MINUTE = 60_000


def write(
    broker: KafkaBroker,
    topic: str,
    values: Iterable[object],
    *,
    transaction: str | None = None,
    abort: bool = False,
) -> None:
    """One record a minute, stamped with its minute, to both partitions in turn."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=transaction)
    try:
        if transaction is not None:
            producer.init_transactions()
            producer.begin_transaction()
        for number, value in enumerate(values):
            producer.send(
                topic, json.dumps(value).encode(), partition=number % 2, timestamp_ms=START + number * MINUTE
            )
        producer.flush(timeout=PATIENCE)
        if transaction is not None:
            producer.abort_transaction() if abort else producer.commit_transaction()
    finally:
        producer.close()


def samples(series: str, count: int) -> list[dict[str, object]]:
    return [{"series": series, "ts": START + i * MINUTE, "value": i} for i in range(count)]


@pytest.fixture(autouse=True)
def _settings(kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAR_KAFKA__BOOTSTRAP_SERVERS", kafka_broker.bootstrap)


def test_a_stretch_of_time_is_read_without_what_was_never_committed(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    write(kafka_broker, topic, samples("cpu", 40), transaction=f"{topic}-a")
    write(kafka_broker, topic, samples("ghost", 40), transaction=f"{topic}-b", abort=True)
    write(kafka_broker, topic, [{"series": "cpu", "value": "none"}, *samples("ram", 4)[1:]])
    cpu, ram = load_history(f"kafka:{topic}")
    assert (cpu.name, cpu.value.tolist()) == ("cpu", list(range(40)))
    assert ram.value.tolist() == [1, 2, 3]
    (part,) = load_history(f"kafka:{topic}?since={START + 10 * MINUTE}&until=2023-11-14T22:33:20Z")
    assert part.value.tolist() == list(range(10, 20))
    with pytest.raises(InputError, match="no measurement of this time range"):
        load_history(f"kafka:{topic}?since=2030-01-01T00:00:00+01:00")
    with pytest.raises(InputError, match="no labels"):
        load(f"kafka:{topic}")


def test_verdicts_make_labels_and_are_counted(
    kafka_broker: KafkaBroker,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alerts, verdicts = (
        kafka_broker.create_topic(f"{topic}-{name}", partitions=2) for name in ("alerts", "verdicts")
    )
    event = {"alert_id": "a", "sequence": 0, "series": "cpu", "started_at": "2023-11-14T22:18:20Z"}
    write(kafka_broker, topic, samples("cpu", 20) + samples("ram", 20))
    position = {"topic": topic, "partition": 0, "offset": 5}
    write(kafka_broker, alerts, [event | {"last_seen_at": "2023-11-14T22:20:20Z", "position": position}])
    write(
        kafka_broker, verdicts, [{"alert_id": "a", "verdict": v} for v in ("false_positive", "true_positive")]
    )
    (cpu,) = load(f"kafka:{topic}?feedback={verdicts}&alerts={alerts}")
    assert cpu.windows == ((5, 7),)
    monkeypatch.setenv("SPEAR_KAFKA__ALERT_TOPIC", alerts)
    assert run("verdicts", f"kafka:{verdicts}") == 0
    assert "Verdicts on 1 of 1 alerts: 1 true, 0 false" in capsys.readouterr().out


def test_a_topic_that_is_not_there_is_named(kafka_broker: KafkaBroker) -> None:
    with pytest.raises(BrokerError, match="topic nowhere does not exist"):
        load_history("kafka:nowhere")
