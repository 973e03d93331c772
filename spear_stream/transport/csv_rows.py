"""Rows of CSV to records in the default JSON mapping."""

import codecs
import csv
import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from spear_stream.core.column_names import POINT, ColumnNames
from spear_stream.core.columns import Column, RowClock
from spear_stream.core.csv_header import MISSING, cells, read_header
from spear_stream.core.dead_letters import CellNames, LineFault
from spear_stream.core.errors import InputError
from spear_stream.core.times import written_moment
from spear_stream.transport.faults import Reason, describe
from spear_stream.transport.formats.fields import DECIMAL

PARQUET = b"PAR1"
"""What such a file begins with."""
OPTION = "--{} {}"
"""How score-file is told the name of a column."""
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class RowRecord(NamedTuple):
    """A record that a row holds, or a row that holds none."""

    value: bytes
    cells: CellNames | None = None
    fault: LineFault | None = None


class CsvRows:
    """Knows from the header which column is what; without one of series the series is the file's stem.

    Raises InputError if a column of times or values is missing.
    """

    def __init__(self, header: bytes, name: str, names: ColumnNames) -> None:
        """name: of the file."""
        if b"\0" in header or header.startswith(PARQUET):
            raise _no_text(name, header)
        try:
            found = read_header(header.decode(), names, name, OPTION)
        except UnicodeDecodeError:
            raise _no_text(name, header) from None
        self._separator, self._width, self._columns = found
        self._names = names
        self._clock = None if names.every is None else RowClock(names.every)
        self._stem = Path(name).stem
        self._values = [(column, self._names_of(column)) for column in self._columns.values]

    @property
    def merged(self) -> list[str]:
        """Columns that may tell series apart and are not read (columns.py)."""
        return self._columns.merged

    @property
    def samples(self) -> int:
        """Most that a row has."""
        return len(self._columns.values)

    def records(self, line: bytes) -> list[RowRecord]:
        """The row as JSON, a record per column of values. A line that is no CSV stays as it is, for the codec
        to refuse.

        So is one with more cells than columns: a decimal comma would make another number of it. Empty cells
        of several columns of values are left out: tables that were joined by time are full of them.
        """
        try:
            row = cells(line.decode(), self._separator)
        except (UnicodeDecodeError, csv.Error):
            self._time([])
            return [RowRecord(line)]
        ts, fault = self._time(row)
        if any(row[self._width :]):
            return [self._too_long(row, line.decode())]
        series, columns = self._series(row), self._columns
        return [
            RowRecord(
                _record(series and columns.series_of(series, one), ts, self._number(row, one)), names, fault
            )
            for one, names in self._values
            if not columns.wide or (one.of(row) or "").lower() not in MISSING
        ]

    def _too_long(self, row: list[str], line: str) -> RowRecord:
        point = "" if self._names.decimal != POINT else "write numbers with a point, and "
        cure = f"{point}quote a cell that holds {self._separator!r}"
        told = f"{len(row)} cells in {self._width} columns; {cure}: {describe(line)}"
        return RowRecord(msgspec.json.encode(line), fault=LineFault(Reason.WRONG_SHAPE, told))

    def _names_of(self, value: Column) -> CellNames:
        series, time = self._columns.series, self._columns.time
        return CellNames(series and series.name, None if time is None else time.name, value.name)

    def _number(self, row: list[str], column: Column) -> object:
        """What is no number stays as it is written."""
        cell = column.of(row)
        if cell is None or (pointed := self._names.pointed(cell)) is None:
            return cell
        number = _json(pointed)
        return cell if isinstance(number, str) else number

    def _series(self, row: list[str]) -> str | None:
        return self._stem if self._columns.series is None else self._columns.series.of(row)

    def _time(self, row: list[str]) -> tuple[object, LineFault | None]:
        """And what is wrong with it, if it is written otherwise than the names say."""
        if self._clock is not None:
            return self._clock.tick(self._series(row) or ""), None
        time, form = self._columns.time, self._names.time_format
        cell = None if time is None else time.of(row)
        if cell is None or form is None:
            return cell, None
        try:
            return written_moment(cell, form).isoformat(), None
        except ValueError:
            told = f"time is {describe(cell)}, which is not written as {form!r}"
            return cell, LineFault(Reason.TS_INVALID, told)


def _no_text(name: str, header: bytes) -> InputError:
    cure = "unpack it, or convert it (from Excel: iconv -f cp1252 -t utf-8)"
    if header.startswith(PARQUET):
        cure = "it is Parquet, which spear-trainer reads; write it as CSV"
    elif header.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        cure = "convert it (iconv -f utf-16 -t utf-8)"
    return InputError(f"{name} is no text in UTF-8: {cure}; needed: CSV with a header, or JSON lines")


def _record(series: str | None, ts: object, value: object) -> bytes:
    sample = {"series": series, "ts": _json(ts), "value": value}
    return msgspec.json.encode({name: cell for name, cell in sample.items() if cell is not None})


def _json(cell: object) -> object:
    """Digits pass through as they are, so that no number is rounded on its way to the codec; what JSON has no
    form for, such as .5 or +5, is read here.
    """
    if not isinstance(cell, str):
        return cell
    if _JSON_NUMBER.fullmatch(cell):
        return msgspec.Raw(cell.encode())
    return float(cell) if DECIMAL.fullmatch(cell) else cell
