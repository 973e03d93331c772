"""Records of one series under several keys."""

import json

import pytest
from streams import METRICS, MINUTE, START, make_service, run

from spear_stream.core import keys
from spear_stream.core.records import PlainRecord
from spear_stream.testing import ListSink, ListSource, RecordingTelemetry


def told(*records: tuple[bytes | None, str]) -> dict[tuple[str, str], int]:
    telemetry = RecordingTelemetry()
    polls = [{METRICS: [record(at, key, series)]} for at, (key, series) in enumerate(records)]
    run(make_service(ListSource(polls), ListSink(), telemetry=telemetry))
    return dict(telemetry.key_changes)


def record(offset: int, key: bytes | None, series: str) -> PlainRecord:
    value = json.dumps({"series": series, "ts": START + offset * MINUTE, "value": 1.0}).encode()
    return PlainRecord(offset, -1, key, value)


def test_a_series_whose_key_changes_is_told() -> None:
    assert told((b"1", "a"), (b"2", "a"), (b"3", "a"), (b"x", "b")) == {("a", "metrics"): 2}


def test_a_key_that_several_series_share_is_no_fault() -> None:
    assert told((b"host1", "cpu"), (b"host1", "disk"), (b"host1", "cpu")) == {}


def test_records_without_a_key_tell_nothing() -> None:
    assert told((None, "a"), (b"a", "a"), (None, "a")) == {}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_WATCHED", 1)
    assert told((b"1", "a"), (b"1", "b"), (b"2", "b"), (b"2", "a")) == {("a", "metrics"): 1}
