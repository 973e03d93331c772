"""Loading labelled data: what is read, and what a person is told when it cannot be."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets import load, load_history
from trainer.datasets.series import LabelledSeries, from_labels, probation_points, runs, unlabelled

NAB = Path(__file__).parents[2].parent / "shared" / "data" / "NAB"
MINUTE = 60_000


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1700000000", "1700000060"),
        ("1700000000000", "1700000060000"),
        ("1700000000000000", "1700000060000000"),
        ("1700000000000000000", "1700000060000000000"),
        ("1.7e9", "1700000060.0"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:14:20+00:00"),
        ("2023-11-14 22:13:20", "2023-11-14 22:14:20"),
        ("2023-11-14T23:13:20+01:00", "2023-11-14T23:14:20+01:00"),
    ],
)
@pytest.mark.parametrize("column", ["ts", "timestamp"])
def test_csv_reads_every_form_of_time_as_milliseconds(
    tmp_path: Path, first: str, second: str, column: str
) -> None:
    write(tmp_path, "a.csv", f"{column},value,label\n{first},1.5,0\n{second},2,true\n")
    (series,) = load(f"csv:{tmp_path}")
    assert series.name == "a.csv"
    assert series.ts.tolist() == [1_700_000_000_000, 1_700_000_000_000 + MINUTE]
    assert series.value.tolist() == [1.5, 2.0]
    assert series.label.tolist() == [False, True]
    assert series.windows == ((1, 1),)


def test_csv_separates_the_series_of_one_file(tmp_path: Path) -> None:
    write(tmp_path, "sub/a.csv", "series,ts,value,label\ncpu,1,1,0\nram,1,9,0\ncpu,2,2,1\n")
    cpu, ram = load(f"csv:{tmp_path}")
    assert (cpu.name, cpu.value.tolist()) == ("sub/a.csv:cpu", [1.0, 2.0])
    assert (ram.name, ram.value.tolist()) == ("sub/a.csv:ram", [9.0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ts,label\n1,0\n", ["a.csv, line 1", "no column 'value'", "option value=COLUMN"]),
        ("ts,value,label\n1,2,0\n2,x,0\n", ["a.csv, line 3", "column value", "'x'"]),
        ("ts,value,label\n1,inf,0\n", ["a.csv, line 2", "column value", "finite"]),
        ("ts,value,label\n1,,0\n2,NaN,1\n", ["a.csv", "no line with a value"]),
        ("ts,value,label\n1,2,maybe\n", ["a.csv, line 2", "column label", "'maybe'"]),
        ("timestamp,value,label\nnoon,2,0\n", ["a.csv, line 2", "column timestamp", "'noon'"]),
        ("ts,value,label\n2,2,0\n1,2,0\n", ["a.csv, line 3", "column ts", "sort"]),
        ("ts,value,label\n1,2\n", ["a.csv, line 2", "column label"]),
        ("ts,value,label\n", ["a.csv", "no line"]),
        ("ts,value,label\n1e400,2,0\n", ["a.csv, line 2", "column ts", "'1e400'"]),
        ("", ["a.csv, line 1"]),
    ],
)
def test_csv_names_the_place_of_a_fault(tmp_path: Path, text: str, told: list[str]) -> None:
    write(tmp_path, "a.csv", text)
    with pytest.raises(InputError) as error:
        load(f"csv:{tmp_path}")
    assert all(part in str(error.value) for part in told)


def test_csv_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"ts,value,label\n\xff\xfe,1,0\n")
    with pytest.raises(InputError, match=r"a\.csv"):
        load(f"csv:{tmp_path}")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no .csv or .tsv or .txt or .out file"):
        load(f"csv:{tmp_path}")


def test_a_missing_value_leaves_a_gap(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "ts,value,label\n1,1,0\n2,,1\n3,nan,0\n4,4,1\n")
    (series,) = load(f"csv:{tmp_path}")
    assert (series.ts.tolist(), series.value.tolist()) == ([1000, 4000], [1.0, 4.0])
    assert series.windows == ((1, 1),)


def test_series_without_labels_are_history_but_no_measure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "a.csv", "ts,value\n1,1\n2,2\n")
    (series,) = load_history(f"csv:{tmp_path}")
    assert not series.labelled
    assert not series.windows
    with pytest.raises(InputError, match=r"a\.csv has no labels; .*spear-trainer label --data csv:"):
        load(f"csv:{tmp_path}")
    write(tmp_path, "b.csv", "ts,value,label\n1,1,0\n")
    assert [series.name for series in load(f"csv:{tmp_path}")] == ["b.csv"]
    assert "1 series without labels are left out" in caplog.text


def test_a_group_column_says_what_belongs_together(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "ts,value,label,group\n1,1,0,patient 7\n")
    write(tmp_path, "b.csv", "ts,value,label,series\n1,1,0,cpu\n1,1,0,ram\n")
    assert [series.group for series in load(f"csv:{tmp_path}")] == ["patient 7", "b.csv", "b.csv"]


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    moments = [datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), datetime(2023, 11, 14, 22, 14, 20)]  # noqa: DTZ001
    for name, ts in (("a", [1_700_000_000, 1_700_000_060]), ("b", moments[:1]), ("c", moments[1:])):
        count = len(ts)
        columns = {
            "ts": ts,
            "value": [1.5, None][:count],
            "label": [True, False][:count],
            "extra": ["x"] * count,
        }
        parquet.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    parquet.write_table(pa.table({"timestamp": [5], "value": [2]}), tmp_path / "d.parquet")
    a, b, c, d = load_history(f"parquet:{tmp_path}")
    assert (a.ts.tolist(), a.value.tolist(), a.windows) == ([1_700_000_000_000], [1.5], ((0, 0),))
    assert b.ts[0] == a.ts[0] == c.ts[0] - MINUTE
    assert (d.name, d.labelled, d.value.tolist()) == ("d.parquet", False, [2.0])


def test_parquet_names_the_place_of_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"ts": [1, 2], "value": [1.0, float("inf")]}), path)
    with pytest.raises(InputError, match=r"a\.parquet, row 2, column value"):
        load_history(f"parquet:{tmp_path}")
    path.write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"a\.parquet: cannot be read as Parquet"):
        load_history(f"parquet:{tmp_path}")


@pytest.mark.parametrize("spec", ["xls:x", "csv", "csv:", "", "/data"])
def test_an_unknown_kind_lists_the_known_ones(spec: str) -> None:
    with pytest.raises(ConfigError, match="csv, kafka, mimic, nab, nasa, nasa-train, parquet, skab"):
        load(spec)


@pytest.mark.parametrize(
    ("kind", "cure"), [("csv", "exist$"), ("nab", "fetch nab"), ("mimic", "fetch mimic-demo")]
)
def test_a_missing_folder_is_named(kind: str, cure: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"gone does not .*{cure}"):
        load(f"{kind}:{tmp_path / 'gone'}")


def test_an_option_that_a_kind_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mimic has no option 'item', only items"):
        load_history(f"mimic:{tmp_path}?item=3")


def test_nab_layout_is_read(tmp_path: Path) -> None:
    rows = "".join(f"2014-04-01 00:{minute:02}:00,{minute}\n" for minute in range(10))
    write(tmp_path, "data/real/a.csv", f"timestamp,value\n{rows}")
    limits = [["2014-04-01 00:07:00.000000", "2014-04-01 00:08:00.000000"], ["2014-04-01 00:03:00"] * 2]
    write(tmp_path, "labels/combined_windows.json", json.dumps({"real/a.csv": limits}))
    write(tmp_path, "labels/combined_labels.json", json.dumps({"real/a.csv": ["2014-04-01 00:03:00"]}))
    (series,) = load(f"nab:{tmp_path}")
    assert series.name == "real/a.csv"
    assert np.diff(series.ts).tolist() == [MINUTE] * 9
    assert series.windows == ((3, 3), (7, 8))
    assert series.moments == (3,)
    assert np.flatnonzero(series.label).tolist() == [3, 7, 8]
    assert series.probation == 1


def test_nab_window_outside_the_data_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "data/a.csv", "timestamp,value\n2014-04-01 00:00:00,1\n")
    limits = [["2015-01-01 00:00:00", "2015-01-02 00:00:00"]]
    write(tmp_path, "labels/combined_windows.json", json.dumps({"a.csv": limits}))
    with pytest.raises(InputError, match=r"a\.csv"):
        load(f"nab:{tmp_path}")


@pytest.mark.nab
@pytest.mark.skipif(not NAB.is_dir(), reason=f"{NAB} is missing")
def test_the_whole_of_nab_is_read() -> None:
    corpus = load(f"nab:{NAB}")
    assert len(corpus) == 58
    assert sum(len(series) for series in corpus) == 365_558
    assert sum(len(series.windows) for series in corpus) == 116
    assert all(series.scored_windows == series.windows for series in corpus)
    assert sum(len(series.moments) for series in corpus) == 120


@pytest.mark.parametrize(("points", "probation"), [(0, 0), (10, 1), (4032, 604), (5000, 750), (22_695, 750)])
def test_probation_is_fifteen_percent_and_at_most_750(points: int, probation: int) -> None:
    assert probation_points(points) == probation


def test_runs_reach_both_ends() -> None:
    assert runs(np.array([True, False, True, True])) == ((0, 0), (2, 3))
    assert runs(np.zeros(3, dtype=bool)) == ()


def test_a_window_is_cut_where_the_probation_ends() -> None:
    ts, value = np.arange(10), np.zeros(10)
    label = np.array([1, 0, 0, 1, 1, 0, 0, 1, 0, 0], dtype=bool)
    series = LabelledSeries("a", ts, value, label, 4, runs(label))
    assert series.scored_windows == ((4, 4), (7, 7))


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="series a"):
        from_labels("a", np.arange(3), np.zeros(2), np.zeros(3, dtype=bool))


@pytest.mark.parametrize("windows", [((5, 4),), ((0, 5), (5, 6)), ((8, 10),), ((-1, 2),)])
def test_windows_that_make_no_sense_are_refused(windows: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(InputError, match="window"):
        LabelledSeries("a", np.arange(10), np.zeros(10), np.zeros(10, dtype=bool), 0, windows)


def test_the_fingerprints_depend_on_values_alone() -> None:
    label = np.zeros(3, dtype=bool)
    one = from_labels("one", np.arange(3), np.array([1.0, 2.0, 3.0]), label)
    same = from_labels("two", np.arange(3) + 5, np.array([1.0, 2.0, 3.0]), label)
    other = from_labels("one", np.arange(3), np.array([1.0, 2.0, 4.0]), label)
    assert one.fingerprints == same.fingerprints != other.fingerprints


def test_a_series_that_has_grown_is_known_again_and_one_that_never_changes_is_nobodys() -> None:
    value = np.random.default_rng(0).normal(size=300)
    whole, part = (unlabelled("a", np.arange(n), value[:n]) for n in (300, 200))
    assert whole.fingerprints & part.fingerprints
    assert not whole.fingerprints & unlabelled("a", np.arange(200), value[100:]).fingerprints
    assert not unlabelled("still", np.arange(300), np.zeros(300)).fingerprints
    for common in (np.r_[np.zeros(100), 1.0], 0.1 * np.arange(101), np.arange(101.0) % 24):
        assert len(unlabelled("common", np.arange(101), common).fingerprints) == 1, "many begin like that"
