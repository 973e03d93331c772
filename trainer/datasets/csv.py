"""A folder of CSV files: one series per file, or several told apart by a column."""

import csv
from itertools import chain
from pathlib import Path
from typing import TextIO

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.csv_header import COMMENT, read_header
from spear_stream.core.errors import InputError
from trainer.datasets.rows import OPTION, Rows
from trainer.datasets.series import LabelledSeries
from trainer.datasets.table_files import load_tables

ENDINGS = (".csv", ".tsv", ".txt", ".out")
"""Of the files of a folder; TSB-UAD calls its own *.out."""


def load_csv(place: Path, names: ColumnNames = USUAL, but: Path | None = None) -> list[LabelledSeries]:
    """Every *.csv (or else *.tsv, *.txt or *.out) below a folder by path, `but` for one, or the file that is
    the place; header ts (or timestamp), value and optionally label, series and group, unless `names` has
    others, with commas, semicolons or tabs between.

    A time is an epoch time in s, ms, us or ns, told apart by size, or ISO-8601 (UTC when it names no zone);
    a label is 0/1 or true/false; `names` may say otherwise. A series is named after its file, or
    `file:series` where there are several.
    Raises InputError naming file, line and column.
    """
    return load_tables(place, ENDINGS, but, lambda path: _load_file(path, names))


def _load_file(path: Path, names: ColumnNames) -> Rows:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = _read(path, lines, names)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: convert it ({error})") from error
    except (OSError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not rows:
        raise InputError(f"{path}: no line with a value below the header")
    return rows


def _read(path: Path, lines: TextIO, names: ColumnNames) -> Rows:
    line, height = _header(lines)
    header = read_header(line, names, f"{path}, line {height}", OPTION)
    first = [] if names.header else [line]
    reader = csv.reader(chain(first, lines), skipinitialspace=True, delimiter=header.separator)
    rows = Rows(header.columns, names)
    for row in filter(None, reader):
        place = f"{path}, line {height - len(first) + reader.line_num}"
        if any(cell.strip() for cell in row[header.width :]):
            raise InputError(f"{place}: more cells than columns; write numbers with a point, or quote them")
        rows.append(row, place)
    return rows


def _header(lines: TextIO) -> tuple[str, int]:
    """The header, and how many lines there are to its end: comments stand above it, and a quoted name may go
    on in the next one.
    """
    header, height = lines.readline(), 1
    while header.startswith(COMMENT):
        header, height = lines.readline(), height + 1
    while header.count('"') % 2 and (more := lines.readline()):
        header, height = header + more, height + 1
    return header, height
