"""A model that fails, on a real broker: the record at fault is a dead letter, and nothing comes twice."""

import pytest
from brittle import POISON, Brittle
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import read_all
from integration.kafka_worker import Worker, create_outputs, feed, opened
from streams import quiet, rows

from spear_stream.service import Pace

pytestmark = pytest.mark.kafka

PACE = Pace(commit_interval=0.2, drain=5.0)
SAMPLES = rows({"a": quiet(50, {30: 50.0}), "b": [*quiet(40, {20: 50.0}, seed=1), POISON, *quiet(9, seed=2)]})
SCORED = 2 * 43 - 1


def test_a_window_that_the_model_fails_on_is_a_dead_letter_and_no_restart_meets_it_again(
    kafka_broker: KafkaBroker, topic: str
) -> None:
    create_outputs(kafka_broker, topic)
    kafka_broker.create_topic(f"{topic}.alerts")
    feed(kafka_broker, topic, SAMPLES)
    worker = Worker(kafka_broker, topic, "exactly_once", PACE, Brittle(most=2))
    worker.step_until(lambda: worker.telemetry.totals["scored"] >= SCORED)
    worker.service.drain()
    [letter] = read_all(kafka_broker, f"{topic}.dead")
    assert dict(letter.headers)["spear_reason"] == b"scorer_failed"
    assert (letter.key, str(POISON).encode() in letter.value) == (b"b", True)
    assert worker.telemetry.batch_sizes == [2], "batches of four did not fit"
    again = Worker(kafka_broker, topic, "exactly_once", PACE, Brittle())
    again.step_until(lambda: again.service.moves["assigned"] == 1)
    for _ in range(5):
        again.service.step()
    again.service.drain()
    assert again.telemetry.totals["records"] == 0
    assert len(read_all(kafka_broker, f"{topic}.dead")) == 1
    assert set(opened(kafka_broker, topic)) == {b"a", b"b"}
