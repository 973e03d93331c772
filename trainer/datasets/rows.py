"""Rows of time, value and label to series: one rule for every table format."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spear_stream.core.columns import USUAL, ColumnNames, find_columns
from spear_stream.core.errors import InputError
from spear_stream.core.times import iso_millis, one_epoch_millis
from trainer.datasets.series import LabelledSeries, from_labels, unlabelled

LABELS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
OPTION = "?{}="
"""How --data is told the name of a column: csv:FOLDER?value=COLUMN."""


COLUMN_OPTIONS = ("time", "every", "value", "label", "series", "group")


def column_names(options: Mapping[str, str]) -> ColumnNames:
    """options: of COLUMN_OPTIONS, as they are typed. Raises ConfigError."""
    every = options.get("every")
    seconds = None if every is None else _number(every)
    return ColumnNames(**{name: said for name, said in options.items() if name != "every"}, every=seconds)


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

    def __init__(self, path: object, header: Sequence[str], names: ColumnNames = USUAL) -> None:
        """Raises InputError when a needed column is missing."""
        self.columns = find_columns(header, names, str(path), OPTION)
        self._series: dict[str, _Points] = {}

    def append(self, row: Mapping[str, object], place: str) -> None:
        """Take one row. Raises InputError naming the place and the column."""
        columns = self.columns
        series = _text(row[columns.series]) if columns.series else ""
        ts = to_millis(columns.time_of(row, series), f"{place}, column {columns.time}")
        for name in columns.values:
            points = self._series.setdefault(columns.series_of(series, name), _Points())
            value = _value(row[name], f"{place}, column {name}")
            if value is None:  # its label, often empty too, marks nothing
                continue
            if points.ts and ts < points.ts[-1]:
                raise InputError(
                    f"{place}, column {columns.time}: earlier than the point before it; sort the file by time"
                )
            points.ts.append(ts)
            points.value.append(value)
            if columns.label:
                points.label.append(_label(row[columns.label], f"{place}, column {columns.label}"))
            points.group = _text(row[columns.group]) if columns.group else ""

    def series(self, name: str) -> Iterator[LabelledSeries]:
        """The series, named after the file, or `file:series` where it holds several.

        The group is that of the last row; without the column the series of a file are a group.
        """
        for key, points in self._series.items():
            full = f"{name}:{key}" if key else name
            ts, value = np.array(points.ts, np.int64), np.array(points.value, np.float64)
            group = points.group or (name if key else "")
            if self.columns.label:
                yield from_labels(full, ts, value, np.array(points.label, np.bool_), group)
            else:
                yield unlabelled(full, ts, value, group)

    def __bool__(self) -> bool:
        return any(points.ts for points in self._series.values())


def files_below(folder: Path, ending: str) -> list[Path]:
    """By path; none of a hidden folder, which may be of an unfinished run."""
    return sorted(path for path in folder.rglob(f"*{ending}") if not _hidden(path.relative_to(folder)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts[:-1])


def to_millis(found: object, place: str) -> int:
    """Epoch s, ms, us or ns by size, or ISO-8601, to milliseconds; the rule of the daemon.

    Raises InputError naming the place.
    """
    text = _text(found)
    number = _number(text)
    try:
        return one_epoch_millis(number) if math.isfinite(number) else iso_millis(text)
    except (ValueError, OverflowError):
        raise InputError(f"{place}: {text!r} is neither an epoch time nor ISO-8601") from None


def _value(found: object, place: str) -> float | None:
    text = _text(found)
    if text.lower() in {"", "nan", "null"}:
        return None
    number = _number(text)
    if not math.isfinite(number):
        raise InputError(f"{place}: {text!r} is no finite number")
    return number


def _label(found: object, place: str) -> bool:
    text = _text(found)
    try:
        return LABELS[text.lower()]
    except KeyError:
        raise InputError(f"{place}: {text!r} is no label; expected 0, 1, true or false") from None


def _text(found: object) -> str:
    return "" if found is None else str(found).strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
