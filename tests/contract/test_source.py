"""What every core.ports.Source does; tests/integration runs KafkaSource on a real broker."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import pytest
from streams import METRICS, MINUTE, OTHER, START, polls_of, quiet, rows

from spear_stream.core.deadline import Deadline
from spear_stream.core.ports import Source
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.demo.generated import Recording
from spear_stream.demo.host import HostSampler
from spear_stream.demo.source import DemoSource
from spear_stream.testing import FakeClock, ListSource
from spear_stream.transport.files import FileSource

SAMPLES = rows({"a": quiet(25)})


def csv_source(folder: Path) -> Source:
    lines = ["ts,value", *(f"{ts},{value}" for _, ts, value in SAMPLES)]
    (folder / "a.csv").write_text("\n".join(lines))
    return FileSource(str(folder / "a.csv"), max_records=10)


def jsonl_source(folder: Path) -> Source:
    records = polls_of(SAMPLES, 25)[0][METRICS]
    (folder / "a.jsonl").write_bytes(b"\n".join(record.value or b"" for record in records))
    return FileSource(str(folder / "a.jsonl"), max_records=10)


def demo_source(folder: Path) -> Source:
    recording = Recording("a", np.array([r[1] for r in SAMPLES]), np.array([r[2] for r in SAMPLES]))
    return DemoSource([recording], HostSampler(0.0), 0.0, max_records=10)


def list_source(folder: Path) -> Source:
    return ListSource([{}, *polls_of(SAMPLES, 10)])


def two_partitions(folder: Path) -> Source:
    return ListSource([*polls_of(SAMPLES[:10], 5), *polls_of(SAMPLES[10:], 5, source=OTHER)])


MAKERS: list[Callable[[Path], Source]] = [csv_source, jsonl_source, demo_source, list_source, two_partitions]


class Owner:
    """Checks at every call that partitions come before they go."""

    def __init__(self) -> None:
        self.owned: set[TopicPartition] = set()
        self.revocations = 0

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        assert partitions
        assert not self.owned & set(partitions)
        self.owned |= set(partitions)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self.revocations += 1
        self.lost(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        assert set(partitions) <= self.owned
        self.owned -= set(partitions)


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    made: Source = request.param(tmp_path)
    return made


def read(source: Source, owner: Owner) -> dict[TopicPartition, list[RawRecord]]:
    """Everything, with the promises of poll() checked on the way."""
    found: dict[TopicPartition, list[RawRecord]] = {}
    for _ in range(100):
        if source.exhausted:
            return found
        for partition, records in source.poll(0.1).items():
            assert partition in owner.owned
            assert records, "a partition without records is left out"
            found.setdefault(partition, []).extend(records)
    pytest.fail("the source does not end")


def soon() -> Deadline:
    return Deadline(1.0, FakeClock().monotonic)


def close(source: Source) -> None:
    source.close(soon())


def test_every_record_comes_once_in_the_order_of_its_offset(source: Source) -> None:
    owner = Owner()
    source.start(owner)
    found = read(source, owner)
    assert sum(map(len, found.values())) == len(SAMPLES)
    for records in found.values():
        offsets = [record.offset for record in records]
        assert offsets == sorted(set(offsets))
        assert all(record.value for record in records)
    assert source.poll(0.0) == {}


def test_partitions_are_revoked_by_close_while_they_can_still_be_committed(source: Source) -> None:
    class Committing(Owner):
        def revoked(self, partitions: Collection[TopicPartition]) -> None:
            source.commit({p: found[p][-1].offset + 1 for p in partitions if p in found}, soon())
            super().revoked(partitions)

    owner = Committing()
    source.start(owner)
    found = read(source, owner)
    assert owner.owned >= found.keys()
    close(source)
    assert owner.owned == set()
    assert owner.revocations == 1


def test_a_paused_source_gives_no_records_and_loses_none(source: Source) -> None:
    owner = Owner()
    source.start(owner)
    first = source.poll(0.0)
    source.pause()
    for _ in range(5):
        assert source.poll(0.0) == {}
    source.resume()
    found = read(source, owner)
    assert sum(map(len, [*first.values(), *found.values()])) == len(SAMPLES)


def test_a_paused_source_is_not_at_its_end(source: Source) -> None:
    source.start(Owner())
    source.poll(0.0)
    source.pause()
    source.poll(0.0)
    assert not source.exhausted


def test_closing_twice_revokes_once(source: Source) -> None:
    owner = Owner()
    source.start(owner)
    read(source, owner)
    close(source)
    close(source)
    assert owner.revocations == 1


def test_lag_is_of_assigned_partitions_and_ends_at_zero(source: Source) -> None:
    owner = Owner()
    source.start(owner)
    read(source, owner)
    assert set(source.lag()) == owner.owned
    assert set(source.lag().values()) == {0}


def test_a_list_source_goes_on_from_its_commit() -> None:
    source = ListSource(polls_of(SAMPLES, 10))
    source.start(Owner())
    source.poll(0.0)
    source.commit({METRICS: 13}, soon())
    owner = Owner()
    source.start(owner)
    assert [record.offset for record in read(source, owner)[METRICS]] == list(range(13, 25))


def test_offsets_of_a_list_source_never_go_back() -> None:
    source = ListSource(polls_of(SAMPLES, 10))
    source.start(Owner())
    source.poll(0.0)
    source.commit({METRICS: 13}, soon())
    source.commit({METRICS: 5}, soon())
    assert source.committed == {METRICS: 13}


def test_the_records_are_those_of_the_samples(source: Source) -> None:
    owner = Owner()
    source.start(owner)
    found: Sequence[RawRecord] = [r for records in read(source, owner).values() for r in records]
    assert str(START + 24 * MINUTE).encode() in (found[-1].value or b"")
