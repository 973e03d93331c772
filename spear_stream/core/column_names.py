"""What somebody says of the columns of a table; one rule for daemon and trainer."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from spear_stream.core.errors import ConfigError
from spear_stream.core.times import written_moment

ALL = "*"
SHORTEST, LONGEST = 0.001, 4e7
"""Seconds between two rows: times know nothing shorter than the first, and who says more means no seconds."""
POINT, COMMA = ".", ","
_SOME_DAY = datetime(2026, 10, 31, 13, 59, 58, tzinfo=UTC)
_EXAMPLE = "31.01.2026 13:59 is '%d.%m.%Y %H:%M'"


@dataclass(frozen=True)
class ColumnNames:
    """What somebody calls the columns, None for the usual name, and how times and values are written."""

    time: str | None = None
    """Two, as in a line of CSV, are a date and a time of the day."""
    value: str | None = None
    """Several, as in a line of CSV, are a series each; so are all that are nothing else, with *."""
    series: str | None = None
    label: str | None = None
    anomaly: str | None = None
    """What labels of anomalies say, several as in a line of CSV; all else is normal. None: 1 or true."""
    group: str | None = None
    every: float | None = None
    """Seconds between two rows of a series; then no column is a time."""
    header: bool = True
    """The first line names the columns; else they are called 1, 2 and so on, and one alone is the value."""
    time_format: str | None = None
    """Of strptime; None: epoch times and ISO-8601."""
    decimal: str = POINT
    """Decimal mark of values; there is none between thousands, whatever it is."""

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        if self.decimal not in {POINT, COMMA}:
            raise ConfigError(f"decimal: needed is . or , as the decimal mark; not {self.decimal!r}")
        if self.time_format is not None:
            _check_format(self.time_format)
        if self.every is None:
            return
        if self.time is not None or self.time_format is not None:
            raise ConfigError("time and every: give one, the column of times or the seconds between two rows")
        if not SHORTEST <= self.every <= LONGEST:
            raise ConfigError(f"every: needed are seconds, {SHORTEST} to {LONGEST:,.0f}; not {self.every:g}")

    @property
    def are_given(self) -> bool:
        """Something is said of columns, and so the data has some."""
        return replace(self, decimal=POINT) != USUAL

    def pointed(self, cell: str) -> str | None:
        """A value's cell with a decimal point; None where it has a point that cannot be one."""
        if self.decimal == POINT:
            return cell
        return None if POINT in cell else cell.replace(COMMA, POINT)


USUAL = ColumnNames()


def _check_format(form: str) -> None:
    """Raises ConfigError for one that reads no times, or reads them otherwise than they are meant."""
    if "%Z" in form:  # strptime knows UTC and the names of the machine's zone, and takes no offset from them
        raise ConfigError(f"time_format: the name of a zone (%Z in {form!r}) says no offset; %z reads +0100")
    if "%p" in form and "%I" not in form:
        raise ConfigError(f"time_format: {form!r} has a half of the day (%p); its hours are %I, not %H")
    try:
        found = written_moment(_SOME_DAY.strftime(form), form)
    except (ValueError, re.error) as fault:  # the second for a letter that is there twice
        raise ConfigError(f"time_format: {form!r} is no format of times ({fault}); {_EXAMPLE}") from None
    if found.date() != _SOME_DAY.date():
        raise ConfigError(f"time_format: {form!r} names no day of a year; {_EXAMPLE}")
