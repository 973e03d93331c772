"""Points of one series in the order of their time, and clocks that are wrong."""

import numpy as np

from spear_stream.core.records import BoolArray, IndexArray, Int64Array, Rejection, SampleBatch
from spear_stream.core.table import SeriesTable

LEAP = 8.0
"""Usual intervals between two points from which the later one is not trusted until another confirms it."""
YOUNG = 2
"""Points of a series up to which no interval is usual yet."""


def is_stale(times: SeriesTable, slots: IndexArray, ts: Int64Array) -> BoolArray:
    """Which of these points are not to be taken in: their series are past them already.

    A point between the newest of its series and the one before is stale, unless the newest came after
    a leap in time: then that was the error of a clock, and the series goes on where it was. So one point
    with a time in the future costs no other point, and data that is sent twice is refused all the same.
    times: the quantizer's table; slots: (n,) distinct; ts: (n,) milliseconds.
    """
    seen, last, before = (times[name][slots] for name in ("seen", "last_ts", "before_ts"))
    leapt = (last - before > LEAP * times["interval"][slots]) | (seen <= YOUNG)
    goes_on = (ts > last) | (leapt & (before < ts) & (ts < last))
    return np.asarray((seen > 0) & ~goes_on)


def in_order(
    times: SeriesTable, samples: SampleBatch, slots: IndexArray, rows: IndexArray
) -> tuple[IndexArray, list[Rejection]]:
    """Those of `rows` that go on with their series, and why the others are refused: late or duplicate.

    slots: of all samples; rows: of distinct series.
    """
    stale = is_stale(times, slots[rows], samples.ts[rows])
    rejections = [
        _refused(row, int(times["last_ts"][slots[row]]), int(samples.ts[row])) for row in rows[stale].tolist()
    ]
    return rows[~stale], rejections


def is_within(ts: Int64Array, after: Int64Array, ms: int) -> BoolArray:
    """Whether `ts` is less than `ms` after; not when time went back, so that a wrong time mutes nothing."""
    return np.asarray((ts >= after) & (ts - after < ms))


def _refused(row: int, last: int, ts: int) -> Rejection:
    reason = "duplicate" if ts == last else "late"
    return Rejection(row, reason, f"{(last - ts) / 1000:.3f} s behind the newest of its series")
