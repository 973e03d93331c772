"""Times as people write them, to milliseconds since the epoch; one rule for daemon and trainer. And back."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import numpy as np

from spear_stream.core.records import Float64Array

# Epoch times are told apart by size: below 1e11 seconds, then milli-, micro- and nanoseconds.
# 1e11 s is the year 5138 and 1e11 ms is 1973, so no unit of a present-day time is ever taken for another.
_UNIT_BOUNDS = (1e11, 1e14, 1e17)
_UNIT_TO_MILLIS = (1e3, 1.0, 1e-3, 1e-6)

HOUR_MS = 3_600_000

END_OF_TIME = 7_258_118_400_000
"""2200-01-01 in milliseconds since the epoch; times from there on are refused, and those before 1970."""

END_OF_ISO = 253_402_300_800_000
"""10000-01-01, the same: the first that ISO-8601 has no four digits for."""

BEFORE_METRICS = 946_684_800_000
"""2000-01-01, the same: times before it are of another unit, or count from somewhere else."""
TOO_OLD = "all times lie before 2000: a time that is a number counts s, ms, us or ns from 1970-01-01"
COUNTED = "are rows only counted? {}; days such as 20260131? {}"
"""How such a table is read."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def epoch_millis(times: Float64Array) -> Float64Array:
    """Epoch times in s, ms, us or ns, told apart by size, to whole milliseconds; shape (n,) to (n,)."""
    unit = np.searchsorted(_UNIT_BOUNDS, times, side="right")
    millis: Float64Array = np.rint(times * np.take(_UNIT_TO_MILLIS, unit))
    return millis


def one_epoch_millis(time: float) -> int:
    """As epoch_millis, with the same arithmetic, so that a time never depends on the path it was read on.

    Raises ValueError or OverflowError for a number that is not finite.
    """
    return round(time * _UNIT_TO_MILLIS[bisect_right(_UNIT_BOUNDS, time)])


def iso_millis(text: str) -> int:
    """ISO-8601, in UTC where it names no zone. Raises ValueError."""
    return moment_millis(datetime.fromisoformat(text))


def written_moment(text: str, form: str) -> datetime:
    """By a format of strptime. Raises ValueError."""
    return datetime.strptime(text, form)  # noqa: DTZ007 - it has a zone only if the text has


def moment_millis(moment: datetime) -> int:
    """In UTC where it has no zone."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND


def is_too_old(newest_ms: int) -> bool:
    """Whether TOO_OLD is to be said of data that ends then."""
    return newest_ms < BEFORE_METRICS


def duration(seconds: float) -> str:
    """For people, in the unit that suits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
