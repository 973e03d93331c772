"""Files as sink, on real files and a full device."""

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from messages import CLOSED, LETTER, OPENED

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.transport.jsonl_sink import JsonlSink


def deadline() -> Deadline:
    return Deadline(1.0, time.monotonic)


def test_alerts_and_dead_letters_are_lines_of_json(tmp_path: Path) -> None:
    alerts, letters = tmp_path / "alerts.jsonl", tmp_path / "letters.jsonl"
    alerts.write_text("of an earlier run\n")
    sink = JsonlSink(str(alerts), str(letters))
    sink.publish([OPENED])
    sink.publish([CLOSED])
    sink.reject([LETTER])
    sink.flush(deadline())
    assert [json.loads(line)["type"] for line in alerts.read_text().splitlines()] == [
        "spear.anomaly.opened",
        "spear.anomaly.closed",
    ]
    assert [json.loads(line)["reason"] for line in letters.read_text().splitlines()] == ["not_utf8"]
    sink.close(deadline())
    sink.close(deadline())


def test_dead_letters_without_a_file_are_counted(tmp_path: Path) -> None:
    sink = JsonlSink(str(tmp_path / "alerts.jsonl"))
    sink.reject([LETTER, LETTER])
    assert sink.rejected == {"not_utf8": 2}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full of Linux")
def test_a_full_disk_is_a_delivery_error_that_names_the_file() -> None:
    sink = JsonlSink("/dev/full")
    with pytest.raises(DeliveryError, match="/dev/full: No space left"):
        sink.publish([OPENED])


def test_a_reader_of_standard_output_that_has_ended_is_no_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of `--out - | head`."""
    reader, writer = os.pipe()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(fileno=lambda: writer))
    sink = JsonlSink("-")
    os.close(reader)
    with pytest.raises(DeliveryError) as caught:
        sink.publish([OPENED])
    os.close(writer)
    assert str(caught.value) == "cannot write standard output: Broken pipe; whoever reads it has ended"


def test_a_close_that_fails_is_a_delivery_error() -> None:
    sink = JsonlSink(os.devnull)
    os.close(sink._alerts._stream.fileno())  # as a disk that is full, or gone, would end it
    with pytest.raises(DeliveryError, match="cannot write /dev/null: Bad file descriptor"):
        sink.close(deadline())


def test_a_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="writable path"):
        JsonlSink(str(tmp_path / "missing" / "alerts.jsonl"))
