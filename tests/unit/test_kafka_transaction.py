"""How long a commit that has to connect anew may take, without a broker."""

from collections.abc import Callable
from typing import Any

import pytest

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerUnavailable, DeliveryDelayed
from spear_stream.core.records import TopicPartition
from spear_stream.testing import FakeClock
from spear_stream.transport import kafka_transaction
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_transaction import Identity, KafkaTransaction

CONNECTION = KafkaConnection(("k1:9092",), connect_timeout=10.0, request_timeout=30.0)
OFFSETS = {TopicPartition("t", 0): 5}


class Source:
    def ahead(self, offsets: Any) -> Any:
        return offsets


def transaction(
    monkeypatch: pytest.MonkeyPatch, asked: list[KafkaConnection], answer: Callable[[], None]
) -> KafkaTransaction:
    """Without a producer, as after a failure. asked: gets the connections that topics are asked for and
    producers made with; `answer` is how the broker does.
    """

    def ask(connection: KafkaConnection, *_: Any) -> None:
        asked.append(connection)
        answer()

    monkeypatch.setattr(kafka_transaction, "require_topics", lambda *_: None)
    monkeypatch.setattr(kafka_transaction, "transactional_producer", lambda *_: None)
    made = KafkaTransaction(CONNECTION, Identity("g.w", 25.0), ("a",), Source(), lambda **_: None)  # type: ignore[arg-type]
    monkeypatch.setattr(kafka_transaction, "require_topics", ask)
    monkeypatch.setattr(kafka_transaction, "transactional_producer", ask)
    return made


def test_connecting_anew_shares_the_deadline_of_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = FakeClock(), list[KafkaConnection]()

    def slow() -> None:
        clock.advance(4.0)
        if len(asked) == 2:
            raise BrokerUnavailable("no answer")

    with pytest.raises(DeliveryDelayed):
        transaction(monkeypatch, asked, slow).commit(OFFSETS, Deadline(9.0, clock.monotonic))
    assert [(c.connect_timeout, c.request_timeout) for c in asked] == [(9.0, 9.0), (5.0, 5.0)]


def test_a_deadline_that_is_over_leaves_a_moment_to_learn_that_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[KafkaConnection]()

    def away() -> None:
        raise BrokerUnavailable("no answer")

    with pytest.raises(DeliveryDelayed):
        transaction(monkeypatch, asked, away).commit(OFFSETS, Deadline(0.0, FakeClock().monotonic))
    assert [(c.connect_timeout, c.request_timeout) for c in asked] == [(0.1, 1.0)]
