"""Reading the control topic, without a broker."""

from collections.abc import Iterator
from typing import Any

import pytest

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import Stopped
from spear_stream.transport import kafka_control
from spear_stream.transport.control_records import ControlRecord
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_control import KafkaControl
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
