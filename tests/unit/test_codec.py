"""The default JSON mapping: what is accepted, what is refused, and that neighbours never matter."""

from collections.abc import Sequence

import numpy as np
import pytest
from hostile import HOSTILE, Hostile

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import DeadLetter, Decoded, PlainRecord, TopicPartition
from spear_stream.transport.codec import FORMATS, DecodeLimits, JsonMapping, make_decoder
from spear_stream.transport.faults import Reason

SOURCE = TopicPartition("metrics", 3)
GOOD = b'{"series":"h1.cpu","ts":1700000000000,"value":1.5}'
BROKER_TIME = 1_690_000_000_123


def record(value: bytes | None, key: bytes | None = None, offset: int = 7) -> PlainRecord:
    return PlainRecord(offset=offset, timestamp=BROKER_TIME, key=key, value=value)


def decode(*values: bytes | None, key: bytes | None = None) -> Decoded:
    return make_decoder("json").decode(SOURCE, [record(value, key, n) for n, value in enumerate(values)])


def times(*written: str) -> list[int]:
    decoded = decode(*(b'{"series":"a","ts":%s,"value":1}' % ts.encode() for ts in written))
    assert not decoded.rejected
    return decoded.samples.ts.tolist()


def rows(decoded: Decoded) -> list[tuple[str, int, float, int]]:
    samples = decoded.samples
    columns = (samples.series, samples.ts.tolist(), samples.value.tolist(), samples.offset.tolist())
    return list(zip(*columns, strict=True))


def reasons(letters: Sequence[DeadLetter]) -> list[str]:
    return [letter.reason for letter in letters]


def test_a_good_record_becomes_one_row() -> None:
    decoded = decode(GOOD)
    assert rows(decoded) == [("h1.cpu", 1_700_000_000_000, 1.5, 0)]
    assert decoded.samples.source == SOURCE
    assert (decoded.samples.ts.dtype, decoded.samples.value.dtype) == (np.int64, np.float64)


def test_no_records_give_an_empty_batch() -> None:
    decoded = decode()
    assert len(decoded.samples) == 0
    assert not decoded.rejected


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_a_hostile_record_is_dead_lettered_with_its_reason_and_bytes(case: Hostile) -> None:
    decoded = make_decoder("json").decode(
        SOURCE, [record(GOOD), record(case.value, case.key, 8), record(GOOD)]
    )
    assert rows(decoded) == [("h1.cpu", 1_700_000_000_000, 1.5, 7)] * 2
    [letter] = decoded.rejected
    assert letter.reason == case.reason
    assert (letter.source, letter.offset, letter.timestamp) == (SOURCE, 8, BROKER_TIME)
    assert (letter.key, letter.value) == (case.key, case.value)
    assert 0 < len(letter.detail) < 200


def test_every_reason_of_a_json_record_is_in_the_hostile_list() -> None:
    other_formats = {Reason.NOT_LINE_PROTOCOL, Reason.VALUE_NOT_FINITE}
    assert {case.reason for case in HOSTILE} == set(Reason) - other_formats


def test_two_halves_of_an_object_in_neighbouring_records_do_not_make_one() -> None:
    halves = (b'{"series":"a","ts":1700000000,', b'"value":1}', b'{"series":"b"} {"series":"c"}')
    assert len(decode(GOOD, *halves).rejected) == 3


def test_epoch_times_in_any_unit_are_the_same_moment() -> None:
    written = ("1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "1.7e9")
    assert set(times(*written)) == {1_700_000_000_000}


def test_fractions_of_a_second_are_kept_to_the_millisecond() -> None:
    assert times("1700000000.1234", "1700000000123.4") == [1_700_000_000_123] * 2


def test_iso_times_honour_their_zone_and_naive_ones_are_utc() -> None:
    written = ('"2023-11-14T22:13:20Z"', '"2023-11-14T23:13:20+01:00"', '"2023-11-14 22:13:20"')
    assert set(times(*written)) == {1_700_000_000_000}
    assert times('"2023-11-14T22:13:20.123456789Z"', "0", '"2199-12-31T23:59:59.999Z"') == [
        1_700_000_000_123,
        0,
        7_258_118_399_999,
    ]


@pytest.mark.parametrize(
    "ts", ["1700000000.0005", "1700000000000.5", "1700000000000500", "1699999999999500000"]
)
def test_a_time_does_not_depend_on_a_bad_neighbour(ts: str) -> None:
    value = b'{"series":"a","ts":%s,"value":1}' % ts.encode()
    assert decode(value).samples.ts[0] == decode(value, b"junk").samples.ts[0]


def test_the_record_key_names_the_series_when_the_value_does_not() -> None:
    keyless = b'{"ts":1700000000,"value":2}'
    assert decode(keyless, GOOD, key=b"sensor/\xc3\xa9").samples.series == ["sensor/\u00e9", "h1.cpu"]
    assert decode(b'{"series":null,"ts":1700000000,"value":2}', key=b"k").samples.series == ["k"]


def test_a_whole_number_may_name_a_series() -> None:
    assert decode(b'{"series":17,"ts":1700000000,"value":2}', GOOD).samples.series == ["17", "h1.cpu"]


def test_of_a_batch_the_good_items_are_used_and_the_first_fault_is_told_once() -> None:
    good = b'{"series":"a","ts":1,"value":1}'
    bad = b'{"series":"a","ts":2,"value":null}'
    decoded = decode(b"[%s,%s,7,%s]" % (good, bad, good))
    assert rows(decoded) == [("a", 1000, 1.0, 0)] * 2
    assert [(letter.reason, letter.detail) for letter in decoded.rejected] == [
        ("value_not_number", "record[1]: value is null, needed: a number")
    ]


def test_limits_are_limits() -> None:
    limits = DecodeLimits(max_bytes=len(GOOD), max_series_chars=6, max_samples=1)
    decoder = make_decoder("json", limits=limits)
    pair = b'[{"series":"a","ts":1,"value":1},{}]'
    values = (GOOD, GOOD + b" ", GOOD.replace(b"h1.cpu", b"h1.cpu2")[:-4] + b"1}", pair)
    decoded = decoder.decode(SOURCE, [record(value) for value in values])
    assert len(decoded.samples) == 1
    assert reasons(decoded.rejected) == ["too_large", "series_too_long", "too_many_samples"]


@pytest.mark.parametrize("limits", [{"max_bytes": 0}, {"max_samples": -1}, {"max_series_chars": 5000}])
def test_limits_that_cannot_work_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(limits))):
        DecodeLimits(**limits)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="otlp-json"):
        make_decoder("xml")
    assert FORMATS == ("json", "telegraf-json", "influx", "prometheus", "otlp-json")


@pytest.mark.parametrize("path", ["", "a..b", "."])
def test_a_mapping_with_an_empty_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="empty path"):
        JsonMapping(value=path)
