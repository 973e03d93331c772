"""What score-file says of records that it could not use, and of what it wonders at."""

from pathlib import Path

import pytest
from scored import row, said
from streams import START

from spear_stream.core.column_names import ColumnNames


def test_every_reason_has_an_example_and_markup_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(at, f"{at % 7},[/b]") for at in range(40)]
    rows[3:5] = ["never,1,1\n", row(0, "1,1")]
    told = said(tmp_path, "ts,cpu,state\n" + "".join(rows), monkeypatch, ColumnNames(value="*")).splitlines()
    (first,) = [line for line in told if "; the first: " in line]
    assert "; the first: line 2, column state: value is the text '[/b]', needed: a number" in first
    assert any(line.startswith("the first ts_invalid: line 5, column ts: ") for line in told)
    assert any(line.startswith("the first late: line 6, series 'a.") for line in told)
    assert told[-1] == "if a column holds no numbers, name those that do: --value COLUMN,..."


@pytest.mark.parametrize(
    ("cell", "decimal", "told"),
    [
        ("1,5", ".", "is that a number? If so, give --decimal ,"),
        ("1.5", ",", "is that a number? If so, leave out --decimal ,"),
        ("1,118", ".", "give --decimal ,; if it stands between thousands, take it out of the file"),
        ("1.118", ",", "leave out --decimal ,; if it stands between thousands, take it out of the file"),
        ("down", ".", None),
    ],
)
def test_numbers_with_another_decimal_mark_ask_for_it(
    cell: str, decimal: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{START + 60_000 * at};{cell}\n" for at in range(40))
    found = said(tmp_path, f"ts;value\n{rows}", monkeypatch, ColumnNames(decimal=decimal))
    assert (told or "") in found
    assert ("--decimal" in found) == (told is not None)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("ts,host,value", "not read: host; does one tell series apart? --series COLUMN"),
        ("ts,label,value", "most points have the time of the one before: is another column that of times?"),
    ],
)
def test_points_of_one_time_ask_for_a_column(
    header: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(at // 3, f"0,{at % 7}") for at in range(120)]
    assert told in said(tmp_path, f"{header}\n" + "".join(rows), monkeypatch)


@pytest.mark.parametrize(("order", "told"), [("series after series", True), ("time", False)])
def test_rows_that_are_not_in_order_of_time_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, told: bool
) -> None:
    """Both are read without a point refused, and silence is told by what others say."""
    rows = [(name, START + at * 60_000) for name in "ab" for at in range(200)]
    if order == "time":
        rows.sort(key=lambda row: row[1])
    lines = "\n".join(f"{name},{ts},{ts % 7}" for name, ts in rows)
    summed_up = said(tmp_path, f"series,ts,value\n{lines}\n", monkeypatch)
    assert "400 points of 2 series" in summed_up
    assert ("139 points came behind newer ones of other series" in summed_up) == told
    assert ("sorted by time together" in summed_up) == told


def test_dates_are_read_when_their_format_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{1 + at // 24:02}.02.2026 {at % 24:02}:00,{at % 7}" for at in range(200)]
    content = "\n".join(["ts,value", *rows])
    refused = said(tmp_path, content, monkeypatch)
    assert "times that are written so are read with --time-format '%d.%m.%Y %H:%M'\n" in refused
    read = said(tmp_path, content, monkeypatch, ColumnNames(time_format="%d.%m.%Y %H:%M"))
    assert "200 points of 1 series" in read
    assert "not used" not in read
