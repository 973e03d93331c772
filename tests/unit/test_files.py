"""Files as source, on real files and pipes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

import pytest

from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import InputError
from spear_stream.core.records import Decoded, TopicPartition
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.files import FileSource


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[str, set[TopicPartition]]] = []

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        self.told.append(("assigned", set(partitions)))

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self.told.append(("revoked", set(partitions)))

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self.told.append(("lost", set(partitions)))


def deadline() -> Deadline:
    return Deadline(1.0, time.monotonic)


def started(path: Path | str, max_records: int = 500) -> FileSource:
    source = FileSource(str(path), max_records)
    source.start(Listener())
    return source


def read_all(source: FileSource) -> list[PlacedRecord]:
    records: list[PlacedRecord] = []
    while not source.exhausted:
        for found in source.poll(0.1).values():
            records += found
    return records


def decoded(path: Path, content: str | bytes) -> Decoded:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return make_decoder("json").decode(TopicPartition(path.name, 0), read_all(started(path)))


def rows(result: Decoded) -> list[tuple[str, int, float]]:
    samples = result.samples
    return list(zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True))


def test_csv_with_series_and_label(tmp_path: Path) -> None:
    result = decoded(tmp_path / "in.csv", "ts,value,series,label\n1,0.5,a,0\n2,1e3,b,1\n")
    assert rows(result) == [("a", 1000, 0.5), ("b", 2000, 1000.0)]
    assert result.samples.offset.tolist() == [0, 1]


def test_csv_as_the_nab_corpus_writes_it(tmp_path: Path) -> None:
    result = decoded(tmp_path / "nyc_taxi.csv", "timestamp,value\r\n2014-07-01 00:00:00,10844\r\n")
    assert rows(result) == [("nyc_taxi", 1_404_172_800_000, 10844.0)]


def test_a_short_row_of_a_csv_without_series_has_no_value(tmp_path: Path) -> None:
    result = decoded(tmp_path / "in.csv", "ts,value\n1\n2,2\n")
    assert rows(result) == [("in", 2000, 2.0)]
    assert [letter.reason for letter in result.rejected] == ["value_missing"]


def test_csv_with_byte_order_mark_quotes_and_spaces(tmp_path: Path) -> None:
    result = decoded(tmp_path / "in.csv", '\ufeffTS, "Value" ,series\n\n 1 , 2 ,"a, ""b"""\n')
    assert rows(result) == [('a, "b"', 1000, 2.0)]


def test_digits_of_a_csv_are_not_rounded_before_the_codec(tmp_path: Path) -> None:
    result = decoded(tmp_path / "in.csv", "ts,value\n1700000000123456789,0.30000000000000004\n")
    assert rows(result) == [("in", 1_700_000_000_123, 0.30000000000000004)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,,a", "value_not_number"),
        (b"1,NaN,a", "value_not_number"),
        (b"1,n/a,a", "value_not_number"),
        (b"1", "series_missing"),
        (b"1,2", "series_missing"),
        (b",2,a", "ts_invalid"),
        (b"yesterday,2,a", "ts_invalid"),
        (b"1,1e999,a", "number_out_of_range"),
        (b"1,2,\xff", "not_utf8"),
        (b"1,2,", "series_missing"),
        (b"1,2,5,a", "wrong_shape"),
        (b"1,2," + b"x" * 200_000, "not_json"),
    ],
)
def test_a_bad_csv_row_is_dead_lettered_and_the_rest_is_read(tmp_path: Path, row: bytes, reason: str) -> None:
    result = decoded(tmp_path / "in.csv", b"ts,value,series\n1,1,a\n%s\n2,2,a\n" % row)
    assert rows(result) == [("a", 1000, 1.0), ("a", 2000, 2.0)]
    assert [(letter.offset, letter.reason) for letter in result.rejected] == [(1, reason)]


def test_jsonl_lines_are_records_as_they_stand(tmp_path: Path) -> None:
    good = b'{"series":"a","ts":1,"value":1}'
    result = decoded(tmp_path / "in.jsonl", b"\xef\xbb\xbf" + good + b"\n\njunk\n" + good)
    assert len(result.samples) == 2
    assert [(letter.offset, letter.value) for letter in result.rejected] == [(1, b"junk")]


def test_jsonl_that_names_no_series_is_of_the_file_as_csv_is(tmp_path: Path) -> None:
    lines = b'{"ts":1,"value":1}\n{"ts":2,"value":2,"series":"b"}\n'
    assert rows(decoded(tmp_path / "cpu.jsonl", lines)) == [("cpu", 1000, 1.0), ("b", 2000, 2.0)]


@pytest.mark.parametrize("content", ["ts,value\n1,1\n", '{"ts":1,"value":1}\n'])
def test_a_file_whose_name_is_not_utf8_has_one_that_can_be_written(tmp_path: Path, content: str) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    assert rows(decoded(path, content)) == [("caf?", 1000, 1.0)]
    assert [partition.topic for partition in started(path).poll(0.1)] == ["caf?.txt"]


def test_polls_are_bounded_and_offsets_go_on(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("ts,value\n" + "".join(f"{n},{n}\n" for n in range(10)))
    source = started(path, max_records=4)
    polls = [source.poll(0.1) for _ in range(3)]
    assert source.lag() == {TopicPartition("in.csv", 0): 0}
    assert [[record.offset for record in poll[TopicPartition("in.csv", 0)]] for poll in polls] == [
        [0, 1, 2],
        [3, 4, 5, 6],
        [7, 8, 9],
    ]
    assert source.exhausted
    assert source.poll(0.1) == {}


def test_the_listener_hears_of_the_partition_once(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("ts,value\n1,1\n")
    listener = Listener()
    source = FileSource(str(path))
    source.start(listener)
    read_all(source)
    source.close(deadline())
    source.close(deadline())
    partition = {TopicPartition("in.csv", 0)}
    assert listener.told == [("assigned", partition), ("revoked", partition)]
    assert source.poll(0.1) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no rows"),
        (b"\n \n", "no rows"),
        (b"ts,value\n", "no rows"),
        (b"ts,val\n1,2\n", "no column 'value', only: 'ts', 'val'"),
        (b"time,value\n1,2\n", "no column 'ts' or 'timestamp', only: 'time', 'value'; say .* --time COLUMN"),
        (b"\x1f\x8b\x08\x00junk", "no text in UTF-8"),
        (b"t\0s\0,\0v\0a\0l\0u\0e\0\n\0", "no text in UTF-8"),
        (b"x" * (17 << 20), "line of more than"),
        (b'[\n {"ts": 1, "value": 1}\n]\n', "one JSON document over many lines; .*jq -c"),
        (b'{"rows": [\n{"ts": 1, "value": 1}]}\n', "one JSON document over many lines; .*jq -c"),
        (b"sep=;\nts;value\n1;2\n", "begins with sep=;, which is for Excel alone: remove that"),
    ],
)
def test_a_file_that_is_no_input_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_all(started(path))
    assert "in.csv" in str(caught.value)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        FileSource(str(tmp_path / name)).start(Listener())


def test_an_input_that_was_opened_first_gives_all_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("ts,value\n1,1\n2,2\n3,3\n")
    source = FileSource(str(path), max_records=2)
    source.open()
    source.start(Listener())
    assert not source.exhausted
    assert len(read_all(source)) == 3
    assert source.exhausted


def test_what_is_no_input_is_refused_before_the_start(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("time,value\n1,1\n")
    with pytest.raises(InputError, match="no column 'ts'"):
        FileSource(str(path)).open()


def test_a_pipe_is_read_as_it_fills_without_waiting_for_more() -> None:
    reader, writer = os.pipe()
    source = started(f"/dev/fd/{reader}")
    assert source.poll(0.0) == {}
    os.write(writer, b"ts,value\n1,1\n2,")
    begun = time.monotonic()
    [records] = source.poll(60.0).values()
    assert len(records) == 1
    assert time.monotonic() - begun < 30.0
    assert not source.exhausted
    os.write(writer, b"2")
    os.close(writer)
    assert [record.offset for record in read_all(source)] == [1]
    os.close(reader)


def test_standard_input_and_output() -> None:
    program = (
        "from spear_stream.transport.files import FileSource\n"
        "from spear_stream.transport.jsonl_sink import JsonlSink\n"
        "from unit.test_files import Listener, deadline, read_all, started\n"
        "from messages import OPENED\n"
        "sink = JsonlSink('-')\n"
        "sink.publish([OPENED] * len(read_all(started('-'))))\n"
        "sink.flush(deadline()); sink.close(deadline())\n"
    )
    folders = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=b"ts,value\n1,1\n2,2\n",
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        check=True,
    )
    assert [json.loads(line)["alert_id"] for line in done.stdout.splitlines()] == ["a1b2", "a1b2"]
