"""A worker with exactly the rights that docs/operations.md lists, and with each of them missing."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from e2e.daemon import wait_until
from e2e.feed import feed
from e2e.tiny import save_tiny
from integration.kafka_broker import KafkaBroker
from integration.kafka_life import Life, login
from integration.kafka_rights import SCRAM, Right, Rights
from integration.kafka_tools import produce, read_all

from spear_stream.core.errors import BrokerError
from spear_stream.wiring.kafka import check_broker

pytestmark = pytest.mark.kafka

POINTS = feed(("a", "b"), range(100), {60})
_workers = count()


class Place(NamedTuple):
    """Topics of the module, the rights that a worker needs, and who has them."""

    broker: KafkaBroker
    rights: Rights
    checkpoint: Path

    def life(self, **more: object) -> Life:
        values = {
            **login(self.broker, "worker", "SCRAM-SHA-512"),
            "kafka.input_topics": "guarded-in",
            "kafka.alert_topic": "guarded-alerts",
            "kafka.dead_letter_topic": "guarded-letters",
            "kafka.repartition_topic": "guarded-keyed",
            "kafka.state_topic": "guarded-state",
            "kafka.group_id": "guarded",
            "kafka.group_instance_id": f"worker-{next(_workers)}",
        }
        return Life(
            {**values, **{name.replace("__", "."): value for name, value in more.items()}}, self.checkpoint
        )

    def problems(self, **more: object) -> list[str]:
        return [finding.what for finding in check_broker(self.life(**more).settings) if not finding.ok]


NEEDED = {
    Right("TOPIC", "guarded-in", "READ"): "topic guarded-in",
    Right("TOPIC", "guarded-alerts", "WRITE"): "topic guarded-alerts",
    Right("TOPIC", "guarded-letters", "WRITE"): "topic guarded-letters",
    Right("TOPIC", "guarded-keyed", "READ"): "topic guarded-keyed",
    Right("TOPIC", "guarded-keyed", "WRITE"): "topic guarded-keyed",
    Right("TOPIC", "guarded-state", "READ"): "topic guarded-state",
    Right("TOPIC", "guarded-state", "WRITE"): "topic guarded-state",
    Right("GROUP", "guarded", "READ"): "kafka.group_id",
    Right("TRANSACTIONAL_ID", "guarded", "WRITE", prefixed=True): "transactional id",
}
"""READ and WRITE bring DESCRIBE with them. With each, what an error without it must name."""


@pytest.fixture(scope="module")
def place(kafka_broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    kafka_broker.ensure_running()
    for name in ("in", "alerts", "letters", "keyed"):
        kafka_broker.create_topic(f"guarded-{name}", 2)
    kafka_broker.create_topic("guarded-state", 2, {"cleanup.policy": "compact"})
    produce(kafka_broker, "guarded-in", [*POINTS, (b"a", b"junk")])
    rights = Rights(kafka_broker, "worker")
    rights.login_with_scram()
    rights.grant(*NEEDED)
    yield Place(kafka_broker, rights, save_tiny(tmp_path_factory.mktemp("tiny"), "tiny"))
    rights.revoke(*NEEDED)


@pytest.mark.parametrize("mechanism", ["PLAIN", *SCRAM])
def test_every_mechanism_logs_in_and_the_check_finds_nothing(place: Place, mechanism: str) -> None:
    wait_until(lambda: place.problems(kafka__sasl_mechanism=mechanism) == [], place.problems)


def test_a_worker_with_these_rights_lacks_nothing(place: Place) -> None:
    life = place.life().begin().until_points(len(POINTS))
    life.until(lambda: life.metric("spear_dead_letters_total", reason="not_json") == 1)
    life.end()
    assert life.metric("spear_transactions_total", outcome="failed") == 0
    assert len({record.key for record in read_all(place.broker, "guarded-alerts")}) == 2
    assert len(read_all(place.broker, "guarded-letters")) == 1
    assert read_all(place.broker, "guarded-state")


@pytest.mark.parametrize("right", NEEDED, ids=lambda right: f"{right.kind}-{right.name}-{right.operation}")
def test_without_one_of_them_check_and_worker_name_it_and_the_cure(place: Place, right: Right) -> None:
    place.rights.revoke(right)
    try:
        wait_until(lambda: bool(place.problems()), lambda: "the right is still there")
        [problem] = place.problems()
        assert NEEDED[right] in problem
        assert "kafka.username" in problem
        with pytest.raises(BrokerError) as refused:
            work(place)
        assert NEEDED[right] in str(refused.value)
        assert "allow the user of kafka.username" in str(refused.value)
        assert not refused.value.retriable
    finally:
        place.rights.grant(right)
        wait_until(lambda: place.problems() == [], place.problems)


def test_with_a_control_topic_two_more_rights_are_needed_and_enough(place: Place) -> None:
    place.broker.create_topic("guarded-control", 1, {"cleanup.policy": "compact"})
    place.broker.create_topic("guarded-shadow", 2)
    rolled_out = {"kafka__control_topic": "guarded-control", "kafka__shadow_topic": "guarded-shadow"}
    rights = (Right("TOPIC", "guarded-control", "READ"), Right("TOPIC", "guarded-shadow", "WRITE"))
    for right in rights:
        assert any(right.name in problem for problem in place.problems(**rolled_out))
        place.rights.grant(right)
    try:
        wait_until(lambda: place.problems(**rolled_out) == [], lambda: place.problems(**rolled_out))
        life = place.life(**rolled_out).begin()
        life.until(lambda: life.service is not None and life.service.ready)
        life.end()
    finally:
        place.rights.revoke(*rights)


def test_a_right_that_is_taken_from_a_running_worker_stops_it_and_nothing_is_lost(place: Place) -> None:
    right = Right("TOPIC", "guarded-alerts", "WRITE")
    life = place.life().begin()
    life.until(lambda: life.service is not None and life.service.ready)
    place.rights.revoke(right)
    try:
        wait_until(lambda: bool(place.problems()), lambda: "the right is still there")
        produce(place.broker, "guarded-in", feed(("new",), range(100), {60}))
        with pytest.raises(BrokerError, match="no access to topic guarded-alerts; allow the user"):
            life.until(lambda: False)
        with suppress(BrokerError):
            life.end()
    finally:
        place.rights.grant(right)
        wait_until(lambda: place.problems() == [], place.problems)
    successor = place.life().begin()
    successor.until(lambda: bool(alerts_of_new(place)))
    successor.end()
    ids = [dict(record.headers)["ce_id"] for record in alerts_of_new(place)]
    assert len(set(ids)) == len(ids)


def alerts_of_new(place: Place) -> list[Any]:
    return [record for record in read_all(place.broker, "guarded-alerts") if record.key == b"new"]


def work(place: Place) -> None:
    """A whole life with something to write to every topic, until the broker refuses something."""
    life = place.life()
    produce(place.broker, "guarded-in", [*feed((f"s{next(_workers)}",), range(100), {60}), (b"a", b"junk")])
    try:
        life.begin().until(lambda: False)
    finally:
        with suppress(BrokerError):
            life.end()
