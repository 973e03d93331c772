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
        ("ts,label,value", "of a date and a time of the day in two columns: --time DATE,TIME"),
    ],
)
def test_points_of_one_time_ask_for_a_column(
    header: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(at // 3, f"0,{at % 7}") for at in range(120)]
    assert told in said(tmp_path, f"{header}\n" + "".join(rows), monkeypatch)


BY_SERIES = [(name, START + at * 60_000) for name in "abc" for at in range(300)]
BY_TIME = sorted(BY_SERIES, key=lambda row: row[1])
WRONG_CLOCK = [("a", ts + 10**10 * (at == 50)) for at, (_, ts) in enumerate(BY_TIME[::3])]
ONE_AFTER_THE_OTHER = [(name, ts + 10**8 * "abc".index(name)) for name, ts in BY_SERIES]


@pytest.mark.parametrize(
    ("rows", "silent", "told"),
    [
        (BY_SERIES, "3600", True),
        (BY_SERIES, "none", False),
        (BY_TIME, "3600", False),
        (WRONG_CLOCK, "3600", False),
        (ONE_AFTER_THE_OTHER, "3600", False),
    ],
)
def test_rows_that_come_series_after_series_are_told(
    rows: list[tuple[str, int]], silent: str, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read without a point refused, and silence is told by what others say."""
    lines = "".join(f"{name},{ts},{ts // 60_000 % 7}\n" for name, ts in rows)
    found = said(tmp_path, f"series,ts,value\n{lines}", monkeypatch, flags={"alerts.silent_seconds": silent})
    assert f"{len(rows)} points of" in found
    assert ("sort those of all series by time together" in found) == told


@pytest.mark.parametrize(("start", "told"), [(0, True), (START, False)])
def test_times_that_cannot_be_of_metrics_are_told(
    start: int, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = said(tmp_path, "ts,value\n" + "".join(f"{start + at},1\n" for at in range(1, 41)), monkeypatch)
    assert ("all times lie before 2000" in found) == told
    assert ("only counted? --every SECONDS; days such as 20260131? --time-format %Y%m%d" in found) == told


def test_dates_are_read_when_their_format_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{1 + at // 24:02}.02.2026 {at % 24:02}:00,{at % 7}" for at in range(200)]
    content = "\n".join(["ts,value", *rows])
    refused = said(tmp_path, content, monkeypatch)
    assert "times that are written so are read with --time-format '%d.%m.%Y %H:%M'\n" in refused
    read = said(tmp_path, content, monkeypatch, ColumnNames(time_format="%d.%m.%Y %H:%M"))
    assert "200 points of 1 series" in read
    assert "not used" not in read


def test_a_time_that_is_written_otherwise_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{1 + at // 24:02}.02.2026 {at % 24:02}:00,{at % 7}\n" for at in range(60)]
    rows[5] = "02/13/2026 05:00,5\n"
    names = ColumnNames(time_format="%d.%m.%Y %H:%M")
    found = said(tmp_path, "ts,value\n" + "".join(rows), monkeypatch, names)
    assert "1 ts_invalid; the first: line 7, column ts: time is the text '02/13/2026 05:00', which" in found
    assert "which is not written as '%d.%m.%Y %H:%M'" in found
    assert "are read with --time-format '%m/%d/%Y %H:%M'\n" in found


def test_of_days_and_months_that_may_be_either_both_are_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = said(tmp_path, "ts,value\n" + "10/09/2025,1\n" * 40, monkeypatch)
    assert "--time-format '%m/%d/%Y', or else --time-format '%d/%m/%Y'\n" in found


def test_lines_of_json_are_told_of_no_option_that_tables_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = '{"series": "a", "ts": "01.02.2026", "value": 1}\n' * 40
    assert "--time-format" not in said(tmp_path, lines, monkeypatch, name="a.jsonl")


@pytest.mark.parametrize("cell", ["10.0%", "10.04 GiB", "12 ms"])
def test_values_with_units_are_told(cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"{START + 60_000 * at},{cell}\n" for at in range(40))
    assert "take the units out of the values" in said(tmp_path, f"ts,value\n{rows}", monkeypatch)
