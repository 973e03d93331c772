"""A folder of CSV files: one series per file, or several told apart by a column."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from spear_stream.core.columns import USUAL, ColumnNames
from spear_stream.core.csv_header import read_header
from spear_stream.core.errors import InputError
from trainer.datasets.rows import OPTION, Rows, files_below, name_below
from trainer.datasets.series import LabelledSeries


def load_csv(folder: Path, names: ColumnNames = USUAL) -> list[LabelledSeries]:
    """Every *.csv below `folder` by path, or the one that it is; header ts (or timestamp), value and
    optionally label, series and group, unless `names` has others, with commas, semicolons or tabs between.

    A time is an epoch time in s, ms, us or ns, told apart by size, or ISO-8601 (UTC when it names no zone);
    a label is 0/1 or true/false. A series is named after its file, or `file:series` where there are several.
    Raises InputError naming file, line and column.
    """
    paths = files_below(folder, ".csv")
    if not paths:
        raise InputError(f"{folder} holds no .csv file")
    return [series for path in paths for series in _load_file(path, name_below(folder, path), names)]


def _load_file(path: Path, name: str, names: ColumnNames) -> Iterator[LabelledSeries]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = _read(path, lines, names)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: convert it ({error})") from error
    except (OSError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not rows:
        raise InputError(f"{path}: no line with a value below the header")
    return rows.series(name)


def _read(path: Path, lines: TextIO, names: ColumnNames) -> Rows:
    header = read_header(lines.readline(), names, f"{path}, line 1", OPTION)
    reader = csv.reader(lines, skipinitialspace=True, delimiter=header.separator)
    rows = Rows(header.columns, names.every)
    for row in reader:
        place = f"{path}, line {1 + reader.line_num}"
        if any(cell.strip() for cell in row[header.width :]):
            raise InputError(f"{place}: more cells than columns; write numbers with a point, not a comma")
        if any(map(str.strip, row)):
            rows.append(row, place)
    return rows
