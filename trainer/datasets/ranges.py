"""Labels of tables in a file of their own: `csv:PLACE?ranges=FILE`, such as a list of incidents."""

import csv
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from spear_stream.core.column_names import ColumnNames
from spear_stream.core.columns import RowClock
from spear_stream.core.csv_header import SEPARATORS, cells
from spear_stream.core.errors import InputError
from trainer.datasets.rows import to_millis
from trainer.datasets.series import LabelledSeries, from_labels

EXPECTED = "a line of names above the rows: start,end, or series,start,end"
SERIES = "series"
_SHOWN = 3
"""Names of series in a message."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Range:
    """One anomaly, from its first to its last point."""

    start: int
    """Milliseconds since the epoch, as `end`; both belong to it."""
    end: int
    series: str
    """Empty where it is one of all series."""
    place: str
    """File and line."""


def read_ranges(path: Path, names: ColumnNames) -> list[Range]:
    """The rows of a CSV file with the columns start, end and, if there is one, series (or what `names` calls
    the column of series).

    Ends are times, written as those of the table or in ISO-8601; of a table whose rows have none (`every`)
    they are numbers of rows, of which the first is 0. Raises InputError naming file and line, and for a file
    without any.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            header, mark = _header(lines.readline(), path, names)
            reader = csv.DictReader(lines, header, restval="", delimiter=mark, skipinitialspace=True)
            found = [_range(row, f"{path}, line {reader.line_num + 1}", names) for row in reader]
    except OSError as error:
        raise InputError(f"ranges={path}: {error.strerror}; the path is one from {Path.cwd()}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"ranges={path}: cannot be read as CSV ({error})") from error
    if not found:
        raise InputError(f"{path} holds no range below its header")
    return found


def _header(line: str, path: Path, names: ColumnNames) -> tuple[list[str], str]:
    """The names of the columns, with `series` for that of series, and what stands between them."""
    mark = max(SEPARATORS, key=line.count)
    found = [name.lower() for name in cells(line, mark)]
    if not {"start", "end"} <= set(found):
        raise InputError(f"{path}, line 1: {', '.join(found)}; needed is {EXPECTED}")
    of_series = {SERIES, (names.series or SERIES).lower()}
    called = [SERIES if name in of_series else name for name in found]
    unread = [name for name in called if name not in {"start", "end", SERIES}]
    if unread and SERIES not in called:
        _log.warning(
            "%s: every range counts for all series; not read: %s. Does one say which series? Call it series",
            path,
            ", ".join(unread),
        )
    return called, mark


def _range(row: Mapping[str, str], place: str, names: ColumnNames) -> Range:
    start, end = (_moment(row[column], f"{place}, column {column}", names) for column in ("start", "end"))
    if end < start:
        raise InputError(f"{place}: the end {row['end']!r} lies before the start {row['start']!r}")
    return Range(start, end, row.get(SERIES, "").strip(), place)


def _moment(text: str, place: str, names: ColumnNames) -> int:
    if not text.strip():
        raise InputError(f"{place} is empty: write it, or take the line out")
    if names.every is None:
        return _time(text, place, names.time_format)
    if not text.strip().isdecimal():
        raise InputError(
            f"{place}: {text!r} is no number of a row, of which the first is 0 (every= is given)"
        )
    return RowClock(names.every).at(int(text))


def _time(text: str, place: str, form: str | None) -> int:
    try:
        return to_millis(text, place, form)
    except InputError as fault:
        if form is None:
            raise InputError(f"{fault}; time_format= says how it is written, here and in the table") from None
        return to_millis(text, place)


def labelled_by(ranges: Sequence[Range], corpus: Sequence[LabelledSeries]) -> list[LabelledSeries]:
    """The series with these anomalies and no others, in place of the labels they had.

    Some ranges without a point are told: a list may be of more series and of a longer time than the table.
    Raises InputError where there is none with one.
    """
    touched: set[Range] = set()
    labelled = [_labelled(series, ranges, touched) for series in corpus]
    lost = [one for one in ranges if one not in touched]
    if not touched:
        raise InputError(_why_lost(lost[0], corpus))
    if lost:
        why = _why_lost(lost[0], corpus)
        _log.warning("%d of %d ranges mark nothing; the first, %s", len(lost), len(ranges), why)
    return labelled


def _labelled(series: LabelledSeries, ranges: Sequence[Range], touched: set[Range]) -> LabelledSeries:
    names = set(_names(series.name))
    label = np.zeros(len(series), np.bool_)
    for one in ranges:
        if one.series in names and (points := series.between(one.start, one.end)):
            label[points.start : points.stop] = True
            touched.add(one)
    return from_labels(series.name, series.ts, series.value, label, series.group)


def _names(full: str) -> Iterator[str]:
    """What a range may call the series `folder/file.csv:key`; the empty name is that of all."""
    file, _, key = full.partition(":")
    yield from ("", full, file, str(PurePosixPath(file).with_suffix("")))
    if key:
        yield key


def _why_lost(lost: Range, corpus: Sequence[LabelledSeries]) -> str:
    meant = [series for series in corpus if lost.series in _names(series.name) and len(series)]
    if meant:
        first, last = min(series.ts[0] for series in meant), max(series.ts[-1] for series in meant)
        there = f"they go from {_text(first)} to {_text(last)} (UTC, as all times without a zone)"
        why = f"no point lies from {_text(lost.start)} to {_text(lost.end)}; {there}"
    else:
        known = ", ".join(series.name for series in corpus[:_SHOWN])
        more = ", ..." if len(corpus) > _SHOWN else ""
        why = f"no series is called {lost.series!r}, there are: {known}{more}"
    return f"{lost.place}: {why}"


def _text(ms: int) -> str:
    return str(np.datetime_as_string(np.datetime64(int(ms), "ms"), unit="s"))
