"""Labels in a file of their own: `--data csv:PLACE?ranges=FILE`."""

import re
from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets import load, load_history

DAY = "2026-11-03 04:00", "2026-11-03 04:10", "2026-11-03 04:20", "2026-11-03 04:30"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of two tables, one below a folder, with times and a column per series."""
    rows = "".join(f"{time},{number},{-number}\n" for number, time in enumerate(DAY))
    (tmp_path / "deep").mkdir()
    for name in ("a.csv", "deep/b.csv"):
        (tmp_path / name).write_text("ts,cpu,mem\n" + rows)
    return tmp_path


def labels(folder: Path, ranges: str, options: str = "&value=*") -> dict[str, str]:
    """By series, a digit a point; the file of ranges lies among the tables."""
    path = folder / "incidents.csv"
    path.write_text(ranges)
    corpus = load(f"csv:{folder}?ranges={path}{options}")
    return {series.name: "".join(str(int(label)) for label in series.label) for series in corpus}


def test_a_range_without_a_series_is_one_of_all(folder: Path) -> None:
    found = labels(folder, "start,end\n2026-11-03 04:10,2026-11-03 04:20\n")
    assert found == dict.fromkeys(("a.csv:cpu", "a.csv:mem", "deep/b.csv:cpu", "deep/b.csv:mem"), "0110")


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("a.csv", {"a.csv:cpu", "a.csv:mem"}),
        ("deep/b", {"deep/b.csv:cpu", "deep/b.csv:mem"}),
        ("cpu", {"a.csv:cpu", "deep/b.csv:cpu"}),
        ("deep/b.csv:mem", {"deep/b.csv:mem"}),
    ],
)
def test_a_series_goes_by_its_name_its_file_or_its_column(folder: Path, named: str, meant: set[str]) -> None:
    found = labels(folder, f"series,start,end\n{named}, 2026-11-03T04:20Z, 2026-11-03T04:25Z\n")
    assert found == {name: "0010" if name in meant else "0000" for name in found}
    assert len(found) == 4


def test_ranges_replace_the_column_of_labels_and_may_overlap(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,value,label\n60,1,1\n120,2,0\n180,3,0\n240,4,0\n")
    found = labels(tmp_path, '"Start";"End"\n120;180\n180;180\n', options="")
    assert found == {"x.csv": "0110"}


def test_without_times_ends_are_numbers_of_rows(tmp_path: Path) -> None:
    """Also of rows without a value, which are no points."""
    (tmp_path / "x.txt").write_text("5\nnan\n6\n7\n8\n")
    found = labels(tmp_path, "start,end,series\n1,3,x\n", options="&header=no&every=60")
    assert found == {"x.txt": "0110"}


def test_times_may_have_the_format_of_the_table_or_not(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,value\n3.11.2026,1\n4.11.2026,2\n")
    assert labels(tmp_path, "start,end\n2026-11-04,2026-11-04\n", "&time_format=%d.%m.%Y") == {"x.csv": "01"}
    assert labels(tmp_path, "start,end\n4.11.2026,4.11.2026\n", "&time_format=%d.%m.%Y") == {"x.csv": "01"}


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ("begin,end\n1,2\n", "line 1: begin, end; needed is a line of names"),
        ("start,end\n120,60\n", "line 2: the end '60' lies before the start '120'"),
        ("start,end\n60,noon\n", "line 2, column end: 'noon' is neither an epoch time nor ISO-8601"),
        ("start,end\n60\n", "line 2, column end is empty: write it, or"),
        ("start,end\n\n", "incidents.csv holds no range below its header"),
        (
            "start,end\n60001,60002\n",
            "line 2: no point lies from 1970-01-01T16:40:01 to .*; they go from",
        ),
        ("start,end,series\n60,60,y\n", "line 2: no series is called 'y', there are: x.csv$"),
    ],
)
def test_ranges_that_cannot_be_meant_are_refused(tmp_path: Path, ranges: str, message: str) -> None:
    (tmp_path / "x.csv").write_text("ts,value\n60,1\n120,2\n")
    with pytest.raises(InputError, match=message):
        labels(tmp_path, ranges, options="")


def test_a_column_of_series_by_another_name_is_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A range of one host would be one of all."""
    (tmp_path / "x.csv").write_text("ts,value,host\n60,1,a\n60,2,b\n")
    ranges = "start,end,host\n60,60,a\n"
    for called in (ranges, ranges.replace("host", "series")):
        assert labels(tmp_path, called, "&series=host") == {"x.csv:a": "1", "x.csv:b": "0"}
    assert "host" not in caplog.text
    (tmp_path / "x.csv").write_text("ts,value,series\n60,1,a\n60,2,b\n")
    assert labels(tmp_path, ranges, "") == {"x.csv:a": "1", "x.csv:b": "1"}
    assert "every range counts for all series; not read: host." in caplog.text


def test_a_day_without_marks_is_read_by_its_format(tmp_path: Path) -> None:
    """And is no number of seconds, which it could be, too."""
    (tmp_path / "x.csv").write_text("ts,value\n20261103,1\n20261104,2\n")
    assert labels(tmp_path, "start,end\n20261104,20261104\n", "&time_format=%Y%m%d") == {"x.csv": "01"}


def test_a_list_may_be_of_more_series_and_of_a_longer_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.csv").write_text("ts,value\n60,1\n120,2\n")
    ranges = "start,end,series\n60,60,x\n60,60,y\n60001,60002,x\n"
    assert labels(tmp_path, ranges, options="") == {"x.csv": "10"}
    told = r"2 of 3 ranges mark nothing; the first, .* line 3: no series is called 'y'"
    assert re.search(told, caplog.text)


def test_numbers_of_rows_are_no_times(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("value\n1\n2\n")
    with pytest.raises(InputError, match="column start: '2026-11-03' is no number of a row, of which"):
        labels(tmp_path, "start,end\n2026-11-03,2026-11-04\n", options="&every=60")


def test_labels_come_from_one_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ranges= and anomaly=: labels come from a file or a column"):
        load_history(f"csv:{tmp_path}?ranges=r.csv&label=kind&anomaly=A")


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"ranges=nowhere.csv: No such file .*; the path is one from /"):
        load_history(f"csv:{folder}?value=*&ranges=nowhere.csv")
