"""Which column of a table is what; one rule for daemon and trainer."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from spear_stream.core.errors import ConfigError, InputError

TIMES = ("ts", "timestamp")
NO_VALUES = frozenset({*TIMES, "series", "label", "group", "kinds"})
"""Names of columns that are no values; `spear-trainer label` writes the last."""
ALL = "*"
SEPARATORS = ",;\t"
START_MS = 946_684_800_000
"""2000-01-01, in milliseconds since the epoch: where series without times begin."""
MILLISECOND = 0.001
"""In seconds; times know nothing shorter."""
_SHOWN_CHARS = 200


@dataclass(frozen=True)
class ColumnNames:
    """What somebody calls the columns, in letters of any size; None stands for the usual name."""

    time: str | None = None
    value: str | None = None
    """Several, as in a line of CSV, are a series each; so are all that are nothing else, with *."""
    series: str | None = None
    label: str | None = None
    group: str | None = None
    every: float | None = None
    """Seconds between two rows of a series; then no column is a time."""

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        if self.every is None:
            return
        if self.time is not None:
            raise ConfigError("time and every: give one, the column of times or the seconds between two rows")
        if not MILLISECOND <= self.every < inf:
            raise ConfigError(f"every: {self.every:g} is no number of seconds of {MILLISECOND} or more")


USUAL = ColumnNames()


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
        return START_MS + round(row * self._every_ms)


@dataclass(frozen=True)
class Columns:
    """The columns that a table has, as its header writes them; None is what it has not."""

    time: str | RowClock
    values: tuple[str, ...]
    wide: bool
    """Each column of values is a series of its own, named after it."""
    series: str | None
    label: str | None
    group: str | None
    others: tuple[str, ...]
    """What is not read and may be values, or tell series apart."""

    def time_of(self, row: Mapping[str, object], series: str) -> object:
        """As the row has it, None of one that is too short; of rows without a time, epoch milliseconds."""
        return self.time.tick(series) if isinstance(self.time, RowClock) else row.get(self.time)

    def series_of(self, series: str, value: str) -> str:
        """Name of the series of this column of values, in a row of `series`."""
        return ".".join(filter(None, (series, value))) if self.wide else series


def separator(header: str) -> str:
    """Of the cells below this header: a comma, or what it has more of, semicolons or tabs."""
    return max(SEPARATORS, key=header.count)


def find_columns(header: Sequence[str], names: ColumnNames, table: str, option: str) -> Columns:
    """Where everything is in `header`, names without spaces around them.

    table: what messages call it; option: how a name is given, such as `--{} `. Raises InputError for a column
    that is missing and needed, or that was asked for.
    """
    there = _Header(header, table, option)
    time = there.time(names.time) if names.every is None else RowClock(names.every)
    series, label, group = (
        there.optional(asked, usual)
        for asked, usual in ((names.series, "series"), (names.label, "label"), (names.group, "group"))
    )
    others = there.others({time, series, label, group})
    values = there.values(names.value or "value", others)
    wide = names.value == ALL or len(values) > 1
    unread = tuple(name for name in others if name not in values)
    return Columns(time, values, wide, series, label, group, unread)


class _Header:
    """Names as the header has them, found in letters of any size."""

    def __init__(self, header: Sequence[str], table: str, option: str) -> None:
        self._header, self._table, self._option = header, table, option
        self._by_name = {name.lower(): name for name in reversed(header) if name}

    def time(self, asked: str | None) -> str:
        never = f"; for rows without a time: {self._option.format('every')}SECONDS"
        return self.needed(TIMES if asked is None else (asked,), "time", never)

    def optional(self, asked: str | None, usual: str) -> str | None:
        return self._by_name.get(usual) if asked is None else self.needed((asked,), usual)

    def needed(self, wanted: Sequence[str], what: str, more: str = "") -> str:
        for name in wanted:
            if found := self._by_name.get(name.lower()):
                return found
        raise InputError(
            f"{self._table} has no column {' or '.join(map(repr, wanted))}, only: {self._shown()}; "
            f"say which one it is: {self._option.format(what)}COLUMN{more}"
        )

    def others(self, taken: set[object]) -> tuple[str, ...]:
        names = dict.fromkeys(self._header)
        return tuple(name for name in names if name and name not in taken and name.lower() not in NO_VALUES)

    def values(self, asked: str, others: tuple[str, ...]) -> tuple[str, ...]:
        if asked != ALL:
            return tuple(self.needed((name,), "value") for name in _listed(asked))
        if not others:
            raise InputError(f"{self._table} has no column of values, only: {self._shown()}")
        return others

    def _shown(self) -> str:
        return ", ".join(map(repr, self._header))[:_SHOWN_CHARS] or "nothing"


def _listed(names: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([names], skipinitialspace=True))]
