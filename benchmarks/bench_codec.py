"""Records per CPU second of the input codec, and of the JSON libraries it could be built on.

    python benchmarks/bench_codec.py

Records are those of a metrics topic: 104 bytes of JSON, 500 to a poll, 10,000 series. The rows
`parse only` are the bare libraries, orjson where it is installed; the others go all the way from
records to a SampleBatch.
"""

import json
import random
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from time import process_time
from typing import Any

import msgspec
from common import best_seconds, write_result
from kafka.consumer.fetcher import ConsumerRecord

from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.transport.codec import JsonMapping, make_decoder

POLL = 500
POLLS = 20
RECORD_BYTES = 104
REPEATS = 25
SOURCE = TopicPartition("metrics", 0)
START = 1_700_000_000_000
TELEGRAF = (
    b'{"fields":{"usage_idle":%.6f,"usage_system":%.6f,"usage_user":%.6f},"name":"cpu",'
    b'"tags":{"cpu":"cpu%d","host":"web-%05d"},"timestamp":1700000000}'
)
INFLUX = b"cpu,cpu=cpu%d,host=web-%05d usage_idle=%.6f,usage_system=%.6f,usage_user=%.6f 1700000000000000000"
PROMETHEUS = (
    b'{"labels":{"__name__":"node_load1","instance":"web-%05d:9100","job":"node"},'
    b'"name":"node_load1","timestamp":"2023-11-14T22:13:20Z","value":"%.6f"}'
)
OTLP = (
    b'{"resourceMetrics":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web-%05d"}}]},'
    b'"scopeMetrics":[{"metrics":[{"name":"system.load","gauge":{"dataPoints":'
    b'[{"asDouble":%.6f,"timeUnixNano":"1700000000000000000"}]}}]}]}]}'
)


class Row(msgspec.Struct, gc=False):
    value: float
    ts: int | float | str
    series: str | int | None = None


def main() -> None:
    random.seed(1)
    values = [_json_value(n) for n in range(POLL * POLLS)]
    rates = {f"parse only, {name}": _rate(parse, values) for name, parse in _libraries().items()}
    rates |= {name: _decode_rate(*case) for name, case in _cases(values).items()}
    for name, rate in rates.items():
        print(f"{name:45} {rate:>10,} records/s")
    path = write_result(
        "codec", {"record_bytes": RECORD_BYTES, "poll": POLL, "records_per_cpu_second": rates}
    )
    print(f"written to {path.name}")


def _json_value(n: int) -> bytes:
    """One record of the default mapping, padded by a unit that nobody reads."""
    value = f'{{"series":"web-{n % 10_000:05d}.cpu.usage","ts":{START + n},"value":{random.random():.6f}'
    return f'{value},"unit":"{"percent":{"_"}<{RECORD_BYTES - len(value) - 11}}"}}'.encode()


def _libraries() -> dict[str, Callable[[bytes], Any]]:
    found = {
        "msgspec typed": msgspec.json.Decoder(Row).decode,
        "msgspec": msgspec.json.Decoder().decode,
        "json of the standard library": json.loads,
    }
    if find_spec("orjson"):
        import orjson  # noqa: PLC0415 - not a dependency, only compared with

        found["orjson"] = orjson.loads
    return found


def _cases(values: list[bytes]) -> dict[str, tuple[str, JsonMapping | None, list[bytes]]]:
    numbers = [(random.random(), n % 10_000) for n in range(len(values))]
    by_path = JsonMapping(series=("tags.host",), ts="timestamp", value="fields.usage_user")
    iso = [value.replace(b'"ts":17', b'"ts":"2023-11-14T22:13:20Z","was":17') for value in values]
    spoilt = [b"junk" if n % POLL == 0 else value for n, value in enumerate(values)]
    telegraf = [TELEGRAF % (x, x, x, n % 8, n) for x, n in numbers]
    return {
        "json": ("json", None, values),
        "json, ISO-8601 times": ("json", None, iso),
        "json, one bad record in every poll": ("json", None, spoilt),
        "json, mapping of nested paths": ("json", by_path, telegraf),
        "telegraf-json, 3 fields": ("telegraf-json", None, telegraf),
        "influx, 3 fields": ("influx", None, [INFLUX % (n % 8, n, x, x, x) for x, n in numbers]),
        "prometheus": ("prometheus", None, [PROMETHEUS % (n, x) for x, n in numbers]),
        "otlp-json, 1 point": ("otlp-json", None, [OTLP % (n, x) for x, n in numbers]),
    }


def _rate(parse: Callable[[bytes], Any], values: list[bytes]) -> int:
    return round(
        len(values) / best_seconds(lambda: [parse(value) for value in values], REPEATS, process_time)
    )


def _decode_rate(format_name: str, mapping: JsonMapping | None, values: list[bytes]) -> int:
    decoder = make_decoder(format_name, mapping)
    records = [_kafka_record(n, value) for n, value in enumerate(values)]
    polls: list[Sequence[RawRecord]] = [records[n : n + POLL] for n in range(0, len(records), POLL)]
    seconds = best_seconds(lambda: [decoder.decode(SOURCE, poll) for poll in polls], REPEATS, process_time)
    return round(len(values) / seconds)


def _kafka_record(offset: int, value: bytes) -> ConsumerRecord:
    fields = dict.fromkeys(ConsumerRecord._fields) | {"offset": offset, "timestamp": START, "value": value}
    return ConsumerRecord(**fields)


if __name__ == "__main__":
    main()
