"""Records that are made to be slow to read."""

import time

import pytest

from spear_stream.core.records import Decoded, PlainRecord, TopicPartition
from spear_stream.transport.codec import make_decoder


def decode(format_name: str, value: str) -> Decoded:
    record = PlainRecord(offset=4, timestamp=-1, key=None, value=value.encode())
    return make_decoder(format_name).decode(TopicPartition("t", 0), [record])


def otlp(metric: str) -> str:
    resource = '{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}'
    scope = f'{{"scope":{{"name":"lib"}},"metrics":[{metric}]}}'
    return f'{{"resourceMetrics":[{{"resource":{resource},"scopeMetrics":[{scope}]}}]}}'


LONG = "x" * 500_000
WIDE_RESOURCE = '{"attributes":[' + ",".join(['{"key":"k"}'] * 70_000) + "]}"
MANY_POINTS = f'{{"name":"m","gauge":{{"dataPoints":[{",".join(["{}"] * 9000)}]}}}}'
MANY_FIELDS = ",".join(f'"f{n}":1' for n in range(9000))

BLOW_UPS = {
    "many labels on many points": (
        "otlp-json",
        f'{{"resourceMetrics":[{{"resource":{WIDE_RESOURCE},"scopeMetrics":[{{"metrics":[{MANY_POINTS}]}}]}}]}}',
    ),
    "long name on many points": ("otlp-json", otlp(MANY_POINTS.replace('"m"', f'"{LONG}"'))),
    "long name of many fields": ("telegraf-json", f'{{"name":"{LONG}","fields":{{{MANY_FIELDS}}}}}'),
    "many metrics of a wrong type": ("otlp-json", otlp(",".join(["[]"] * 300_000))),
    "half a million comments": ("influx", "#\n" * 500_000),
    "many open quotes": ("influx", 'a b="\\' * 150_000),
    "many commas": ("influx", "a" + "," * 1_000_000),
    "many backslashes": ("influx", "\\" * 1_000_000),
}


@pytest.mark.parametrize(("format_name", "value"), BLOW_UPS.values(), ids=BLOW_UPS)
def test_a_megabyte_made_to_be_slow_takes_seconds_at_most(format_name: str, value: str) -> None:
    start = time.process_time()
    decoded = decode(format_name, value)
    assert len(decoded.rejected) == 1
    assert time.process_time() - start < 5.0
