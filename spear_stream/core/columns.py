"""Which column of a table is what, by what somebody says of them (column_names.py)."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from spear_stream.core.column_names import ALL, ColumnNames
from spear_stream.core.errors import InputError
from spear_stream.core.times import BEFORE_METRICS

TIMES = ("ts", "timestamp")
NO_VALUES = frozenset({*TIMES, "series", "label", "group", "kinds"})
"""Names of columns that are no values; `spear-trainer label` writes the last."""
LABEL_NAMES = frozenset({"anomaly", "anomalies", "is_anomaly", "is_outlier", "outlier", "changepoint"})
"""What others call columns of labels: no values unless they are named."""
START_MS = BEFORE_METRICS
"""Where series without times begin, the first time that nobody wonders at."""
SHOWN_CHARS = 200
Cell = TypeVar("Cell")


class Column(NamedTuple):
    """A column that is there."""

    place: int
    """0 is the first."""
    name: str
    """As the header writes it."""

    def of(self, row: Sequence[Cell]) -> Cell | None:
        """Its cell; None in a row that is too short."""
        return row[self.place] if self.place < len(row) else None


@dataclass(frozen=True)
class JoinedColumns:
    """Several that are read as one, a space between their cells: a date, and a time of the day."""

    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return ",".join(column.name for column in self.columns)

    def of(self, row: Sequence[object]) -> str | None:
        """None in a row that is too short for one of them."""
        found = [column.of(row) for column in self.columns]
        return None if None in found else " ".join(map(str, found))


@dataclass(frozen=True)
class Columns:
    """The columns of a table; None is what it has not."""

    time: Column | JoinedColumns | None
    values: tuple[Column, ...]
    wide: bool
    """Each column of values is a series of its own, named after it."""
    series: Column | None
    label: Column | None
    group: Column | None
    others: tuple[Column, ...]
    """What is not read and may be values, or tell series apart."""

    @property
    def read(self) -> list[Column]:
        """Those that are something."""
        roles = (*parts_of(self.time), *self.values, self.series, self.label, self.group)
        return [column for column in roles if column is not None]

    @property
    def merged(self) -> list[str]:
        """Names of what may tell series apart and is not read, as no column of series is known."""
        return [] if self.series is not None else [column.name for column in self.others]

    def series_of(self, series: str, value: Column) -> str:
        """Name of the series of this column of values, in a row of `series`."""
        return ".".join(filter(None, (series, value.name))) if self.wide else series


def parts_of(column: Column | JoinedColumns | None) -> tuple[Column, ...]:
    """Those of the table that make it."""
    if column is None:
        return ()
    return column.columns if isinstance(column, JoinedColumns) else (column,)


class RowClock:
    """Times of rows that have none: those of a series are equally far apart, the first is at START_MS."""

    def __init__(self, every: float) -> None:
        """every: seconds, above 0."""
        self._every_ms = every * 1000
        self._rows: Counter[str] = Counter()

    def tick(self, series: str) -> int:
        """Milliseconds since the epoch of the next row of this series."""
        row = self._rows[series]
        self._rows[series] += 1
        return self.at(row)

    def at(self, row: int) -> int:
        """Of the row of this number, of which the first is 0."""
        return START_MS + round(row * self._every_ms)


def find_columns(header: Sequence[str], names: ColumnNames, table: str, option: str) -> Columns:
    """Where everything is in `header`, names without spaces around them.

    table: what messages call it; option: how something is given, such as `--{} {}`. Raises InputError for a
    column that is missing and needed or asked for, and for one that is to be two things.
    """
    there = _Header(header, table, option)
    time = there.time(names.time) if names.every is None else None
    series, label, group = (
        there.optional(asked, usual)
        for asked, usual in ((names.series, "series"), (names.label, "label"), (names.group, "group"))
    )
    others = there.others({*parts_of(time), series, label, group})
    values = there.values(names.value, others)
    read = {column.name for column in values}
    unread = tuple(column for column in others if column.name not in read)
    found = Columns(time, values, names.value == ALL or len(values) > 1, series, label, group, unread)
    if twice := _twice(column.name for column in found.read):
        raise InputError(f"{table}: the column {twice!r} would be two things, or is there twice")
    return found


class _Header:
    """Columns by their names, as they are written or else in letters of any size."""

    def __init__(self, header: Sequence[str], table: str, option: str) -> None:
        self._columns = [Column(place, name) for place, name in enumerate(header)]
        self._count = Counter(header)
        self._table, self._option = table, option
        self._by_name = {column.name.lower(): column for column in reversed(self._columns)}
        self._by_name |= {column.name: column for column in reversed(self._columns)}

    def find(self, name: str) -> Column | None:
        """Raises InputError where two have the very name."""
        found = self._by_name.get(name) or self._by_name.get(name.lower())
        if found and found.name and self._count[found.name] > 1:
            raise InputError(f"{self._table} has two columns {found.name!r}: give one another name")
        return found

    def time(self, asked: str | None) -> Column | JoinedColumns:
        more = f"; a date and a time of the day: A,B; rows without: {self._option.format('every', 'SECONDS')}"
        if asked is not None and self.find(asked) is None and len(names := listed(asked)) > 1:
            return JoinedColumns(tuple(self._needed((name,), "time", more) for name in names))
        return self._needed(TIMES if asked is None else (asked,), "time", more)

    def optional(self, asked: str | None, usual: str) -> Column | None:
        return self.find(usual) if asked is None else self._needed((asked,), usual)

    def others(self, taken: set[Column | None]) -> tuple[Column, ...]:
        known = {"", *(column.name for column in taken if column is not None)}
        return tuple(
            column
            for column in self._columns
            if column.name not in known and column.name.lower() not in NO_VALUES
        )

    def values(self, asked: str | None, others: tuple[Column, ...]) -> tuple[Column, ...]:
        if asked == ALL:
            found = tuple(column for column in others if column.name.lower() not in LABEL_NAMES)
        elif asked is None or self.find(asked):
            wanted = "value" if asked is None else asked
            found = (self._needed((wanted,), "value", f"; several: A,B; all: '{ALL}'"),)
        else:
            found = tuple(dict.fromkeys(self._needed((name,), "value") for name in listed(asked)))
        if not found:
            raise InputError(f"{self._table} has no column of values, only: {self._shown()}")
        return found

    def _needed(self, wanted: Sequence[str], what: str, more: str = "") -> Column:
        for name in wanted:
            if found := self.find(name):
                return found
        raise InputError(
            f"{self._table} has no column {' or '.join(map(repr, wanted))}, only: {self._shown()}; "
            f"say which one it is: {self._option.format(what, 'COLUMN')}{more}"
        )

    def _shown(self) -> str:
        names = ", ".join(repr(column.name) for column in self._columns) or "nothing"
        return names if len(names) <= SHOWN_CHARS else f"{names[:SHOWN_CHARS]} ..."


def listed(names: str) -> list[str]:
    """As in a line of CSV: a name with a comma is quoted."""
    return [name.strip() for name in next(csv.reader([names], skipinitialspace=True))]


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)
