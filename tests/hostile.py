"""Records that no decoder of the default JSON mapping may accept, trip over, or be slow on."""

from typing import NamedTuple


class Hostile(NamedTuple):
    name: str
    key: bytes | None
    value: bytes | None
    reason: str
    """The reason code it must be dead-lettered with."""


def _sample(value: bytes = b"1.5", ts: bytes = b"1700000000000", series: bytes = b'"h1.cpu"') -> bytes:
    return b'{"series":%s,"ts":%s,"value":%s}' % (series, ts, value)


_DEEP = 100_000

HOSTILE: tuple[Hostile, ...] = (
    Hostile("null value", b"h1.cpu", None, "tombstone"),
    Hostile("null key and null value", None, None, "tombstone"),
    Hostile("empty value", b"h1.cpu", b"", "empty"),
    Hostile("white space", b"h1.cpu", b" \r\n\t ", "empty"),
    Hostile("five megabytes", b"h1.cpu", _sample(series=b'"' + b"x" * 5_000_000 + b'"'), "too_large"),
    Hostile("broken UTF-8 in the series", None, _sample(series=b'"\xff\xfe"'), "not_utf8"),
    Hostile(
        "broken UTF-8 in a field nobody reads",
        None,
        b'{"series":"a","ts":1700000000,"value":1,"x":"\xc3"}',
        "not_utf8",
    ),
    Hostile("surrogate encoded as UTF-8", None, _sample(series=b'"\xed\xa0\x80"'), "not_utf8"),
    Hostile("random bytes", None, bytes(range(256)), "not_utf8"),
    Hostile("gzip magic", None, b"\x1f\x8b\x08\x00", "not_utf8"),
    Hostile("Avro or schema-registry prefix", None, b"\x00\x00\x00\x00\x01{}", "not_json"),
    Hostile("byte order mark", None, b"\xef\xbb\xbf" + _sample(), "not_json"),
    Hostile("plain text", None, b"hello", "not_json"),
    Hostile("truncated", None, _sample()[:-4], "not_json"),
    Hostile("rest after the object", None, _sample() + b" x", "not_json"),
    Hostile("two objects", None, _sample() + _sample(), "not_json"),
    Hostile("first half of an object", None, b'{"series":"a","ts":1700000000,', "not_json"),
    Hostile("second half of an object", None, b'"value":1} ' + _sample(), "not_json"),
    Hostile("single quotes", None, b"{'series':'a','ts':1,'value':1}", "not_json"),
    Hostile("unpaired surrogate", None, _sample(series=b'"\\ud800"'), "not_json"),
    Hostile("line break in a text", None, _sample(series=b'"a\nb"'), "not_json"),
    Hostile("bare NaN", None, _sample(value=b"NaN"), "not_json"),
    Hostile("bare Infinity", None, _sample(value=b"-Infinity"), "not_json"),
    Hostile("leading zero", None, _sample(value=b"007"), "not_json"),
    Hostile("arrays open forever", None, b"[" * _DEEP, "too_deep"),
    Hostile("objects open forever", None, b'{"a":' * _DEEP, "too_deep"),
    Hostile(
        "deep junk beside good fields",
        None,
        b'{"series":"a","ts":1700000000,"value":1,"x":' + b"[" * _DEEP + b"]" * _DEEP + b"}",
        "too_deep",
    ),
    Hostile("beyond a float", None, _sample(value=b"1e999"), "number_out_of_range"),
    Hostile("400 digits", None, _sample(value=b"9" * 400), "number_out_of_range"),
    Hostile("10000 digits", None, _sample(value=b"9" * 10_000), "number_out_of_range"),
    Hostile("time of 400 digits", None, _sample(ts=b"9" * 400), "number_out_of_range"),
    Hostile("JSON null", None, b"null", "wrong_shape"),
    Hostile("JSON number", None, b"17", "wrong_shape"),
    Hostile("JSON text", None, b'"a,1,2"', "wrong_shape"),
    Hostile("array of numbers", None, b"[1,2,3]", "wrong_shape"),
    Hostile("empty array", None, b"[]", "no_samples"),
    Hostile("too many samples", None, b"[" + b",".join([b"{}"] * 10_001) + b"]", "too_many_samples"),
    Hostile("empty object", None, b"{}", "series_missing"),
    Hostile("neither series nor key", None, b'{"ts":1700000000,"value":1}', "series_missing"),
    Hostile("neither series nor a filled key", b"", b'{"ts":1700000000,"value":1}', "series_missing"),
    Hostile("null series", None, _sample(series=b"null"), "series_missing"),
    Hostile("empty series", b"h1.cpu", _sample(series=b'""'), "series_missing"),
    Hostile("series is a fraction", None, _sample(series=b"1.5"), "series_invalid"),
    Hostile("series is true", None, _sample(series=b"true"), "series_invalid"),
    Hostile("series is an object", None, _sample(series=b'{"a":{}}'), "series_invalid"),
    Hostile("series is a number of 30 digits", None, _sample(series=b"9" * 30), "series_invalid"),
    Hostile("key is not UTF-8", b"\xff", b'{"ts":1700000000,"value":1}', "series_invalid"),
    Hostile("series of 600 characters", None, _sample(series=b'"' + b"x" * 600 + b'"'), "series_too_long"),
    Hostile("key of 600 characters", b"x" * 600, b'{"ts":1700000000,"value":1}', "series_too_long"),
    Hostile("no time", None, b'{"series":"a","value":1}', "ts_missing"),
    Hostile("null time", None, _sample(ts=b"null"), "ts_missing"),
    Hostile("time is true", None, _sample(ts=b"true"), "ts_invalid"),
    Hostile("time is an array", None, _sample(ts=b"[1700000000]"), "ts_invalid"),
    Hostile("time is junk", None, _sample(ts=b'"yesterday"'), "ts_invalid"),
    Hostile("time is empty", None, _sample(ts=b'""'), "ts_invalid"),
    Hostile("epoch time as text", None, _sample(ts=b'"1700000000"'), "ts_invalid"),
    Hostile("30 February", None, _sample(ts=b'"2024-02-30T00:00:00Z"'), "ts_invalid"),
    Hostile("negative time", None, _sample(ts=b"-1"), "ts_out_of_range"),
    Hostile("negative nanoseconds", None, _sample(ts=b"-1700000000000000000"), "ts_out_of_range"),
    Hostile("year 3000 in seconds", None, _sample(ts=b"32503680000"), "ts_out_of_range"),
    Hostile("year 2200 to the millisecond", None, _sample(ts=b"7258118400000"), "ts_out_of_range"),
    Hostile("time of 1e300", None, _sample(ts=b"1e300"), "ts_out_of_range"),
    Hostile("year 9999", None, _sample(ts=b'"9999-12-31T23:59:59-23:59"'), "ts_out_of_range"),
    Hostile("year 1", None, _sample(ts=b'"0001-01-01T00:00:00+23:59"'), "ts_out_of_range"),
    Hostile("no value", None, b'{"series":"a","ts":1700000000}', "value_missing"),
    Hostile("null in place of the value", None, _sample(value=b"null"), "value_not_number"),
    Hostile("the text NaN", None, _sample(value=b'"NaN"'), "value_not_number"),
    Hostile("a number as text", None, _sample(value=b'"1.5"'), "value_not_number"),
    Hostile("value is true", None, _sample(value=b"true"), "value_not_number"),
    Hostile("value is an object", None, _sample(value=b'{"a":[{}]}'), "value_not_number"),
    Hostile("value is an array", None, _sample(value=b"[1.5]"), "value_not_number"),
)
