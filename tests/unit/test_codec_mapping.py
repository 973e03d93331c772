"""JSON of other people, adapted by a mapping."""

import pytest

from spear_stream.core.records import Decoded, PlainRecord, TopicPartition
from spear_stream.transport.codec import JsonMapping, make_decoder

BROKER_TIME = 1_690_000_000_123


def decode(
    mapping: JsonMapping, value: bytes, key: bytes | None = None, timestamp: int = BROKER_TIME
) -> Decoded:
    record = PlainRecord(offset=0, timestamp=timestamp, key=key, value=value)
    return make_decoder("json", mapping).decode(TopicPartition("t", 0), [record])


def rows(decoded: Decoded) -> list[tuple[str, int, float]]:
    samples = decoded.samples
    return list(zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True))


def test_other_names_at_the_top() -> None:
    mapping = JsonMapping(series=("sensor_id",), ts="time", value="temperature")
    decoded = decode(mapping, b'{"sensor_id":1042,"time":"2023-11-14T22:13:20Z","temperature":21.5}')
    assert rows(decoded) == [("1042", 1_700_000_000_000, 21.5)]


def test_nested_paths() -> None:
    mapping = JsonMapping(series=("meta.id",), ts="meta.at", value="data.load")
    decoded = decode(mapping, b'{"meta":{"id":"h1","at":1700000000},"data":{"load":0.5}}')
    assert rows(decoded) == [("h1", 1_700_000_000_000, 0.5)]


def test_a_series_of_several_parts() -> None:
    mapping = JsonMapping(series=("host", "metric"), value="v")
    assert rows(decode(mapping, b'{"host":"h1","metric":"cpu","ts":1,"v":2}')) == [("h1.cpu", 1000, 2.0)]
    assert rows(decode(mapping, b'{"ts":1,"v":2}', key=b"k")) == [("k", 1000, 2.0)]
    [letter] = decode(mapping, b'{"host":"h1","ts":1,"v":2}', key=b"k").rejected
    assert letter.reason == "series_missing"


def test_several_metrics_of_one_record() -> None:
    mapping = JsonMapping(series=("host",), values={"cpu": "m.cpu", "mem": "m.mem", "gpu": "m.gpu"})
    decoded = decode(mapping, b'{"host":"h1","ts":1,"m":{"cpu":0.5,"mem":"full"}}')
    assert rows(decoded) == [("h1.cpu", 1000, 0.5)]
    [letter] = decoded.rejected
    assert (letter.reason, letter.detail.split(":")[0]) == ("value_not_number", "record, mem")


def test_a_record_with_none_of_its_metrics_is_refused() -> None:
    mapping = JsonMapping(series=("host",), values={"cpu": "m.cpu"})
    assert [letter.reason for letter in decode(mapping, b'{"host":"h1","ts":1}').rejected] == [
        "value_missing"
    ]


def test_a_batch_below_a_path_shares_what_stands_at_the_top() -> None:
    mapping = JsonMapping(series=("device",), value="v", records="data.readings")
    decoded = decode(mapping, b'{"device":"d1","data":{"readings":[{"ts":1,"v":1},{"ts":2,"v":2}]}}')
    assert rows(decoded) == [("d1", 1000, 1.0), ("d1", 2000, 2.0)]


@pytest.mark.parametrize("value", [b"{}", b'{"readings":{}}', b"[]"])
def test_a_batch_that_is_not_there_is_refused(value: bytes) -> None:
    assert [letter.reason for letter in decode(JsonMapping(records="readings"), value).rejected] == [
        "wrong_shape"
    ]


def test_without_a_time_in_the_value_the_broker_timestamp_counts() -> None:
    mapping = JsonMapping(ts=None)
    assert rows(decode(mapping, b'{"series":"a","value":1}')) == [("a", BROKER_TIME, 1.0)]
    unknown = decode(mapping, b'{"series":"a","value":1}', timestamp=-1)
    assert [letter.reason for letter in unknown.rejected] == ["ts_missing"]


def test_a_time_that_the_mapping_names_is_never_replaced_by_the_broker_timestamp() -> None:
    assert [letter.reason for letter in decode(JsonMapping(), b'{"series":"a","value":1}').rejected] == [
        "ts_missing"
    ]


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        (b'{"series":"a","time":1,"value":1}', ["'ts'", "SPEAR_INPUT__TS_PATH"]),
        (b'{"name":"a","ts":1,"value":1}', ["'series'", "SPEAR_INPUT__SERIES_PATHS"]),
        (b'{"series":"a","ts":1,"v":1}', ["'value'", "SPEAR_INPUT__VALUE_PATH"]),
    ],
)
def test_what_is_missing_is_told_with_its_name_and_the_setting(value: bytes, missing: list[str]) -> None:
    (letter,) = decode(JsonMapping(), value).rejected
    assert all(word in letter.detail for word in missing)
