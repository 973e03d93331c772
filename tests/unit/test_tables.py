"""Tables as people have them: headers in any letters, decimal commas, columns that nobody reads."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.errors import InputError
from spear_stream.transport.csv_rows import CsvRows
from spear_stream.transport.files import FileSource
from trainer.datasets.csv import load_csv
from trainer.datasets.series import unlabelled
from trainer.label_files import Labelled
from trainer.label_picture import drawn


def written(folder: Path, text: str) -> Path:
    (folder / "x.csv").write_text(text)
    return folder


def test_headers_are_read_in_letters_of_any_size(tmp_path: Path) -> None:
    (one,) = load_csv(written(tmp_path, "Timestamp, Value,Label,Series\n60,1.5,0,a\n120,2.5,1,a\n"))
    assert (one.name, one.value.tolist(), one.label.tolist()) == ("x.csv:a", [1.5, 2.5], [False, True])


def test_parquet_too(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet is an extra")
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    from trainer.datasets.parquet import load_parquet  # noqa: PLC0415 - as above

    parquet.write_table(pa.table({"TS": [60, 120], "Value": [1.0, 2.0]}), tmp_path / "x.parquet")
    assert load_parquet(tmp_path)[0].value.tolist() == [1.0, 2.0]


def test_a_decimal_comma_makes_no_other_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.csv, line 2: more cells than columns; write numbers"):
        load_csv(written(tmp_path, "ts,label,value\n60,0,11,58\n"))


@pytest.mark.parametrize(("cell", "value"), [(".5", b"0.5"), ("+5", b"5.0"), ("5.", b"5.0"), ("007", b"7.0")])
def test_numbers_as_data_bases_write_them_are_numbers(cell: str, value: bytes) -> None:
    (record,) = CsvRows(b"ts,value", "x.csv", USUAL).records(b"60," + cell.encode())
    assert record.value == b'{"series":"x","ts":60,"value":%s}' % value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"1,5", b"1.5"),
        (b"-12", b"-12"),
        (b'"0,25"', b"0.25"),
        (b"1e3", b"1e3"),
        (b"1.234", b'"1.234"'),
        (b"1.234,5", b'"1.234,5"'),
        (b"1,2,3", b'"1,2,3"'),
        (b"off", b'"off"'),
    ],
)
def test_a_decimal_comma_that_is_asked_for_is_one_and_a_point_is_not(cell: bytes, value: bytes) -> None:
    (record,) = CsvRows(b"ts;value", "x.csv", ColumnNames(decimal=",")).records(b"60;" + cell)
    assert record.value == b'{"series":"x","ts":60,"value":%s}' % value


@pytest.mark.parametrize(
    ("header", "merged"),
    [("ts,value", []), ("host,ts,metric,value,label", ["host", "metric"]), ("ts,value,series,host", [])],
)
def test_columns_that_may_tell_series_apart_and_are_not_read_are_known(
    tmp_path: Path, header: str, merged: list[str]
) -> None:
    written(tmp_path, f"{header}\n60,1,1,1,0\n")
    source = FileSource(str(tmp_path / "x.csv"))
    source.open()
    assert source.merged == merged


def test_a_picture_has_room_for_series_without_marks_of_some_kind() -> None:
    values = np.sin(np.arange(200.0))
    kinds = np.zeros((200, 2), np.bool_)
    kinds[50, 0] = True
    series = [Labelled(unlabelled(name, np.arange(200), values), kinds, kinds[:, 0]) for name in "abc"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of a layout that collapsed
        assert drawn(series, ("spike", "trend"), Path("x.png"))
