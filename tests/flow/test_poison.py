"""Records nobody can use: each is one dead letter with its bytes, and the others are all scored."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import METRICS, MINUTE, SETTINGS, START, make_service, polls_of, quiet, rows, run, run_on

from spear_stream.core.records import PlainRecord
from spear_stream.testing import FakeClock, ListSink, ListSource, RecordingTelemetry

GOOD = rows({"a": quiet(40, {30: 50.0})})


def record(offset: int, *samples: tuple[str, int, Any]) -> PlainRecord:
    """One record with several samples."""
    items = [{"series": series, "ts": ts, "value": value} for series, ts, value in samples]
    return PlainRecord(offset, 1234, b"key", json.dumps(items).encode())


def renumbered(values: list[bytes | None]) -> list[PlainRecord]:
    return [PlainRecord(offset, -1, None, value) for offset, value in enumerate(values)]


def test_a_dead_letter_has_position_bytes_and_reason() -> None:
    last = START + 39 * MINUTE
    sink = run_on(ListSource([*polls_of(GOOD, 40), {METRICS: [record(40, ("a", last, 1.0))]}]))
    (letter,) = sink.acknowledged_letters
    assert (letter.source, letter.offset, letter.timestamp) == (METRICS, 40, 1234)
    assert (letter.key, letter.value) == (b"key", record(40, ("a", last, 1.0)).value)
    assert letter.reason == "duplicate"
    assert "'a'" in letter.detail


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([("a", START, 1.0)], "late"),
        ([("a", START + 39 * MINUTE, 1.0)], "duplicate"),
        ([("a", START + 10**9, 1.0)], "in_the_future"),
        ([("a", START, 1.0), ("a", START + 1, 1.0), ("b", START, 1.0)], "late"),
        ([("a", START, 1.0), ("b", START + 10**9, 1.0)], "late"),
        ([("a", START, 1.0), ("b", START, "junk")], "value_not_number"),
    ],
)
def test_a_record_is_one_letter_however_much_is_wrong_with_it(samples: list[Any], reason: str) -> None:
    ahead = replace(SETTINGS, max_future_ms=3_600_000)
    source = ListSource([*polls_of(GOOD, 40), {METRICS: [record(40, *samples)]}])
    sink = run_on(source, settings=ahead, clock=FakeClock(START / 1000 + 39 * 60))
    assert [(letter.offset, letter.reason) for letter in sink.acknowledged_letters] == [(40, reason)]
    assert source.committed == {METRICS: 41}


def test_the_good_samples_of_a_bad_record_are_scored() -> None:
    telemetry, samples = RecordingTelemetry(), quiet(12)
    mixed = [
        record(i, ("a", START + i * MINUTE, value), ("b", START, value), ("c", START, None))
        for i, value in enumerate(samples)
    ]
    sink = ListSink()
    run(make_service(ListSource([{METRICS: mixed}]), sink, telemetry=telemetry))
    assert telemetry.totals["samples"] == 12 + 1
    assert len(sink.letters) == 12


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=40) | st.none()), max_size=20))
def test_junk_between_good_records_changes_nothing_of_them(junk: list[tuple[int, bytes | None]]) -> None:
    values: list[bytes | None] = [r.value for r in polls_of(GOOD, len(GOOD))[0][METRICS]]
    for at, value in junk:
        values.insert(at, value)
    plain, telemetry, sink = RecordingTelemetry(), RecordingTelemetry(), ListSink()
    run(make_service(ListSource(polls_of(GOOD, 10)), ListSink(), telemetry=plain))
    records = renumbered(values)
    polls = [{METRICS: records[i : i + 10]} for i in range(0, len(records), 10)]
    run(make_service(ListSource(polls), sink, telemetry=telemetry))
    assert telemetry.totals["windows"] == telemetry.totals["scored"] == plain.totals["scored"]
    assert Counter(letter.value for letter in sink.acknowledged_letters) == Counter(v for _, v in junk)
    assert [event.type for event in sink.acknowledged] == ["opened", "closed"]
