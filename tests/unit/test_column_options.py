"""Columns by name in `--data csv:PLACE?value=COLUMN`, and what is said where a name is missing."""

from pathlib import Path

import pytest

from spear_stream.core.columns import START_MS
from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets import load, load_history

DAY_MS = 86_400_000


def test_every_column_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("When,v+,is_anomaly,Host,Rack\n60,1,0,a,r\n120,2,1,a,r\n")
    (series,) = load(f"csv:{tmp_path}?time=when&value=v+&label=is_anomaly&series=Host&group=Rack")
    assert (series.name, series.group, series.label.tolist()) == ("x.csv:a", "r", [False, True])


def test_a_place_may_be_one_file_without_times(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Data,Label\n5,0\n6,1\n")
    (series,) = load(f"csv:{tmp_path}/x.csv?value=Data&every=60")
    assert (series.name, series.ts.tolist()) == ("x.csv", [START_MS, START_MS + 60_000])


def test_labels_that_are_not_found_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_text("ts,v,is_anomaly\n60,1,0\n")
    with pytest.raises(
        InputError, match=r"say which column has them, &label=COLUMN, or .* 'csv:.*a b.csv\?value=v' --out"
    ):
        load(f"csv:{path}?value=v")
    path.write_text("ts,value,is_anomaly\n60,1,0\n")
    with pytest.raises(InputError, match=r"say which column has them, \?label=COLUMN, or"):
        load(f"csv:{path}")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "lable=x",
            "no option 'lable', only time, time_format, every, value, label, anomaly, series, group, header",
        ),
        ("header=0", "header=0: needed is yes or no"),
        ("value=a&value=b", "an option stands there twice; several values: value=A,B"),
        ("every=1m", "every=1m: needed are seconds, such as every=60"),
        ("decimal=comma", "decimal: needed is . or , as the decimal mark; not 'comma'"),
        ("every=60?value=a", "every=60.value=a: needed are seconds"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, query: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_history(f"csv:{tmp_path}?{query}")


def test_series_of_one_file_in_turn_ask_for_their_column(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,value,KPI ID\n60,1,a\n120,1,a\n60,1,b\n")
    with pytest.raises(InputError, match=r"line 4, .* sort the file .* option series=COLUMN, of 'KPI ID'"):
        load_history(f"csv:{tmp_path}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ts;value\n60;1,5\n", "'1,5' is no finite number; the decimal mark is '.', .* option decimal=MARK"),
        (
            "ts,cpu,host\n60,1,web\n",
            r"'web' is no finite number; name the columns .* option value=A,B",
        ),
        ("ts,cpu,host\n60,1,web1.a.com\n", r"'web1.a.com' is no finite number; name the columns"),
    ],
)
def test_cells_that_are_no_numbers_say_the_cure(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        load_history(f"csv:{tmp_path}" + ("?value=*" if "cpu" in text else ""))


def test_values_may_have_a_decimal_comma(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('ts;value\n60;1,5\n120;-2\n180;\n240;"3,25e1"\n')
    (series,) = load_history(f"csv:{tmp_path}?decimal=,")
    assert series.value.tolist() == [1.5, -2.0, 32.5]
    (tmp_path / "x.csv").write_text("ts;value\n60;1.234\n")
    with pytest.raises(InputError, match=r"'1.234' is no .* the decimal mark is ',', .* option decimal=MARK"):
        load_history(f"csv:{tmp_path}?decimal=,")
    with pytest.raises(ConfigError, match="parquet has no option 'decimal'"):
        load_history(f"parquet:{tmp_path}?decimal=,")


def test_lines_are_counted_behind_a_header_of_two(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('ts,value,"a\nb"\n60,1,2\n120,x,2\n')
    with pytest.raises(InputError, match=r"x\.csv, line 4, column value: 'x'"):
        load_history(f"csv:{tmp_path}")


def test_text_of_another_encoding_is_to_be_converted(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("ts,value,größe\n60,1,2\n".encode("cp1252"))
    with pytest.raises(InputError, match="no text in UTF-8: convert it"):
        load_history(f"csv:{tmp_path}")


def test_parquet_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is an extra")
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    table = pa.table([pa.array([60]), pa.array([1.0]), pa.array([2.0])], names=["ts", "value", "value"])
    parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(InputError, match="two columns 'value': give one another name"):
        load_history(f"parquet:{tmp_path}")


def test_parquet_reads_the_columns_that_are_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is an extra")
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    table = pa.table({"note": ["a", "b"], "Day": ["2026-01-01", "2026-01-02"], " CPU ": [1.0, 2.0]})
    parquet.write_table(table, tmp_path / "x.parquet")
    asked: list[list[str]] = []
    whole = parquet.ParquetFile.iter_batches

    def seen(file: object, columns: list[str]) -> object:
        asked.append(columns)
        return whole(file, columns=columns)

    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", seen)
    (series,) = load_history(f"parquet:{tmp_path}?time=day&value=cpu")
    assert series.value.tolist() == [1.0, 2.0]
    assert series.ts[1] - series.ts[0] == DAY_MS
    assert asked == [["Day", " CPU "]]


def test_labels_may_be_words(tmp_path: Path) -> None:
    rows = "".join(f"{word},{at}\n" for at, word in enumerate(("Normal", "Attack", "A ttack", "")))
    (tmp_path / "a.csv").write_text(f"label,value\n{rows}")
    (series,) = load(f"csv:{tmp_path}?every=60&anomaly=Attack, A ttack")
    assert series.label.tolist() == [False, True, True, False]
    with pytest.raises(InputError, match=r"'Normal' is no label; expected 0, 1, .* option anomaly=A,B"):
        load(f"csv:{tmp_path}?every=60")


@pytest.mark.parametrize("missing", ["", "NaN", "-", "?", "NA", "n/a", "None"])
def test_what_marks_a_missing_value_leaves_a_gap(missing: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"value,label\n1,0\n{missing},0\n3,1\n")
    (series,) = load(f"csv:{tmp_path}?every=60")
    assert series.value.tolist() == [1.0, 3.0]


def test_what_may_be_meant_otherwise_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("ts,value,label\n20260131,1,0\n20260201,2,1\n")
    load(f"csv:{tmp_path}")
    (told,) = caplog.messages
    assert told.startswith(f"{tmp_path / 'a.csv'}: all times lie before 2000")
    assert told.endswith("option every=SECONDS; days such as 20260131? option time_format=%Y%m%d")


def test_parquet_tells_it_as_well(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is an extra")
    table = pytest.importorskip("pyarrow").table({"ts": [20260131, 20260201], "value": [1, 2]})
    parquet.write_table(table, tmp_path / "x.parquet")
    load_history(f"parquet:{tmp_path}")
    assert "all times lie before 2000" in caplog.text
    caplog.clear()
    load_history(f"parquet:{tmp_path}?time_format=%Y%m%d")
    assert not caplog.text


def test_a_column_that_may_tell_series_apart_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text("host,value,label\nx,1,0\ny,2,1\n")
    load(f"csv:{tmp_path}?every=60")
    assert "not read: host; does one tell series apart? option series=COLUMN" in caplog.text


def test_a_folder_of_text_files_is_read_where_there_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1\n2\n")
    (series,) = load_history(f"csv:{tmp_path}?every=60&header=no")
    assert (series.name, series.value.tolist()) == ("a.txt", [1.0, 2.0])
    (tmp_path / "a.txt").write_text("1\nx\n")
    with pytest.raises(InputError, match=r"a.txt, line 2, column 1: 'x' is no finite number"):
        load_history(f"csv:{tmp_path}?every=60&header=no")
    (tmp_path / "b.csv").write_text("value\n3\n")
    (series,) = load_history(f"csv:{tmp_path}?every=60")
    assert series.name == "b.csv"


def test_clocks_that_were_set_back_are_thought_of(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,value\n2026-10-25T02:59,1\n2026-10-25T02:00,2\n")
    with pytest.raises(
        InputError, match=r"sort the file by time \(or were clocks set back\? .* every=SECONDS"
    ):
        load_history(f"csv:{tmp_path}")
