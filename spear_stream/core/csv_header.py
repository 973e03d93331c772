"""The header of a CSV table: what separates its cells, and where everything is."""

import csv
from contextlib import suppress
from typing import NamedTuple

from spear_stream.core.columns import ColumnNames, Columns, find_columns
from spear_stream.core.errors import InputError

SEPARATORS = ",;\t"
MISSING = frozenset({"", "nan", "null"})
"""What a cell of a missing value holds, in small letters."""


class CsvHeader(NamedTuple):
    """Of one table."""

    separator: str
    width: int
    """Cells of a row."""
    columns: Columns


def read_header(line: str, names: ColumnNames, table: str, option: str) -> CsvHeader:
    """Cells are separated by a comma, a semicolon or a tab: by what finds the columns, splits no quotes and
    separates most.

    Raises InputError as find_columns does, and where no mark gives cells.
    """
    if not line.strip():
        raise InputError(f"{table} is empty, needed: the names of the columns")
    if line.lstrip('"').startswith("sep="):
        raise InputError(f"{table} begins with {line.strip()}, which is for Excel alone: remove that line")
    several = [found for found in _splits(line, strict=True) if len(found[1]) > 1]
    faults = []
    for separator, header in (*several, *_splits(line, strict=False)):
        try:
            return CsvHeader(separator, len(header), find_columns(header, names, table, option))
        except InputError as fault:
            faults.append(fault)
    raise (
        faults[0]
        if faults
        else InputError(f"{table} is no CSV: is it text whose lines end with a line feed?")
    )


def cells(line: str, separator: str, *, strict: bool = False) -> list[str]:
    """Cells of one line, without spaces around them. strict: quotes must open and end a cell.

    Raises csv.Error.
    """
    reader = csv.reader([line], skipinitialspace=True, delimiter=separator, strict=strict)
    return [cell.strip() for cell in next(reader)]


def _splits(line: str, *, strict: bool) -> list[tuple[str, list[str]]]:
    """By every mark by which the line is CSV, most cells first."""
    found = []
    for mark in SEPARATORS:
        with suppress(csv.Error):
            found.append((mark, cells(line, mark, strict=strict)))
    return sorted(found, key=lambda split: -len(split[1]))
