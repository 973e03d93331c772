"""Rows of time, value and label to series: one rule for every table format."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.times import iso_millis, one_epoch_millis
from trainer.datasets.series import LabelledSeries, from_labels, unlabelled

LABELS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
COLUMNS = "ts,value[,label][,series][,group]"
OPTIONAL = ("label", "series", "group")
SHOWN_CHARS = 200


@dataclass
class _Columns:
    ts: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    label: list[bool] = field(default_factory=list)
    group: str = ""


class Rows:
    """Collects the rows of one file; every series in them is in time order.

    A row without a value (empty, null, NaN) is a missing point: it leaves a gap, as in the daemon.
    """

    def __init__(self, path: object, columns: Mapping[str, int] | tuple[str, ...]) -> None:
        """columns: names in the file, in small letters. Raises InputError when a needed one is missing."""
        self.time_column = "ts" if "ts" in columns else "timestamp"
        if missing := {self.time_column, "value"}.difference(columns):
            shown = ", ".join(map(repr, columns))[:SHOWN_CHARS] or "nothing"
            raise InputError(
                f"{path}, line 1: no column {', '.join(sorted(missing))}, only {shown}; expected {COLUMNS}, "
                "separated by commas"
            )
        self._labelled = "label" in columns
        self._series: dict[str, _Columns] = {}

    def append(self, row: Mapping[str, object], place: str) -> None:
        """Take one row. Raises InputError naming the place and the column."""
        ts = to_millis(row[self.time_column], f"{place}, column {self.time_column}")
        value = _value(row["value"], f"{place}, column value")
        columns = self._series.setdefault(_text(row.get("series")), _Columns())
        if value is None:  # its label, often empty too, marks nothing
            return
        label = self._labelled and _label(row["label"], f"{place}, column label")
        if columns.ts and ts < columns.ts[-1]:
            raise InputError(
                f"{place}, column {self.time_column}: earlier than the point before it; sort the file by time"
            )
        columns.ts.append(ts)
        columns.value.append(value)
        columns.label.append(label)
        columns.group = _text(row.get("group"))

    def series(self, name: str) -> Iterator[LabelledSeries]:
        """The series, named after the file, or `file:series` with a series column.

        The group is that of the last row; without the column the series of a file are a group.
        """
        for key, columns in self._series.items():
            full = f"{name}:{key}" if key else name
            ts, value = np.array(columns.ts, np.int64), np.array(columns.value, np.float64)
            group = columns.group or (name if key else "")
            if self._labelled:
                yield from_labels(full, ts, value, np.array(columns.label, np.bool_), group)
            else:
                yield unlabelled(full, ts, value, group)

    def __bool__(self) -> bool:
        return any(columns.ts for columns in self._series.values())


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
