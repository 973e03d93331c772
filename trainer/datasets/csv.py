"""A folder of CSV files: one series per file, or several told apart by a column."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.csv_header import read_header
from spear_stream.core.errors import InputError
from trainer.datasets.rows import OPTION, Rows, tables_of
from trainer.datasets.series import LabelledSeries


def load_csv(place: Path, names: ColumnNames = USUAL) -> list[LabelledSeries]:
    """Every *.csv below a folder by path, or the file that is the place; header ts (or timestamp), value and
    optionally label, series and group, unless `names` has others, with commas, semicolons or tabs between.

    A time is an epoch time in s, ms, us or ns, told apart by size, or ISO-8601 (UTC when it names no zone);
    a label is 0/1 or true/false. A series is named after its file, or `file:series` where there are several.
    Raises InputError naming file, line and column.
    """
    tables = tables_of(place, ".csv")
    return [series for path, name in tables for series in _load_file(path, name, names)]


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
    line, height = _header(lines)
    header = read_header(line, names, f"{path}, line 1", OPTION)
    reader = csv.reader(lines, skipinitialspace=True, delimiter=header.separator)
    rows = Rows(header.columns, names)
    for row in filter(None, reader):
        place = f"{path}, line {height + reader.line_num}"
        if any(cell.strip() for cell in row[header.width :]):
            raise InputError(f"{place}: more cells than columns; write numbers with a point, or quote them")
        rows.append(row, place)
    return rows


def _header(lines: TextIO) -> tuple[str, int]:
    """The header, and how many lines it takes: a quoted name may go on in the next one."""
    header, height = lines.readline(), 1
    while header.count('"') % 2 and (more := lines.readline()):
        header, height = header + more, height + 1
    return header, height
