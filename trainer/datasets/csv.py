"""A folder of CSV files: one series per file, or several told apart by a column."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from spear_stream.core.columns import USUAL, ColumnNames, separator
from spear_stream.core.errors import InputError
from trainer.datasets.rows import Rows, files_below
from trainer.datasets.series import LabelledSeries

SURPLUS = "cells behind the last column"


def load_csv(folder: Path, names: ColumnNames = USUAL) -> list[LabelledSeries]:
    """Every *.csv below `folder` by path; header ts (or timestamp), value and optionally label, series and
    group, unless `names` has others. Cells are separated by commas, or by semicolons or tabs.

    A time is an epoch time in s, ms, us or ns, told apart by size, or ISO-8601 (UTC when it names no zone);
    a label is 0/1 or true/false. A series is named after its file, or `file:series` where there are several.
    Raises InputError naming file, line and column.
    """
    paths = files_below(folder, ".csv")
    if not paths:
        raise InputError(f"{folder} holds no .csv file")
    return [
        series for path in paths for series in _load_file(path, path.relative_to(folder).as_posix(), names)
    ]


def _load_file(path: Path, name: str, names: ColumnNames) -> Iterator[LabelledSeries]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = _read(path, lines, names)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not rows:
        raise InputError(f"{path}: no line with a value below the header")
    return rows.series(name)


def _read(path: Path, lines: TextIO, names: ColumnNames) -> Rows:
    cells = separator(lines.readline())
    lines.seek(0)
    reader = csv.DictReader(lines, restkey=SURPLUS, delimiter=cells, skipinitialspace=True)
    header = reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    rows = Rows(f"{path}, line 1", header, names)
    for row in reader:
        place = f"{path}, line {reader.line_num}"
        if any(cell.strip() for cell in row.pop(SURPLUS, ())):
            raise InputError(f"{place}: more cells than columns; write numbers with a point, not a comma")
        rows.append(row, place)
    return rows
