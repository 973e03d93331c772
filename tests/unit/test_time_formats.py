"""Times as tables have them that are no ISO-8601."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.column_names import ColumnNames
from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.time_formats import formats_of
from spear_stream.core.times import moment_millis, written_moment
from spear_stream.transport.csv_rows import CsvRows
from trainer.datasets import load

FORMATS = [
    day + time
    for day in ("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%y", "%Y/%m/%d")
    for time in ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S.%f", " %I:%M:%S %p", " %I:%M%p")
]
HEADER = b"Zeit;value"
GERMAN = ColumnNames(time="Zeit", time_format="%d.%m.%Y %H:%M")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), st.sampled_from(FORMATS))  # noqa: DTZ001 - as tables have them
def test_a_date_is_known_by_its_looks(moment: datetime, form: str) -> None:
    found = formats_of(moment.strftime(form))
    assert form in found
    assert len(found) <= 2, "only the order of day and month may be in doubt"


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("10/09/2025 08:53", ["%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"]),
        ("28/12/2015 10:00:00 AM", ["%d/%m/%Y %I:%M:%S %p"]),
        ("2026-1-5 7:30", ["%Y-%m-%d %H:%M"]),
        ("31.01.2026 13:59", ["%d.%m.%Y %H:%M"]),
        ("31.01.2026, 13:59", ["%d.%m.%Y, %H:%M"]),
        ("14-Feb-2014 00:00", ["%d-%b-%Y %H:%M"]),
        ("14 February 2014", ["%d %B %Y"]),
        ("2014-02-14 00:00:00 UTC", ["%Y-%m-%d %H:%M:%S UTC"]),
        ("2014-02-14 00:00:00 +0000 UTC", ["%Y-%m-%d %H:%M:%S %z UTC"]),
        ("31.01.2026 13:59+0100", ["%d.%m.%Y %H:%M%z"]),
        ("99/99/2025", []),
        ("31.01.2026 at noon", []),
        ("1.2.3", []),
        ("yesterday", []),
    ],
)
def test_the_likeliest_format_comes_first(text: str, forms: list[str]) -> None:
    assert formats_of(text) == forms


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("%d.%m.%Q", "is no format of times"),
        ("%", "is no format of times"),
        ("%d.%m.%Y %H:%m", "is no format of times"),
        ("%H:%M", "names no day of a year"),
        ("%d.%m.", "names no day of a year"),
        ("dd.mm.yyyy", "names no day of a year"),
        ("", "names no day of a year"),
    ],
)
def test_a_format_that_tells_no_time_is_refused(form: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"time_format: .*{told}.*'%d.%m.%Y %H:%M'"):
        ColumnNames(time_format=form)


@pytest.mark.parametrize(
    ("form", "told"), [("%d.%m.%Y %H:%M %Z", "no offset; %z"), ("%d/%m/%Y %H:%M %p", "are %I, not %H")]
)
def test_a_format_that_would_tell_another_time_is_refused(form: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"time_format: .*{told}"):
        ColumnNames(time_format=form)


def test_a_format_goes_with_a_column_of_times_only() -> None:
    with pytest.raises(ConfigError, match="time and every"):
        ColumnNames(time_format="%Y%m%d", every=60)


@pytest.mark.parametrize("text", ["31.01.2026 13:59", "02.01.1970 00:00", "1.2.2026 7:05"])
def test_a_row_has_the_time_that_is_written(text: str) -> None:
    """Of 1970, too: in milliseconds it would be taken for seconds."""
    (record,) = CsvRows(HEADER, "x.csv", GERMAN).records(f"{text};1".encode())
    written = written_moment(text, "%d.%m.%Y %H:%M").isoformat().encode()
    assert record.value == b'{"series":"x","ts":"%s","value":1}' % written


def test_a_zone_that_is_written_counts(tmp_path: Path) -> None:
    names = ColumnNames(time="Zeit", time_format="%d.%m.%Y %H:%M %z")
    (record,) = CsvRows(HEADER, "x.csv", names).records(b"31.01.2026 13:59 +0130;1")
    assert b'"ts":"2026-01-31T13:59:00+01:30"' in record.value
    (tmp_path / "a.csv").write_text(
        "Zeit;value;label\n31.01.2026 13:59 +0130;1;0\n31.01.2026 14:59 +0130;2;1\n"
    )
    (series,) = load(f"csv:{tmp_path}?time=Zeit&time_format=%d.%m.%Y %H:%M %z")
    assert series.ts[0] == moment_millis(datetime(2026, 1, 31, 12, 29, tzinfo=UTC))


@pytest.mark.parametrize("cell", ["2026-01-31T13:59:00Z", "1769867940", "31.13.2026 13:59", ""])
def test_a_time_that_is_written_otherwise_is_refused(cell: str) -> None:
    (record,) = CsvRows(HEADER, "x.csv", GERMAN).records(f"{cell};1".encode())
    assert record.fault is not None
    assert record.fault.reason == "ts_invalid"
    assert record.fault.detail == f"time is the text {cell!r}, which is not written as '%d.%m.%Y %H:%M'"


def test_a_row_with_a_bad_time_is_refused_once_for_every_value() -> None:
    """As without a format, so that the share of what was refused says the same."""
    names = ColumnNames(time="Zeit", value="a,b,c", time_format="%Y%m%d")
    found = CsvRows(b"Zeit,a,b,c", "x.csv", names).records(b"31.01.2026,1,,3")
    assert [record.fault is not None and record.fault.reason for record in found] == ["ts_invalid"] * 2
    (long,) = CsvRows(b"Zeit,a,b,c", "x.csv", names).records(b"31.01.2026,1,2,3,4")
    assert long.fault is not None
    assert long.fault.reason == "wrong_shape"


def test_the_trainer_reads_them_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Zeit;value;label\n31.01.2026 13:59;1,5;0\n31.01.2026 14:00;2;1\n")
    (series,) = load(f"csv:{tmp_path}?time=Zeit&time_format=%d.%m.%Y %H:%M&decimal=,")
    assert series.ts[0] == moment_millis(datetime(2026, 1, 31, 13, 59, tzinfo=UTC))
    with pytest.raises(InputError, match=r"column Zeit: '31.* nor ISO-8601; .*time_format=%d.%m.%Y %H:%M$"):
        load(f"csv:{tmp_path}?time=Zeit&decimal=,")
    with pytest.raises(InputError, match=r"column Zeit: '31.* is not written as '%Y%m%d'; .*time_format=%d"):
        load(f"csv:{tmp_path}?time=Zeit&time_format=%Y%m%d&decimal=,")
    (tmp_path / "a.csv").write_text("ts,value,label\n10/09/1969,1,0\n")
    with pytest.raises(InputError, match=r"time_format=%m/%d/%Y, or else option time_format=%d/%m/%Y$"):
        load(f"csv:{tmp_path}")
    with pytest.raises(InputError, match=r"is not within 1970 to 9999$"):
        load(f"csv:{tmp_path}?time_format=%m/%d/%Y")
