"""What every core.ports.Sink does; tests/integration runs KafkaSink on a real broker."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from messages import CLOSED, LETTER, OPENED

from spear_stream.core.deadline import Deadline
from spear_stream.core.ports import Sink
from spear_stream.testing import FakeClock, ListSink
from spear_stream.transport.jsonl_sink import JsonlSink


@dataclass(frozen=True)
class Made:
    """A sink, and how to see what arrived: (event types, reasons of dead letters)."""

    sink: Sink
    arrived: Callable[[], tuple[list[str], list[str]]]


def jsonl_sink(folder: Path) -> Made:
    alerts, letters = folder / "alerts.jsonl", folder / "letters.jsonl"

    def arrived() -> tuple[list[str], list[str]]:
        events = [json.loads(line)["type"].rpartition(".")[2] for line in alerts.read_text().splitlines()]
        return events, [json.loads(line)["reason"] for line in letters.read_text().splitlines()]

    return Made(JsonlSink(str(alerts), str(letters)), arrived)


def list_sink(folder: Path) -> Made:
    sink = ListSink()
    return Made(
        sink, lambda: ([e.type for e in sink.acknowledged], [x.reason for x in sink.acknowledged_letters])
    )


@pytest.fixture(params=[jsonl_sink, list_sink], ids=lambda maker: maker.__name__)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    chosen: Made = request.param(tmp_path)
    return chosen


def soon() -> Deadline:
    return Deadline(1.0, FakeClock().monotonic)


def test_after_a_flush_everything_has_arrived_in_order(made: Made) -> None:
    made.sink.publish([OPENED])
    made.sink.reject([LETTER])
    made.sink.publish([CLOSED, OPENED])
    made.sink.flush(soon())
    assert made.arrived() == (["opened", "closed", "opened"], ["not_utf8"])


def test_a_second_flush_adds_nothing(made: Made) -> None:
    made.sink.publish([OPENED])
    made.sink.flush(soon())
    made.sink.flush(soon())
    assert made.arrived() == (["opened"], [])


def test_nothing_given_is_nothing_written(made: Made) -> None:
    made.sink.publish([])
    made.sink.reject([])
    made.sink.flush(soon())
    made.sink.close(soon())
    assert made.arrived() == ([], [])


def test_it_can_be_closed_twice(made: Made) -> None:
    made.sink.publish([OPENED])
    made.sink.flush(soon())
    made.sink.close(soon())
    made.sink.close(soon())
    assert made.arrived() == (["opened"], [])
