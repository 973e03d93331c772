"""Tables as other tools write them: columns of other names, a column per series, rows without times.

The daemon's score-file and the trainer read them by one rule, so every table here is read by both.
"""

from pathlib import Path

import pytest
from unit.test_files import Listener, read_all

from spear_stream.core.columns import START_MS, USUAL, ColumnNames
from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.records import TopicPartition
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.files import FileSource
from trainer.datasets import load, load_history
from trainer.datasets.csv import load_csv

Points = dict[str, list[tuple[int, float]]]
MINUTE = 60_000


def scored(path: Path, names: ColumnNames) -> Points:
    source = FileSource(str(path), columns=names)
    source.start(Listener())
    samples = make_decoder("json").decode(TopicPartition(path.name, 0), read_all(source)).samples
    found: Points = {}
    for series, ts, value in zip(samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True):
        found.setdefault(series, []).append((ts, value))
    return found


def trained(folder: Path, names: ColumnNames) -> Points:
    corpus = load_csv(folder, names)
    return {one.name: list(zip(one.ts.tolist(), one.value.tolist(), strict=True)) for one in corpus}


def without(file: str, points: Points) -> Points:
    """By the part of the name that the table tells; none of a file that is one series."""
    return {name.removeprefix(file).lstrip(".:"): found for name, found in points.items()}


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("Time,CPU\n60,1\n", ColumnNames(time="time", value="cpu"), {"": [(60_000, 1.0)]}),
        ("ts;value\n60;1.5\n", USUAL, {"": [(60_000, 1.5)]}),
        ("ts\tvalue\n60\t1.5\n", USUAL, {"": [(60_000, 1.5)]}),
        ("ts;a, b;c\n60;1;2\n", ColumnNames(value='"a, b"'), {"": [(60_000, 1.0)]}),
        (
            "ts,value,KPI ID\n60,1,a\n60,2,b\n",
            ColumnNames(series="kpi id"),
            {"a": [(60_000, 1.0)], "b": [(60_000, 2.0)]},
        ),
        (
            "ts,cpu,mem,disk\n60,1,2,3\n",
            ColumnNames(value="cpu, disk"),
            {"cpu": [(60_000, 1.0)], "disk": [(60_000, 3.0)]},
        ),
        (
            "Time,web1 CPU,web2 CPU,label\n60,1,,0\n120,,2,0\n",
            ColumnNames(time="Time", value="*"),
            {"web1 CPU": [(60_000, 1.0)], "web2 CPU": [(120_000, 2.0)]},
        ),
        (
            "host,ts,cpu,mem\na,60,1,2\nb,60,3,4\n",
            ColumnNames(series="host", value="*"),
            {
                "a.cpu": [(60_000, 1.0)],
                "a.mem": [(60_000, 2.0)],
                "b.cpu": [(60_000, 3.0)],
                "b.mem": [(60_000, 4.0)],
            },
        ),
        (
            "Data,Label\n5,0\n6,1\n",
            ColumnNames(value="Data", every=60),
            {"": [(START_MS, 5.0), (START_MS + MINUTE, 6.0)]},
        ),
        (
            "series,value\na,5\nb,7\na,6\n",
            ColumnNames(every=0.5),
            {"a": [(START_MS, 5.0), (START_MS + 500, 6.0)], "b": [(START_MS, 7.0)]},
        ),
    ],
)
def test_both_read_the_same(tmp_path: Path, text: str, names: ColumnNames, found: Points) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert without("x", scored(tmp_path / "x.csv", names)) == found
    assert without("x.csv", trained(tmp_path, names)) == found


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
        ("ts,value\n60,1\n", ColumnNames(series="host"), "no column 'host'"),
        ("ts,series\n60,a\n", ColumnNames(value="*"), "no column of values, only: 'ts', 'series'"),
        ("ts value\n60 1\n", USUAL, "only: 'ts value'"),
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


@pytest.mark.parametrize("every", [0, -1, float("nan"), float("inf"), 1e-6])
def test_rows_are_some_time_apart(every: float) -> None:
    with pytest.raises(ConfigError, match=r"every: .* is no number of seconds"):
        ColumnNames(every=every)


def test_a_time_and_none_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="time and every: give one"):
        ColumnNames(time="Time", every=60)


def test_columns_of_json_lines_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"series":"a","ts":1,"value":1}\n')
    with pytest.raises(InputError, match="holds JSON lines; --time, "):
        FileSource(str(tmp_path / "x.jsonl"), columns=ColumnNames(value="v")).open()


def test_a_column_of_labels_is_named_in_the_place(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,v+,is_anomaly\n60,1,0\n120,2,1\n")
    (series,) = load(f"csv:{tmp_path}?value=v+&label=is_anomaly")
    assert series.label.tolist() == [False, True]
    with pytest.raises(InputError, match=r"no labels; say which column has them, \?label=COLUMN, or make"):
        load(f"csv:{tmp_path}?value=v+")
    with pytest.raises(ConfigError, match="csv has no option 'lable', only time, every, value, label"):
        load_history(f"csv:{tmp_path}?lable=is_anomaly")


def test_series_of_a_wide_table_are_named_after_file_and_column_and_are_a_group(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,cpu,mem\n60,1,2\n")
    names = ColumnNames(value="*")
    assert set(scored(tmp_path / "x.csv", names)) == {"x.cpu", "x.mem"}
    assert {(one.name, one.group) for one in load_csv(tmp_path, names)} == {
        ("x.csv:cpu", "x.csv"),
        ("x.csv:mem", "x.csv"),
    }


def test_parquet_reads_named_columns_only(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is an extra")
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    table = pa.table({"Day": ["2026-01-01", "2026-01-02"], "CPU": [1.0, 2.0], "note": ["a", "b"]})
    parquet.write_table(table, tmp_path / "x.parquet")
    (series,) = load_history(f"parquet:{tmp_path}?time=day&value=cpu")
    assert series.value.tolist() == [1.0, 2.0]
    assert series.ts[1] - series.ts[0] == 24 * 60 * MINUTE
