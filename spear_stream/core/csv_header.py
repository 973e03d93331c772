"""The header of a CSV table: what separates its cells, and where everything is."""

import csv
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
    """Cells are separated by a comma, a semicolon or a tab: by what finds the columns, or separates most.

    Raises csv.Error, and InputError as find_columns does.
    """
    headers = sorted(((mark, cells(line, mark)) for mark in SEPARATORS), key=lambda found: -len(found[1]))
    faults = []
    for separator, header in headers:
        try:
            return CsvHeader(separator, len(header), find_columns(header, names, table, option))
        except InputError as fault:
            faults.append(fault)
    raise faults[0]


def cells(line: str, separator: str) -> list[str]:
    """Cells of one line, without spaces around them. Raises csv.Error."""
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True, delimiter=separator))]
