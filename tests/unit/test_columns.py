"""Tables as other tools write them: columns of other names, a column per series, rows without times.

The daemon's score-file and the trainer read them by one rule, so every table here is read by both.
"""

from pathlib import Path

import pytest
from unit.test_files import Listener, read_all

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.columns import START_MS
from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.records import TopicPartition
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.files import FileSource
from trainer.datasets.csv import load_csv

Points = dict[str, list[tuple[int, float]]]
MINUTE = 60_000
JANUARY = 1_769_817_600_000
"""The last day of it, in 2026."""
LATER = START_MS + 2 * MINUTE
"""Of the third row, where rows are a minute apart."""


def scored(path: Path, names: ColumnNames) -> Points:
    source = FileSource(str(path), columns=names)
    source.start(Listener())
    samples = make_decoder("json").decode(TopicPartition(path.name, 0), read_all(source)).samples
    found: Points = {}
    for series, ts, value in zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True):
        found.setdefault(series, []).append((ts, value))
    return found


def trained(path: Path, names: ColumnNames) -> Points:
    corpus = load_csv(path, names)
    return {one.name: list(zip(one.ts.tolist(), one.value.tolist(), strict=True)) for one in corpus}


def without(file: str, separator: str, points: Points) -> Points:
    """By the part of the name that the table tells; none of a file that is one series."""
    return {name.removeprefix(file).removeprefix(separator): found for name, found in points.items()}


def one(value: float, ts: int = MINUTE) -> list[tuple[int, float]]:
    return [(ts, value)]


def every(*values: float, step: int = MINUTE) -> list[tuple[int, float]]:
    return [(START_MS + step * row, value) for row, value in enumerate(values)]


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("Time,CPU\n60,1\n", ColumnNames(time="time", value="cpu"), {"": one(1)}),
        ("ts,CPU,cpu\n60,1,2\n", ColumnNames(value="cpu"), {"": one(2)}),
        ("# of a tool\n#group,false\nts,value\n60,1\n", USUAL, {"": one(1)}),
        (
            "Date,Clock,value\n2026-01-31,00:01,1\n",
            ColumnNames(time="Date, clock"),
            {"": one(1, JANUARY + MINUTE)},
        ),
        ("5\n7\n", ColumnNames(every=60, header=False), {"": every(5, 7)}),
        ("5;1\n7;2\n", ColumnNames(value="*", every=60, header=False), {"1": every(5, 7), "2": every(1, 2)}),
        (
            "60,5\n120,7\n",
            ColumnNames(time="1", value="2", header=False),
            {"": [*one(5), *one(7, 2 * MINUTE)]},
        ),
        ("0,1\n5,7\n", ColumnNames(value="1", every=60), {"": every(7)}),
        ("ts,cpu,anomaly,changepoint\n60,1,0,1\n", ColumnNames(value="*"), {"cpu": one(1)}),
        ("ts,cpu,anomaly\n60,1,0\n", ColumnNames(value="anomaly"), {"": one(0)}),
        (",cpu\n60,1\n", ColumnNames(time="", value="cpu"), {"": one(1)}),
        ("\ufeffts;value\n60;1.5\n", USUAL, {"": one(1.5)}),
        ("ts\tvalue\n60\t1.5\n", USUAL, {"": one(1.5)}),
        ("ts,value,cpu;dc=a;rack=b;server=c\n60,1,2\n", USUAL, {"": one(1)}),
        (
            'Time;{host="a", job="b", mode="c"}\n60;1\n',
            ColumnNames(time="Time", value="*"),
            {'{host="a", job="b", mode="c"}': one(1)},
        ),
        ('ts,"a, b"\n60,1\n', ColumnNames(value="a, b"), {"": one(1)}),
        ('ts,"a, b",c\n60,1,2\n', ColumnNames(value='"a, b", c'), {"a, b": one(1), "c": one(2)}),
        ("ts,value,KPI ID\n60,1,a\n60,2,b\n", ColumnNames(series="kpi id"), {"a": one(1), "b": one(2)}),
        ("ts,cpu,mem,disk\n60,1,2,3\n", ColumnNames(value="cpu, disk,CPU"), {"cpu": one(1), "disk": one(3)}),
        (
            "Time,web1 CPU,web2 CPU,label\n60,1,,0\n120,NaN,2,0\n",
            ColumnNames(time="Time", value="*"),
            {"web1 CPU": one(1), "web2 CPU": one(2, 2 * MINUTE)},
        ),
        (
            "host,ts,cpu,mem\na,60,1,2\nb,60,3,4\n",
            ColumnNames(series="host", value="*"),
            {"a.cpu": one(1), "a.mem": one(2), "b.cpu": one(3), "b.mem": one(4)},
        ),
        (
            "Data,Label\n5,0\n,0\n7,1\n",
            ColumnNames(value="Data", every=60),
            {"": [*every(5), (LATER, 7.0)]},
        ),
        ("a,b\n1,2\n,\n3,4\n", ColumnNames(value="a", every=60), {"": [*every(1), (LATER, 3.0)]}),
        ("a\tb\n1\t2\n\t\n\n3\t4\n", ColumnNames(value="b", every=60), {"": [*every(2), (LATER, 4.0)]}),
        ('"a, b";"c, d"\n1;2\n', ColumnNames(value="*", every=60), {"a, b": every(1), "c, d": every(2)}),
        ("ts,value," + ",".join(f"column {n}" for n in range(12_000)) + "\n60,1\n", USUAL, {"": one(1)}),
        ("ts,,value\n60,5,7\n", ColumnNames(value=""), {"": one(5)}),
        (
            "series,value\na,5\nb,7\na,6\n",
            ColumnNames(every=0.5),
            {"a": every(5, 6, step=500), "b": every(7)},
        ),
    ],
)
def test_both_read_the_same(tmp_path: Path, text: str, names: ColumnNames, found: Points) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert without("x", ".", scored(path, names)) == found
    assert without("x.csv", ":", trained(path, names)) == found


@pytest.mark.parametrize(
    ("text", "names", "message"),
    [
        (
            "when,value\n60,1\n",
            USUAL,
            "no column 'ts' or 'timestamp', only: 'when', 'value'; say .*time.COLUMN.*every.SECONDS",
        ),
        (
            "ts,cpu\n60,1\n",
            USUAL,
            "no column 'value', only: 'ts', 'cpu'; say which one it is: .*value.COLUMN",
        ),
        ("ts,cpu\n60,1\n", ColumnNames(value="cpu,mem"), "no column 'mem'"),
        ("sep=;\nts;value\n60;1\n", USUAL, "begins with sep=;, which is for Excel alone: remove that"),
        ("ts,value\n60,1\n", ColumnNames(series="host"), "no column 'host'"),
        ("ts,series\n60,a\n", ColumnNames(value="*"), "no column of values, only: 'ts', 'series'"),
        (
            "ts,cpu,cpu\n60,1,2\n",
            ColumnNames(value="*"),
            "column 'cpu' .* or is there twice",
        ),
        ("ts,value\n60,1\n", ColumnNames(time="value"), "column 'value' would be two things"),
        ("ts value\n60 1\n", USUAL, "only: 'ts value'; say .*; cells are separated by commas, semicolons or"),
        ("a tool wrote this\nts,value\n60,1\n", USUAL, "nothing may stand above the header"),
        ("ts,value,value\n60,1,2\n", USUAL, "two columns 'value': give one another name"),
        ("ts,a,b,a\n60,1,2,3\n", ColumnNames(value="a"), "two columns 'a': give one another name"),
        ("0.5,0.5,1\n0.6,0.5,1\n", ColumnNames(value="*", every=60), "begins with a row, '0.5,0.5,1': put"),
        ("12\n13\n", ColumnNames(value="*", every=60), "begins with a row, '12': put the names"),
        ("a;b\n1;2\n", ColumnNames(value="3", every=60, header=False), "no column '3', only: '1', '2'"),
        ("0,1\n1700000000,5\n", USUAL, "only: '0', '1'; say which one it is"),
        ("1700000000,5\n1700000060,6\n", USUAL, "begins with a row, '1700000000,5': put the names .* above"),
        (
            "2026-01-31 12:00:00;5\n",
            ColumnNames(value="cpu"),
            "begins with a row, .*ts,value, or say .*--no-header",
        ),
        ("ts," + ",".join(f"c{n}" for n in range(999)) + "\n60\n", USUAL, r"'c1', .* \.\.\.; say"),
    ],
)
def test_what_is_missing_is_said_with_the_cure(
    tmp_path: Path, text: str, names: ColumnNames, message: str
) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        scored(tmp_path / "x.csv", names)
    with pytest.raises(InputError, match=message):
        load_csv(tmp_path, names)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e-6, 6e10])
def test_rows_are_some_seconds_apart(seconds: float) -> None:
    with pytest.raises(ConfigError, match=r"every: needed are seconds, 0\.001 to 40,000,000; not"):
        ColumnNames(every=seconds)


def test_a_time_and_none_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="time and every: give one"):
        ColumnNames(time="Time", every=60)


def test_a_row_that_cannot_be_used_takes_its_time_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"value\n5\n6,6\n\xff\n8\n")
    assert scored(tmp_path / "x.csv", ColumnNames(every=60)) == {
        "x": [(START_MS, 5.0), (START_MS + 3 * MINUTE, 8.0)]
    }


def test_columns_of_json_lines_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"series":"a","ts":1,"value":1}\n')
    with pytest.raises(InputError, match="holds JSON lines; --time, "):
        FileSource(str(tmp_path / "x.jsonl"), columns=ColumnNames(value="v")).open()


def test_a_wide_row_is_a_poll_where_a_poll_holds_no_more(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("ts,a,b,c\n" + "60,1,2,3\n120,4,5,6\n" * 2)
    source = FileSource(str(path), max_records=4, columns=ColumnNames(value="*"))
    source.start(Listener())
    polls = []
    while not source.exhausted:
        polls += [len(records) for records in source.poll(0.1).values()]
    assert polls == [3, 3, 3, 3]


def test_a_wide_table_without_a_value_is_no_file_without_rows(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,a,b\n60,,\n")
    assert scored(tmp_path / "x.csv", ColumnNames(value="*")) == {}


def test_series_of_a_wide_table_are_named_after_file_and_column_and_are_a_group(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,cpu,mem\n60,1,2\n")
    names = ColumnNames(value="*")
    assert set(scored(tmp_path / "x.csv", names)) == {"x.cpu", "x.mem"}
    assert {(series.name, series.group) for series in load_csv(tmp_path, names)} == {
        ("x.csv:cpu", "x.csv"),
        ("x.csv:mem", "x.csv"),
    }
