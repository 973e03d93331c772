"""Rows of tables to series: what a missing value leaves out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from spear_stream.core.column_names import USUAL
from spear_stream.core.columns import find_columns
from spear_stream.core.errors import InputError
from trainer.datasets import KINDS, load, load_history
from trainer.datasets.rows import OPTION, Rows, to_millis
from trainer.datasets.series import LabelledSeries, unlabelled


def test_a_label_beside_no_value_may_be_missing_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,value,label\n1,1,0\n2,,\n3,nan,\n4,4,1\n")
    parquet.write_table(
        pa.table({"ts": [1, 2], "value": [1.0, None], "label": [True, None]}), tmp_path / "b.parquet"
    )
    (from_csv,), (from_parquet,) = load(f"csv:{tmp_path}"), load(f"parquet:{tmp_path}")
    assert (from_csv.ts.tolist(), from_csv.label.tolist()) == ([1000, 4000], [False, True])
    assert from_parquet.label.tolist() == [True]


def test_a_label_beside_a_value_may_not() -> None:
    rows = Rows(find_columns(("ts", "value", "label"), USUAL, "a.csv", OPTION))
    with pytest.raises(InputError, match="line 2, column label: '' is no label"):
        rows.append(("1", "1", ""), "a.csv, line 2")


def test_series_without_a_value_are_left_out_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "b"):
        lines = (f"01,1,0,good-{name}", f"01,,,bad-{name}", f"02,2,1,good-{name}", "01,nan,0,worse")
        rows = "".join(f"2026-01-{line}\n" for line in lines)
        (tmp_path / f"{name}.csv").write_text("ts,value,label,series\n" + rows)
    assert [series.name for series in load(f"csv:{tmp_path}")] == ["a.csv:good-a", "b.csv:good-b"]
    (warning,) = caplog.messages
    assert warning == f"csv:{tmp_path}: 4 series without a value, such as a.csv:bad-a, are left out"


def test_data_without_any_value_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(place: str, options: object) -> list[LabelledSeries]:
        rows = Rows(find_columns(("ts", "value"), USUAL, "a", OPTION))
        rows.append((1, None), "row 1")
        return list(rows.series("a"))

    kind = replace(KINDS["csv"], load=empty)
    monkeypatch.setitem(KINDS, "csv", kind)  # type: ignore[misc]
    with pytest.raises(InputError, match=f"data 'csv:{tmp_path}': no series has a value"):
        load_history(f"csv:{tmp_path}")


@pytest.mark.parametrize("time", ["1e26", "-1", "1e300", "999999999999999999999"])
def test_a_time_that_no_calendar_has_is_refused_with_its_place(time: str) -> None:
    with pytest.raises(InputError, match=f"^here: time '{time}' is not within 1970 to 9999$"):
        to_millis(time, "here")


def test_a_value_that_is_no_number_would_blind_a_detector(tmp_path: Path) -> None:
    values = np.array([1.0, np.nan])
    with pytest.raises(InputError, match="series x: the value of point 2 is no finite number"):
        unlabelled("x", np.arange(2), values)
