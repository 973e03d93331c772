"""A thousand records that nobody should send, among good ones, on a real topic."""

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from e2e.daemon import StartDaemon, Topics, wait_until
from hostile import HOSTILE
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import produce, read
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition

from spear_stream.core.spec import WindowSpec

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOSTILE_RECORDS = 1000
SERIES, POINTS = 10, 100
START, STEP = 1_700_000_000_000, 60_000
FIRST = WindowSpec().min_points
MAX_LETTER = 900_000
"""Bytes of a value that its dead letter keeps."""

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NO_NUMBER = st.none() | st.booleans() | st.text(max_size=8) | st.lists(SCALARS, max_size=3)
NO_TIME = st.booleans() | st.integers(max_value=-1) | st.just("NaN") | st.lists(SCALARS, max_size=3)
NO_SERIES = st.booleans() | st.floats(0.1, 0.9) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


def is_json(value: bytes) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def sample(**fields: object) -> bytes:
    return json.dumps({"series": "h1.cpu", "ts": START, "value": 1.5} | fields).encode()


def spoilt(sample: bytes, at: int) -> bytes:
    """A good sample with a byte that no UTF-8 has."""
    at %= len(sample)
    return sample[:at] + b"\xff" + sample[at:]


BAD_VALUES = st.one_of(
    st.binary(max_size=200).filter(lambda value: not is_json(value)),
    st.lists(SCALARS, max_size=4).map(json.dumps).map(str.encode),
    SCALARS.map(json.dumps).map(str.encode),
    NO_NUMBER.map(lambda bad: sample(value=bad)),
    NO_TIME.map(lambda bad: sample(ts=bad)),
    NO_SERIES.map(lambda bad: sample(series=bad)),
    st.integers(0, 1000).map(lambda at: spoilt(sample(), at)),
)


class Record(NamedTuple):
    key: bytes | None
    value: bytes | None
    reason: str | None
    """The reason to be refused with; empty when any will do, None for a good record."""


def good(series: int, point: int, value: float, shift: int = 0, reason: str | None = None) -> Record:
    name = f"good-{series}"
    fields = {"series": name, "ts": START + point * STEP + shift, "value": value}
    return Record(name.encode(), json.dumps(fields).encode(), reason)


def generated(count: int) -> list[Record]:
    """The same records in every run."""
    found: list[Record] = []

    @seed(20251003)
    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(st.none() | st.binary(max_size=4), BAD_VALUES)
    def collect(key: bytes | None, value: bytes) -> None:
        found.append(Record(key, value, ""))

    collect()
    return found[:count]


def mixed(numbers: random.Random) -> Iterator[Record]:
    """Good series, each in order of time, with hostile records at random places between them."""
    # kafka-python sends no record without key and value; the codec's own tests have it.
    by_hand = [Record(*item[1:]) for item in HOSTILE if (item.key, item.value) != (None, None)]
    times = [(shift, reason) for shift, reason in TIMES for _ in range(40)]
    waiting: list[Any] = [*by_hand, *times, *generated(HOSTILE_RECORDS - len(by_hand) - len(times))]
    assert len(waiting) == HOSTILE_RECORDS
    numbers.shuffle(waiting)
    for place in range(POINTS * SERIES):
        point, series = divmod(place, SERIES)
        yield good(series, point, numbers.gauss())
        bad = waiting.pop()
        yield bad if isinstance(bad, Record) else good(series, point, 0.0, *bad)


TIMES = ((0, "duplicate"), (-1, "late"), (100 * 365 * 86_400_000, "in_the_future"))
"""Milliseconds that a second record of a good point is off, and why it is refused."""


def test_a_thousand_hostile_records_harm_nothing_else(
    kafka_broker: KafkaBroker, topics: Topics, start_daemon: StartDaemon, tiny_checkpoint: Any
) -> None:
    records = list(mixed(random.Random(7)))
    worker = start_daemon(model__checkpoint=tiny_checkpoint).await_ready()
    positions = produce(kafka_broker, topics.metrics, [(record.key, record.value) for record in records])
    wait_until(
        lambda: (
            worker.metric("spear_points_total") + worker.metric("spear_dead_letters_total") == len(records)
            and worker.metric("spear_pending_windows") == 0
        ),
        worker.said,
    )
    assert worker.metric("spear_points_warming_up_total") == SERIES * (FIRST - 1)
    assert worker.points_scored() == SERIES * (POINTS - FIRST + 1)
    assert worker.metric("spear_series") == SERIES
    assert worker.stop() == 0
    assert worker.logs()[-1]["event"].startswith("stopped")
    assert not worker.errors()
    assert_all_committed(kafka_broker, topics, len(records))
    hostile = {at: record for at, record in zip(positions, records, strict=True) if record.reason is not None}
    assert_each_is_a_dead_letter_once(read(kafka_broker, topics.dead_letters, HOSTILE_RECORDS), hostile)


def assert_each_is_a_dead_letter_once(letters: list[Any], hostile: dict[Any, Record]) -> None:
    assert len(letters) == len(hostile) == HOSTILE_RECORDS
    for letter in letters:
        headers = {name: content.decode() for name, content in letter.headers}
        at = headers["spear_topic"], int(headers["spear_partition"]), int(headers["spear_offset"])
        record = hostile.pop(at)
        assert headers["spear_reason"] == (record.reason or headers["spear_reason"]), record
        assert headers["spear_detail"], record
        assert letter.key == record.key
        assert letter.value == (record.value or b"")[:MAX_LETTER]
        assert ("spear_value_null" in headers) == (record.value is None)
        assert headers.get("spear_value_size", str(len(letter.value))) == str(len(record.value or b""))
    assert not hostile


def assert_all_committed(broker: KafkaBroker, topics: Topics, count: int) -> None:
    group = str(topics.settings["kafka.group_id"])
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=group)
    committed = [consumer.committed(KafkaPartition(topics.metrics, number)) for number in range(4)]
    consumer.close()
    assert sum(committed) == count
