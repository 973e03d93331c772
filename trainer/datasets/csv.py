"""A folder of labelled CSV files: one series per file, or several told apart by a column."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from spear_stream.core.errors import InputError
from trainer.datasets.series import LabelledSeries, from_labels

LABELS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
SECONDS_LIMIT = 1e11
"""Numbers below are seconds (until the year 5138), others milliseconds."""


@dataclass
class _Columns:
    ts: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    label: list[bool] = field(default_factory=list)


def load_csv(folder: Path) -> list[LabelledSeries]:
    """Every *.csv below `folder` by path; header ts (or timestamp), value, label and optionally series.

    A time is epoch seconds, epoch milliseconds or ISO-8601 (UTC when it names no zone); a label is 0/1 or
    true/false. A series is named after its file, or `file:series` with a series column.
    Raises InputError naming file, line and column.
    """
    paths = sorted(folder.rglob("*.csv"))
    if not paths:
        raise InputError(f"{folder} holds no .csv file")
    return [series for path in paths for series in _load_file(path, path.relative_to(folder).as_posix())]


def _load_file(path: Path, name: str) -> Iterator[LabelledSeries]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            series = _read(path, csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    for key, columns in series.items():
        ts = np.array(columns.ts, dtype=np.int64)
        value = np.array(columns.value, dtype=np.float64)
        yield from_labels(f"{name}:{key}" if key else name, ts, value, np.array(columns.label, dtype=bool))


def _read(path: Path, reader: "csv.DictReader[str]") -> dict[str, _Columns]:
    names = reader.fieldnames or ()
    time_column = "ts" if "ts" in names else "timestamp"
    if missing := {time_column, "value", "label"}.difference(names):
        raise InputError(
            f"{path}, line 1: no column {', '.join(sorted(missing))}; expected ts,value,label[,series]"
        )
    series: dict[str, _Columns] = {}
    for row in reader:
        columns = series.setdefault(row.get("series") or "", _Columns())
        _append(columns, row, time_column, f"{path}, line {reader.line_num}")
    if not series:
        raise InputError(f"{path}: no line below the header")
    return series


def _append(columns: _Columns, row: Mapping[str, str | None], time_column: str, place: str) -> None:
    ts = _time(row[time_column] or "", f"{place}, column {time_column}")
    if columns.ts and ts < columns.ts[-1]:
        raise InputError(
            f"{place}, column {time_column}: earlier than the point before it; sort the file by time"
        )
    columns.ts.append(ts)
    columns.value.append(_value(row["value"] or "", f"{place}, column value"))
    columns.label.append(_label(row["label"] or "", f"{place}, column label"))


def _time(text: str, place: str) -> int:
    number = _number(text)
    if math.isfinite(number):
        return round(number * 1000 if abs(number) < SECONDS_LIMIT else number)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{place}: {text!r} is neither an epoch time nor ISO-8601") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _value(text: str, place: str) -> float:
    number = _number(text)
    if not math.isfinite(number):
        raise InputError(f"{place}: {text!r} is no finite number")
    return number


def _label(text: str, place: str) -> bool:
    try:
        return LABELS[text.strip().lower()]
    except KeyError:
        raise InputError(f"{place}: {text!r} is no label; expected 0, 1, true or false") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
