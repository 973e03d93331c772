"""A folder of CSV files: one series per file, or several told apart by a column."""

import csv
from collections.abc import Iterator
from pathlib import Path

from spear_stream.core.errors import InputError
from trainer.datasets.rows import Rows, files_below
from trainer.datasets.series import LabelledSeries


def load_csv(folder: Path) -> list[LabelledSeries]:
    """Every *.csv below `folder` by path; header ts (or timestamp), value and optionally label and series.

    A time is an epoch time in s, ms, us or ns, told apart by size, or ISO-8601 (UTC when it names no zone);
    a label is 0/1 or true/false. A series is named after its file, or `file:series` with a series column.
    Raises InputError naming file, line and column.
    """
    paths = files_below(folder, ".csv")
    if not paths:
        raise InputError(f"{folder} holds no .csv file")
    return [series for path in paths for series in _load_file(path, path.relative_to(folder).as_posix())]


def _load_file(path: Path, name: str) -> Iterator[LabelledSeries]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = _read(path, csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not rows:
        raise InputError(f"{path}: no line with a value below the header")
    return rows.series(name)


def _read(path: Path, reader: "csv.DictReader[str]") -> Rows:
    rows = Rows(path, tuple(reader.fieldnames or ()))
    for row in reader:
        rows.append(row, f"{path}, line {reader.line_num}")
    return rows
