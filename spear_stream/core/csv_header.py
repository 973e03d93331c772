"""The header of a CSV table: what separates its cells, and where everything is."""

import csv
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from spear_stream.core.column_names import ColumnNames
from spear_stream.core.columns import Columns, find_columns
from spear_stream.core.errors import InputError
from spear_stream.core.times import iso_millis

SEPARATORS = ",;\t"
COMMENT = "#"
"""What lines above the header begin with."""
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "-", "?"})
"""What a cell of a missing value holds, in small letters."""
SHOWN_CHARS = 60
EARLIEST = 1e8
"""Epoch seconds, of 1973: a smaller number may be the name of a column."""
Split = tuple[str, list[str]]
"""A mark, and the cells that it separates."""
_ONE_CELL = "cells are separated by commas, semicolons or tabs, and nothing may stand above the header"


class CsvHeader(NamedTuple):
    """Of one table."""

    separator: str
    width: int
    """Cells of a row."""
    columns: Columns


def read_header(line: str, names: ColumnNames, table: str, option: str) -> CsvHeader:
    """Cells are separated by a comma, a semicolon or a tab: by what finds the columns, splits no quotes and
    separates most.

    Raises InputError as find_columns does, where no mark gives cells, and for a row in place of the header.
    """
    if not line.strip():
        raise InputError(f"{table} is empty, needed: the names of the columns")
    if line.lstrip('"').startswith("sep="):
        raise InputError(f"{table} begins with {line.strip()}, which is for Excel alone: remove that line")
    strict, loose = _splits(line, strict=True), _splits(line, strict=False)
    if not loose:
        raise InputError(f"{table} is no CSV: is it text whose lines end with a line feed?")
    if not names.header:
        return _numbered([*strict, *loose], names, table, option)
    if any(_are_numbers(row) for _, row in loose):
        raise _no_header(line, table)
    several = [found for found in strict if len(found[1]) > 1]
    faults, every = [], [*several, *loose]
    for separator, header in every:
        try:
            return CsvHeader(separator, len(header), find_columns(header, names, table, option))
        except InputError as fault:
            faults.append(fault)
    if any(_is_time(header[0]) for _, header in every):
        raise _no_header(line, table)
    raise faults[0] if several else InputError(f"{faults[0]}; {_ONE_CELL}")


def cells(line: str, separator: str, *, strict: bool = False) -> list[str]:
    """Cells of one line, without spaces around them. strict: quotes must open and end a cell.

    Raises csv.Error.
    """
    reader = csv.reader([line], skipinitialspace=True, delimiter=separator, strict=strict)
    return [cell.strip() for cell in next(reader)]


def _numbered(splits: list[Split], names: ColumnNames, table: str, option: str) -> CsvHeader:
    """Of a table that begins with a row, which these marks split."""
    separator, row = max(splits, key=lambda split: len(split[1]))
    header = [str(number) for number in range(1, len(row) + 1)]
    if len(header) == 1 and names.value is None:
        names = replace(names, value=header[0])
    return CsvHeader(separator, len(header), find_columns(header, names, table, option))


def _are_numbers(row: list[str]) -> bool:
    """Cells that name no columns: all are numbers, and do not count the columns from 0 or 1 on."""
    numbers = [_number(cell) for cell in row if cell]
    counted = [list(range(first, first + len(numbers))) for first in (0, 1)]
    return bool(numbers) and None not in numbers and numbers not in counted


def _number(cell: str) -> float | None:
    with suppress(ValueError):
        return float(cell)
    return None


def _no_header(line: str, table: str) -> InputError:
    return InputError(
        f"{table} begins with a row, {line.strip()[:SHOWN_CHARS]!r}: put the names of the columns in a line "
        "above it, such as ts,value, or say that there are none: --no-header (csv: header=no)"
    )


def _is_time(cell: str) -> bool:
    with suppress(ValueError):
        if float(cell) >= EARLIEST:
            return True
    with suppress(ValueError):
        iso_millis(cell)
        return True
    return False


def _splits(line: str, *, strict: bool) -> list[Split]:
    """By every mark by which the line is CSV, most cells first."""
    found = []
    for mark in SEPARATORS:
        with suppress(csv.Error):
            found.append((mark, cells(line, mark, strict=strict)))
    return sorted(found, key=lambda split: -len(split[1]))
