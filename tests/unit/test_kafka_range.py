"""A topic whose oldest records are deleted while it is read, without a broker."""

import logging
from collections.abc import Collection
from itertools import count
from typing import Any, NamedTuple

import pytest
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.errors import BrokerUnavailable
from spear_stream.transport import kafka_range
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_range import TimeRange, read_range

P0 = KafkaPartition("t", 0)
END = 9


class Record(NamedTuple):
    offset: int


class Consumer:
    """Offsets 0 to 8 but for `markers`, two a poll; before the second one all before `cut` is deleted."""

    def __init__(self, cut: int, markers: Collection[int], auto_offset_reset: str = "latest") -> None:
        self._cut = cut
        self._markers = markers
        self._reset_to_begin = auto_offset_reset == "earliest"
        self._begin = self._position = self._polls = 0

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0}

    def assign(self, _: Any) -> None: ...
    def pause(self, *_: Any) -> None: ...
    def close(self) -> None: ...

    def end_offsets(self, _: Any) -> dict[KafkaPartition, int]:
        return {P0: END}

    def beginning_offsets(self, _: Any) -> dict[KafkaPartition, int]:
        return {P0: self._begin}

    def seek(self, _: Any, offset: int) -> None:
        self._position = offset

    def position(self, _: Any, timeout_ms: int | None = None) -> int | None:
        return self._position

    def poll(self, timeout_ms: int) -> dict[KafkaPartition, list[Record]]:
        self._polls += 1
        self._begin = self._cut if self._polls > 1 else 0
        if self._position < self._begin:
            self._position = self._begin if self._reset_to_begin else END
        batch = [o for o in range(self._position, END) if o not in self._markers][:2]
        self._position = batch[-1] + 1 if batch else END
        return {P0: [Record(offset) for offset in batch]} if batch else {}


class Silent(Consumer):
    """Never learns where a partition begins."""

    def position(self, _: Any, timeout_ms: int | None = None) -> None:
        return None

    def poll(self, timeout_ms: int) -> dict[KafkaPartition, list[Record]]:
        return {}


def offsets(
    monkeypatch: pytest.MonkeyPatch, cut: int, markers: Collection[int] = (), kind: type[Consumer] = Consumer
) -> list[int]:
    def connect(_kind: Any, _connection: Any, **options: Any) -> Consumer:
        return kind(cut, markers, auto_offset_reset=options.get("auto_offset_reset", "latest"))

    seconds = count()
    monkeypatch.setattr(kafka_range, "require_topics", lambda *_: None)
    monkeypatch.setattr(kafka_range, "connect", connect)
    read = read_range(KafkaConnection(("k1:9092",)), "t", TimeRange(), lambda: next(seconds))
    return [record.offset for _, batch in read for record in batch]


def test_what_is_behind_deleted_records_is_read_and_the_loss_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert offsets(monkeypatch, cut=6) == [0, 1, 6, 7, 8]
    assert "topic t partition 0: offsets 2 to 5 were deleted before they were read" in caplog.text


def test_a_rest_that_is_deleted_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert offsets(monkeypatch, cut=END + 1) == [0, 1]
    assert "offsets 2 to 8 were deleted" in caplog.text


def test_gaps_of_transactions_are_no_loss(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert offsets(monkeypatch, cut=1, markers={2, 5, 8}) == [0, 1, 3, 4, 6, 7]
    assert not caplog.records


def test_a_broker_that_does_not_answer_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokerUnavailable, match="no record of 1 partitions came for 30 s"):
        offsets(monkeypatch, cut=0, kind=Silent)
