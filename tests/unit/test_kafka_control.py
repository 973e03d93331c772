"""Reading and writing the control topic, without a broker."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerUnavailable, Stopped
from spear_stream.transport import kafka_control
from spear_stream.transport.control_records import ControlRecord
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_control import KafkaControl, write_control
from spear_stream.transport.kafka_topics import Topic

CONNECTION = KafkaConnection(("k1:9092",))
DEADLINE = Deadline(60.0, lambda: 0.0)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_control, "require_topics", lambda *_: [Topic("control", 1, frozenset())])
    monkeypatch.setattr(kafka_control, "connect", lambda *_, **__: None)


def test_a_record_is_let_go_before_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """So what is beyond the limits of core/rollout.py takes no memory, however much there is of it."""
    read: list[ControlRecord] = []

    def log(*_: Any) -> Iterator[ControlRecord]:
        for _number in range(3):
            read.append(ControlRecord(b"junk", b""))
            yield read[-1]

    monkeypatch.setattr(kafka_control, "whole_log", log)
    assert [len(read) for _ in KafkaControl(CONNECTION, "control").load(DEADLINE)] == [1, 2, 3]


def test_a_stop_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def log(_consumer: Any, _topic: str, _numbers: Any, patience: Any) -> Iterator[ControlRecord]:
        while True:
            patience.check("the end was reached")
            yield ControlRecord(b"junk", b"")

    monkeypatch.setattr(kafka_control, "whole_log", log)
    asked = iter((False, False, True))
    with pytest.raises(Stopped):
        list(KafkaControl(CONNECTION, "control", lambda: next(asked)).load(DEADLINE))


class Producer:
    """Notes what is done with it; sending takes too long when it is `slow`."""

    def __init__(self, *, slow: bool = False) -> None:
        self.done: list[str] = []
        self._slow = slow
        self._sender = SimpleNamespace(wakeup=lambda: None)
        self._transaction_manager = SimpleNamespace(
            begin_commit=lambda: self._note("commit"), begin_abort=lambda: self._note("abort")
        )

    def begin_transaction(self) -> None:
        self._note("begin")

    def send(self, *_: Any, key: bytes, **__: Any) -> Any:
        return SimpleNamespace(get=lambda **_: self._sent(key))

    def close(self, timeout: float) -> None:
        self._note("close")

    def _sent(self, key: bytes) -> None:
        if self._slow:
            raise KafkaTimeoutError("slow")
        self.done.append(key.decode())

    def _note(self, what: str) -> Any:
        self.done.append(what)
        return SimpleNamespace(wait=lambda timeout_ms: True)


def written_by(
    producer: Producer, transactional_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    monkeypatch.setattr(kafka_control, "_require_keeping", lambda *_: None)
    monkeypatch.setattr(kafka_control, "idempotent_producer", lambda *_, **__: producer)
    monkeypatch.setattr(kafka_control, "transactional_producer", lambda *_, **__: producer)
    records = [ControlRecord(b"checkpoint/x", b"x"), ControlRecord(b"tenant/*", b"{}")]
    write_control(CONNECTION, "control", records, transactional_id)
    return producer.done


def test_what_belongs_together_is_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    found = written_by(Producer(), "g.prompts.1", monkeypatch)
    assert found == ["begin", "checkpoint/x", "tenant/*", "commit", "close"]


def test_without_an_id_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written_by(Producer(), None, monkeypatch) == ["checkpoint/x", "tenant/*", "close"]


def test_a_transaction_that_fails_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = Producer(slow=True)
    with pytest.raises(BrokerUnavailable, match="writing the control topic control at k1:9092: Kafka"):
        written_by(producer, "g.prompts.1", monkeypatch)
    assert producer.done == ["begin", "abort", "close"]
