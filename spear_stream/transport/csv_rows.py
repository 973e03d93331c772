"""Rows of CSV to records in the default JSON mapping."""

import csv
import re
from pathlib import Path

import msgspec

from spear_stream.core.columns import ColumnNames, find_columns, separator
from spear_stream.core.errors import InputError
from spear_stream.transport.formats.fields import DECIMAL

OPTION = "--{} "
"""How score-file is told the name of a column."""
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class CsvRows:
    """Knows from the header which column is what; without one of series the series is the file's stem.

    Raises InputError if a column of times or values is missing.
    """

    def __init__(self, header: bytes, name: str, names: ColumnNames) -> None:
        """name: of the file."""
        try:
            text = header.decode()
            self._separator = separator(text)
            self._header = self._cells(text)
        except (UnicodeDecodeError, csv.Error):
            raise _no_text(name) from None
        if b"\0" in header:
            raise _no_text(name)
        self._columns = find_columns(self._header, names, name, OPTION)
        self._stem = Path(name).stem
        self.merged = self._columns.others if self._columns.series is None else ()
        """Columns that may tell series apart and are not read, as none of series is known."""

    def records(self, line: bytes) -> list[bytes]:
        """The row as JSON, a record per column of values. A line that is no CSV stays as it is, for the codec
        to refuse.

        So is one with more cells than columns: a decimal comma would make another number of it. Empty cells
        of several columns of values are left out: tables that were joined by time are full of them.
        """
        try:
            cells = self._cells(line.decode())
        except (UnicodeDecodeError, csv.Error):
            return [line]
        if any(cells[len(self._header) :]):
            told = f"{len(cells)} cells in {len(self._header)} columns: {line.decode()}"
            return [msgspec.json.encode(told)]
        row = dict(zip(self._header, cells, strict=False))
        columns = self._columns
        series = self._stem if columns.series is None else row.get(columns.series)
        ts = columns.time_of(row, series or "")
        return [
            _record(series and columns.series_of(series, name), ts, row.get(name))
            for name in columns.values
            if row.get(name) or not columns.wide
        ]

    def _cells(self, line: str) -> list[str]:
        cells = next(csv.reader([line], skipinitialspace=True, delimiter=self._separator))
        return [cell.strip() for cell in cells]


def _no_text(name: str) -> InputError:
    return InputError(
        f"{name} is no text in UTF-8: convert or unpack it; needed: CSV with a header, or JSON lines"
    )


def _record(series: str | None, ts: object, value: str | None) -> bytes:
    cells = {"series": series, "ts": _json(ts), "value": _json(value)}
    return msgspec.json.encode({name: cell for name, cell in cells.items() if cell is not None})


def _json(cell: object) -> object:
    """Digits pass through as they are, so that no number is rounded on its way to the codec; what JSON has no
    form for, such as .5 or +5, is read here.
    """
    if not isinstance(cell, str):
        return cell
    if _JSON_NUMBER.fullmatch(cell):
        return msgspec.Raw(cell.encode())
    return float(cell) if DECIMAL.fullmatch(cell) else cell
