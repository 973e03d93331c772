"""Whatever the bytes: every record is used or dead-lettered once, and never because of its neighbours."""

import json
from typing import Any

import numpy as np
import pytest
from hostile import HOSTILE
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spear_stream.core.records import Decoded, PlainRecord, TopicPartition
from spear_stream.core.times import END_OF_TIME, epoch_millis
from spear_stream.transport.codec import FORMATS, JsonMapping, make_decoder
from spear_stream.transport.faults import Reason
from spear_stream.transport.formats.fields import timestamp

SOURCE = TopicPartition("t", 0)
NESTED = JsonMapping(
    series=("meta.host", "meta.metric"), values={"a": "a", "b": "b.c"}, records="items", ts=None
)

JSON_NAMES = ("series", "ts", "value", "meta", "host", "items", "a", "b", "c")
METRIC_NAMES = ("name", "fields", "tags", "labels", "metrics", "timestamp")
OTLP_NAMES = ("resourceMetrics", "resource", "attributes", "key", "scopeMetrics", "scope")
POINT_NAMES = ("gauge", "sum", "histogram", "dataPoints", "asInt", "timeUnixNano", "flags")
FIELD_NAMES = st.sampled_from(JSON_NAMES + METRIC_NAMES + OTLP_NAMES + POINT_NAMES)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 2 * 10**18)
    | st.floats()
    | st.text(max_size=8)
    | st.datetimes().map(str)
    | st.sampled_from(["NaN", "1.5", "1700000000000000000"])
)
JUNK_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELD_NAMES, inner, max_size=6),
    max_leaves=20,
)
SAMPLES = st.fixed_dictionaries({"series": SCALARS, "ts": SCALARS, "value": SCALARS})
LINES = st.text(alphabet='ab,= \\"\n\r#1.-itNf', max_size=60)
VALUES = (
    st.none()
    | st.binary(max_size=60)
    | JUNK_JSON.map(lambda junk: json.dumps(junk).encode())
    | SAMPLES.map(lambda sample: json.dumps(sample).encode())
    | LINES.map(str.encode)
)
RECORDS = st.builds(
    PlainRecord,
    offset=st.just(0),
    timestamp=st.sampled_from([-1, 1_700_000_000_000]),
    key=st.none() | st.binary(max_size=4),
    value=VALUES,
)
GOOD = PlainRecord(0, -1, None, b'{"series":"a","ts":1,"value":1}')
BAD = PlainRecord(0, -1, None, b"junk")


def numbered(records: list[PlainRecord]) -> list[PlainRecord]:
    return [record._replace(offset=offset) for offset, record in enumerate(records)]


def check_sound(decoded: Decoded, records: list[PlainRecord]) -> None:
    samples = decoded.samples
    assert len(samples.series) == len(samples.value) == len(samples.offset) == len(samples)
    assert np.isfinite(samples.value).all()
    assert ((samples.ts >= 0) & (samples.ts < END_OF_TIME)).all()
    assert all(0 < len(name) <= 512 for name in samples.series)
    assert (np.diff(samples.offset) >= 0).all()
    refused = [letter.offset for letter in decoded.rejected]
    assert len(refused) == len(set(refused))
    assert set(samples.offset.tolist()) | set(refused) == set(range(len(records)))
    assert all(letter.reason in set(Reason) for letter in decoded.rejected)
    assert all(letter.value is records[letter.offset].value for letter in decoded.rejected)


@pytest.mark.parametrize("format_name", FORMATS)
@given(records=st.lists(RECORDS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_used_or_refused(format_name: str, records: list[PlainRecord]) -> None:
    records = numbered(records)
    check_sound(make_decoder(format_name).decode(SOURCE, records), records)


@given(records=st.lists(RECORDS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_used_or_refused_under_a_mapping(records: list[PlainRecord]) -> None:
    records = numbered(records)
    check_sound(make_decoder("json", NESTED).decode(SOURCE, records), records)


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_hostile_list_is_survived_in_every_format(format_name: str) -> None:
    records = [PlainRecord(n, -1, case.key, case.value) for n, case in enumerate(HOSTILE)]
    check_sound(make_decoder(format_name).decode(SOURCE, records), records)


def rows(decoded: Decoded) -> list[tuple[Any, ...]]:
    samples = decoded.samples
    return list(zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True))


@given(record=RECORDS)
@settings(max_examples=500, deadline=None)
@example(record=GOOD)
def test_a_record_is_judged_the_same_alone_and_beside_others(record: PlainRecord) -> None:
    decoder = make_decoder("json")
    alone = decoder.decode(SOURCE, [record])
    beside_bad = decoder.decode(SOURCE, [record, BAD])
    beside_good = decoder.decode(SOURCE, [record, GOOD])
    assert rows(beside_bad) == rows(alone)
    assert rows(beside_good) == [*rows(alone), ("a", 1000, 1.0)]
    assert len(beside_bad.rejected) == len(alone.rejected) + 1
    assert [letter.detail for letter in beside_good.rejected] == [letter.detail for letter in alone.rejected]


@given(time=st.integers(0, 7 * 10**18) | st.floats(0, 7e9))
def test_one_time_and_a_column_of_times_are_read_alike(time: float) -> None:
    column = epoch_millis(np.array([time], dtype=np.float64))[0]
    if column < END_OF_TIME:
        assert timestamp(time) == column


@given(series=st.text(min_size=1, max_size=20), value=st.floats(allow_nan=False, allow_infinity=False))
def test_what_was_written_is_what_is_read(series: str, value: float) -> None:
    written = json.dumps({"series": series, "ts": 1_700_000_000, "value": value})
    assert rows(make_decoder("json").decode(SOURCE, [PlainRecord(0, -1, None, written.encode())])) == [
        (series, 1_700_000_000_000, value)
    ]
