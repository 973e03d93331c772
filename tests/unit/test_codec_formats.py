"""The named formats, on records as their programs write them."""

import pytest

from spear_stream.core.records import Decoded, PlainRecord, TopicPartition
from spear_stream.transport.codec import make_decoder

BROKER_TIME = 1_690_000_000_123


def decode(format_name: str, value: str) -> Decoded:
    record = PlainRecord(offset=4, timestamp=BROKER_TIME, key=None, value=value.encode())
    return make_decoder(format_name).decode(TopicPartition("t", 0), [record])


def rows(decoded: Decoded) -> list[tuple[str, int, float]]:
    samples = decoded.samples
    return list(zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True))


def reason(decoded: Decoded) -> str:
    [letter] = decoded.rejected
    return letter.reason


DOCKER = (
    '{"fields":{"n_images":660,"field_1":30.5},"name":"docker",'
    '"tags":{"host":"raynor"},"timestamp":1458229140}'
)


def test_telegraf_metric() -> None:
    expected = [
        ('docker.n_images{host="raynor"}', 1_458_229_140_000, 660.0),
        ('docker.field_1{host="raynor"}', 1_458_229_140_000, 30.5),
    ]
    assert rows(decode("telegraf-json", DOCKER)) == expected
    assert rows(decode("telegraf-json", f'{{"metrics":[{DOCKER},{DOCKER}]}}')) == expected * 2


def test_telegraf_fields_of_text_and_booleans_are_left_out() -> None:
    system = (
        '{"name":"system","tags":{},"fields":{"uptime_format":"1 day","ok":true,"load1":0.5},"timestamp":1}'
    )
    decoded = decode("telegraf-json", system)
    assert rows(decoded) == [("system.load1", 1000, 0.5)]
    assert not decoded.rejected
    assert reason(decode("telegraf-json", system.replace(',"load1":0.5', ""))) == "no_samples"


def test_a_broken_telegraf_metric_does_not_spoil_its_batch() -> None:
    decoded = decode("telegraf-json", f'{{"metrics":[{{"name":"x","tags":[],"fields":{{}}}},7,{DOCKER}]}}')
    assert len(decoded.samples) == 2
    assert reason(decoded) == "wrong_shape"


INFLUX_LINES = {
    "plain": ("cpu value=1 1556813561098000000", ("cpu.value", 1_556_813_561_098, 1.0)),
    "tags are sorted": ("cpu,z=1,a=2 v=1 1000", ('cpu.v{a="2",z="1"}', 1_000_000, 1.0)),
    "integer": ("cpu v=-12i 1000", ("cpu.v", 1_000_000, -12.0)),
    "unsigned": ("cpu v=12u 1000", ("cpu.v", 1_000_000, 12.0)),
    "exponent": ("cpu v=-1.234456e+78 1000", ("cpu.v", 1_000_000, -1.234456e78)),
    "no time": ("cpu v=1", ("cpu.v", BROKER_TIME, 1.0)),
    "escapes in the measurement": (r"my\ cpu\,x=y v=1 1000", ("my cpu,x=y.v", 1_000_000, 1.0)),
    "escapes in tags": (r"m,t\ k\==v\,\ \= v=1 1000", ('m.v{t k=="v, ="}', 1_000_000, 1.0)),
    "escapes in the field": (r"m f\ k\==1 1000", ("m.f k=", 1_000_000, 1.0)),
    "backslash for itself": (r"m,path=C:\dir v=1 1000", (r'm.v{path="C:\\dir"}', 1_000_000, 1.0)),
    "quote in a tag": ('m,a="b" v=1 1000', (r'm.v{a="\"b\""}', 1_000_000, 1.0)),
    "text with everything in it": (r'm s="a, b=1 \"c\" \\",v=1 1000', ("m.v", 1_000_000, 1.0)),
    "line break in a text": ('m s="a\nb v=9 9",v=1 1000', ("m.v", 1_000_000, 1.0)),
    "boolean": ("m ok=t,up=False,v=1 1000", ("m.v", 1_000_000, 1.0)),
    "carriage return": ("m v=1 1000\r", ("m.v", 1_000_000, 1.0)),
    "other letters": (
        "m\u00e9t\u00e9o,ville=Besan\u00e7on temp=1 1000",
        ('m\u00e9t\u00e9o.temp{ville="Besan\u00e7on"}', 1_000_000, 1.0),
    ),
}


@pytest.mark.parametrize(("line", "expected"), INFLUX_LINES.values(), ids=INFLUX_LINES)
def test_influx_line(line: str, expected: tuple[str, int, float]) -> None:
    decoded = decode("influx", line)
    assert rows(decoded) == [expected]
    assert not decoded.rejected


def test_influx_record_of_several_lines_with_comment_and_blank_line() -> None:
    decoded = decode("influx", "cpu,h=a user=1,sys=2 1000\n\n# note\n  mem free=3i 1000\n")
    assert rows(decoded) == [
        ('cpu.user{h="a"}', 1_000_000, 1.0),
        ('cpu.sys{h="a"}', 1_000_000, 2.0),
        ("mem.free", 1_000_000, 3.0),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cpu", "not_line_protocol"),
        ("cpu v", "not_line_protocol"),
        ("cpu v= 1000", "not_line_protocol"),
        ("cpu v=1 soon", "not_line_protocol"),
        ('cpu s="open 1000', "not_line_protocol"),
        ("cpu,tag v=1", "not_line_protocol"),
        ("cpu v=1 " + "9" * 5000, "not_line_protocol"),
        ("cpu v=NaN 1000", "value_not_finite"),
        ("cpu v=0x10 1000", "value_not_number"),
        ("cpu v=1_000 1000", "value_not_number"),
        ("cpu v=\u0663 1000", "value_not_number"),
        ("cpu v=1e999 1000", "number_out_of_range"),
        ("cpu v=1 -1000", "ts_out_of_range"),
        ('cpu s="text" 1000', "no_samples"),
        ("# only a comment", "no_samples"),
        (f"cpu,h={'x' * 9000} v=1 1000", "series_too_long"),
    ],
)
def test_influx_line_that_is_refused(line: str, expected: str) -> None:
    decoded = decode("influx", f"ok v=1 1000\n{line}") if expected != "no_samples" else decode("influx", line)
    assert reason(decoded) == expected
    assert len(decoded.samples) == (expected != "no_samples")


def test_influx_fault_says_on_which_line() -> None:
    [letter] = decode("influx", 'a s="x\ny",v=1 1000\n\nbad\n').rejected
    assert letter.detail == "line 4 is no line protocol"


UP = (
    '{"timestamp":"2023-11-14T22:13:20Z","value":"%s","name":"up",'
    '"labels":{"__name__":"up","job":"a\\"b","instance":"h1"}}'
)


def test_prometheus_sample() -> None:
    assert rows(decode("prometheus", UP % "9876543210")) == [
        ('up{instance="h1",job="a\\"b"}', 1_700_000_000_000, 9876543210.0)
    ]
    assert rows(decode("prometheus", UP % "1e-07"))[0][2] == 1e-07


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NaN", "value_not_finite"),
        ("+Inf", "value_not_finite"),
        ("1 ", "value_not_number"),
        ("", "value_not_number"),
        ("1e999", "number_out_of_range"),
    ],
)
def test_prometheus_value_that_is_refused(value: str, expected: str) -> None:
    assert reason(decode("prometheus", UP % value)) == expected


def test_prometheus_sample_without_a_name_is_refused() -> None:
    assert reason(decode("prometheus", '{"timestamp":1,"value":"1","labels":{"a":"b"}}')) == "series_missing"


def otlp(metric: str) -> str:
    resource = '{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}'
    scope = f'{{"scope":{{"name":"lib"}},"metrics":[{metric}]}}'
    return f'{{"resourceMetrics":[{{"resource":{resource},"scopeMetrics":[{scope}]}}]}}'


POINT = (
    '"timeUnixNano":"1700000000123999999","attributes":'
    '[{"key":"route","value":{"stringValue":"/a"}},{"key":"code","value":{"intValue":"200"}}]'
)
LABELS = '{code="200",otel_scope_name="lib",route="/a",service.name="shop"}'


def test_otlp_gauge_and_sum() -> None:
    gauge = f'{{"name":"load","gauge":{{"dataPoints":[{{"asDouble":0.5,{POINT}}}]}}}}'
    total = f'{{"name":"hits","sum":{{"isMonotonic":true,"dataPoints":[{{"asInt":"12",{POINT}}}]}}}}'
    assert rows(decode("otlp-json", otlp(f"{gauge},{total}"))) == [
        ("load" + LABELS, 1_700_000_000_123, 0.5),
        ("hits" + LABELS, 1_700_000_000_123, 12.0),
    ]


@pytest.mark.parametrize("kind", ["histogram", "exponentialHistogram", "summary"])
def test_otlp_distributions_give_sum_and_count(kind: str) -> None:
    metric = f'{{"name":"latency","{kind}":{{"dataPoints":[{{"count":"4","sum":2.5,{POINT}}}]}}}}'
    assert rows(decode("otlp-json", otlp(metric))) == [
        ("latency.sum" + LABELS, 1_700_000_000_123, 2.5),
        ("latency.count" + LABELS, 1_700_000_000_123, 4.0),
    ]


def test_otlp_points_of_a_stale_series_are_left_out() -> None:
    metric = f'{{"name":"load","gauge":{{"dataPoints":[{{"flags":1,{POINT}}},{{"asDouble":1,{POINT}}}]}}}}'
    decoded = decode("otlp-json", otlp(metric))
    assert len(decoded.samples) == 1
    assert not decoded.rejected


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ('{"name":"x","gauge":[]}', "wrong_shape"),
        ("7", "wrong_shape"),
        (
            '{"name":"x","gauge":{"dataPoints":[{"asDouble":"NaN","timeUnixNano":"1700000000000000000"}]}}',
            "value_not_finite",
        ),
        ('{"name":"x","gauge":{"dataPoints":[{"timeUnixNano":"1700000000000000000"}]}}', "value_missing"),
        ('{"name":"x","gauge":{"dataPoints":[{"asInt":"1"}]}}', "ts_missing"),
        ('{"name":"x","gauge":{"dataPoints":[{"asInt":"1","timeUnixNano":"soon"}]}}', "ts_invalid"),
        ('{"gauge":{"dataPoints":[{"asInt":"1","timeUnixNano":"1700000000000000000"}]}}', "series_missing"),
        ('{"name":"x","gauge":{"dataPoints":[{"asInt":"1","attributes":[3]}]}}', "wrong_shape"),
    ],
)
def test_a_bad_otlp_metric_does_not_spoil_the_others(bad: str, expected: str) -> None:
    good = f'{{"name":"load","gauge":{{"dataPoints":[{{"asDouble":0.5,{POINT}}}]}}}}'
    decoded = decode("otlp-json", otlp(f"{bad},{good}"))
    assert rows(decoded) == [("load" + LABELS, 1_700_000_000_123, 0.5)]
    assert reason(decoded) == expected


@pytest.mark.parametrize("format_name", ["telegraf-json", "prometheus", "otlp-json"])
def test_json_without_any_sample_is_refused(format_name: str) -> None:
    assert len(decode(format_name, "{}").rejected) == 1
    assert reason(decode(format_name, "7")) == "wrong_shape"
    assert reason(decode(format_name, "[" * 100_000)) == "too_deep"
    assert reason(decode(format_name, "{")) == "not_json"
