"""Rows of CSV to records in the default JSON mapping."""

import csv
import re
from pathlib import Path

import msgspec

from spear_stream.core.errors import InputError
from spear_stream.transport.formats.fields import DECIMAL

TIME_COLUMNS = ("ts", "timestamp")
VALUE_COLUMNS = ("value",)

HEADER = "needed: a first line ts,value[,series], separated by commas"
OF_THE_TRAINER = {"label", "group", "kinds"}
"""Columns that labelled data has, which tell no series apart."""

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SHOWN_CHARS = 200


class CsvRows:
    """Knows from the header which column is what; without a series column the series is the file's stem.

    Raises InputError if a column of times or values is missing.
    """

    def __init__(self, header: bytes, name: str) -> None:
        columns = _columns(header, name)
        self._ts, self._value = (_place(columns, wanted, name) for wanted in (TIME_COLUMNS, VALUE_COLUMNS))
        self._series = columns.index("series") if "series" in columns else None
        self._columns = len(columns)
        self._stem = Path(name).stem
        read = {*TIME_COLUMNS, *VALUE_COLUMNS, *OF_THE_TRAINER, ""}
        self.merged = [] if "series" in columns else [column for column in columns if column not in read]
        """Columns that may tell series apart and are not read, as none is called series."""

    def record(self, line: bytes) -> bytes:
        """The row as JSON; a line that is no CSV stays as it is, for the codec to refuse.

        So is one with more cells than columns: a decimal comma would make another number of it.
        """
        try:
            row = next(csv.reader([line.decode()], skipinitialspace=True))
        except (UnicodeDecodeError, csv.Error):
            return line
        if any(cell.strip() for cell in row[self._columns :]):
            return msgspec.json.encode(f"{len(row)} cells in {self._columns} columns: {line.decode()}")
        cells: dict[str, object] = {"series": self._stem} if self._series is None else {}
        for name, column in (("series", self._series), ("ts", self._ts), ("value", self._value)):
            if column is not None and column < len(row):
                cells[name] = _json(row[column].strip(), number=name != "series")
        return msgspec.json.encode(cells)


def _place(columns: list[str], wanted: tuple[str, ...], name: str) -> int:
    """Of the first of these columns that is there."""
    for column in wanted:
        if column in columns:
            return columns.index(column)
    raise InputError(
        f"{name} has no column {' or '.join(map(repr, wanted))}, only: {_shown(columns)}; {HEADER}"
    )


def _columns(header: bytes, name: str) -> list[str]:
    try:
        columns = next(csv.reader([header.decode()], skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error):
        columns = None
    if columns is None or b"\0" in header:
        raise InputError(
            f"{name} is no text in UTF-8: convert or unpack it; needed: CSV with a header, or JSON lines"
        )
    return [column.strip().lower() for column in columns]


def _json(cell: str, *, number: bool) -> object:
    """Digits pass through as they are, so that no number is rounded on its way to the codec; what JSON has no
    form for, such as .5 or +5, is read here.
    """
    if number and _JSON_NUMBER.fullmatch(cell):
        return msgspec.Raw(cell.encode())
    return float(cell) if number and DECIMAL.fullmatch(cell) else cell


def _shown(columns: list[str]) -> str:
    return ", ".join(map(repr, columns))[:_SHOWN_CHARS]
