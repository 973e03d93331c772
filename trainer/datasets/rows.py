"""Rows of time, value and label to series: one rule for every table format."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.columns import Column, Columns, JoinedColumns, RowClock, listed
from spear_stream.core.csv_header import MISSING, SHOWN_CHARS
from spear_stream.core.errors import InputError
from spear_stream.core.time_formats import formats_of
from spear_stream.core.times import (
    COUNTED,
    END_OF_ISO,
    HOUR_MS,
    TOO_OLD,
    is_too_old,
    iso_millis,
    moment_millis,
    one_epoch_millis,
    written_moment,
)
from trainer.datasets.series import LabelledSeries, from_labels, unlabelled

LABELS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
OPTION = "option {}={}"
"""How --data is told the name of a column: csv:PLACE?value=COLUMN&label=COLUMN."""
MARKED = re.compile(r"[-+]?[0-9]+[.,][0-9.,]*")
"""A number with marks."""


@dataclass
class _Points:
    ts: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    label: list[bool] = field(default_factory=list)
    group: str = ""


class Rows:
    """Collects the rows of one file; every series in them is in time order.

    A row without a value (empty, null, NaN) is a missing point: it leaves a gap, as in the daemon.
    """

    def __init__(self, columns: Columns, names: ColumnNames = USUAL) -> None:
        """columns: of the file, found by these names."""
        self._columns = columns
        self._names = names
        self._anomalous = frozenset(listed(names.anomaly or ""))
        self._clock = None if names.every is None else RowClock(names.every)
        self._series: dict[str, _Points] = {}

    def append(self, row: Sequence[object], place: str) -> None:
        """Take one row. Raises InputError naming the place and the column."""
        columns = self._columns
        series = _cell(row, columns.series)
        ts = self._time(row, series, place)
        for column in columns.values:
            points = self._series.setdefault(columns.series_of(series, column), _Points())
            value = self._value(row, column, place)
            if value is None:  # its label, often empty too, marks nothing
                continue
            if points.ts and ts < points.ts[-1]:
                raise self._too_early(place, points.ts[-1] - ts)
            points.ts.append(ts)
            points.value.append(value)
            if columns.label:
                label = _cell(row, columns.label)
                points.label.append(self._label(label, f"{place}, column {columns.label.name}"))
            points.group = _cell(row, columns.group)

    def _label(self, text: str, place: str) -> bool:
        if self._names.anomaly is not None:
            return text in self._anomalous
        if text.lower() in LABELS:
            return LABELS[text.lower()]
        cure = f"say which are anomalies: {OPTION.format('anomaly', 'A,B')}"
        raise InputError(
            f"{place}: {text[:SHOWN_CHARS]!r} is no label; expected 0, 1, true or false, or {cure}"
        )

    def _time(self, row: Sequence[object], series: str, place: str) -> int:
        if self._clock is not None:
            return self._clock.tick(series)
        cell = _cell(row, self._columns.time)
        try:
            return to_millis(cell, self._time_place(place), self._names.time_format)
        except InputError as fault:
            forms = formats_of(cell)
            if not forms or self._names.time_format in forms:
                raise
            ways = ", or else ".join(OPTION.format("time_format", form) for form in forms)
            raise InputError(f"{fault}; there is {ways}") from None

    def _time_place(self, place: str) -> str:
        return f"{place}, column {self._columns.time.name}" if self._columns.time else place

    def _value(self, row: Sequence[object], column: Column, place: str) -> float | None:
        """None of a missing point."""
        text = _cell(row, column)
        if text.lower() in MISSING:
            return None
        number = _number(self._names.pointed(text) or "")
        if math.isfinite(number):
            return number
        cure = ""
        if MARKED.fullmatch(text):
            cure = f"; the decimal mark is {self._names.decimal!r}, with none between thousands"
            cure += "" if self._names.decimal in text else f"; csv: has {OPTION.format('decimal', 'MARK')}"
        elif self._columns.wide:
            cure = f"; name the columns that are values: {OPTION.format('value', 'A,B')}"
        raise InputError(f"{place}, column {column.name}: {text[:SHOWN_CHARS]!r} is no finite number{cure}")

    def _too_early(self, place: str, behind_ms: int) -> InputError:
        told = f"{self._time_place(place)}: earlier than the point before it; sort the file by time"
        if behind_ms <= HOUR_MS:
            told += f" (or were clocks set back? Then give the zones, or {OPTION.format('every', 'SECONDS')})"
        if merged := self._columns.merged:
            unread = ", ".join(map(repr, merged))
            told += (
                f", or say which column tells series apart: {OPTION.format('series', 'COLUMN')}, of {unread}"
            )
        return InputError(told)

    def doubts(self) -> Iterator[str]:
        """What may have been read otherwise than it was meant."""
        if self and is_too_old(max(points.ts[-1] for points in self._series.values() if points.ts)):
            cure = COUNTED.format(OPTION.format("every", "SECONDS"), OPTION.format("time_format", "%Y%m%d"))
            yield f"{TOO_OLD}; {cure}"
        if self._clock is not None and (merged := self._columns.merged):
            cure = OPTION.format("series", "COLUMN")
            yield f"not read: {', '.join(merged)}; does one tell series apart? {cure}"

    def series(self, name: str) -> Iterator[LabelledSeries]:
        """The series, named after the file, or `file:series` where it holds several.

        The group is that of the last row; without the column the series of a file are a group.
        """
        for key, points in self._series.items():
            full = f"{name}:{key}" if key else name
            ts, value = np.array(points.ts, np.int64), np.array(points.value, np.float64)
            group = points.group or (name if key else "")
            if self._columns.label:
                yield from_labels(full, ts, value, np.array(points.label, np.bool_), group)
            else:
                yield unlabelled(full, ts, value, group)

    def __bool__(self) -> bool:
        return any(points.ts for points in self._series.values())


def to_millis(found: object, place: str, form: str | None = None) -> int:
    """Epoch s, ms, us or ns by size, ISO-8601, or by a format of strptime, to milliseconds; the rule of the
    daemon, but for years from 2200 on: records of patients are moved into the future.

    Raises InputError naming the place.
    """
    text = _text(found)
    try:
        millis = _millis(text) if form is None else moment_millis(written_moment(text, form))
    except (ValueError, OverflowError):
        needed = "neither an epoch time nor ISO-8601" if form is None else f"not written as {form!r}"
        raise InputError(f"{place}: {text!r} is {needed}") from None
    if not 0 <= millis < END_OF_ISO:
        raise InputError(f"{place}: time {text!r} is not within 1970 to 9999")
    return millis


def _millis(text: str) -> int:
    number = _number(text)
    return one_epoch_millis(number) if math.isfinite(number) else iso_millis(text)


def _cell(row: Sequence[object], column: Column | JoinedColumns | None) -> str:
    """Empty where there is none."""
    return "" if column is None else _text(column.of(row))


def _text(found: object) -> str:
    return "" if found is None else str(found).strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
