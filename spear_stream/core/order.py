"""Points of one series in the order of their time, and clocks that are wrong."""

import numpy as np

from spear_stream.core.records import (
    BoolArray,
    Float64Array,
    IndexArray,
    Int64Array,
    Rejection,
    SampleBatch,
)
from spear_stream.core.refusals import Refusal
from spear_stream.core.rounds import rounds
from spear_stream.core.table import SeriesTable

LEAP = 8.0
"""Usual intervals between two points from which the later one is not trusted until another confirms it."""
YOUNG = 2
"""Points of a series up to which no interval is usual yet."""
GAP = 1.5
"""Usual intervals after which a point counts as following a gap."""
INTERVAL_MEMORY = 16
"""Points over which the usual interval is learnt."""
TIMES = {"seen": np.int64, "last_ts": np.int64, "before_ts": np.int64, "interval": np.float64}
"""Columns of what is known of the times of a series."""


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


def pass_time(times: SeriesTable, slots: IndexArray, ts: Int64Array, seen: Int64Array) -> Float64Array:
    """Note the time of one new point per series. Returns the octaves by which that since the last point
    exceeds a usual interval; 0 is no gap.

    Behind a clock's error time goes back: that is no interval, and one that a young series took from the
    error is forgotten. times, slots, ts: as above, of points that are not stale; seen: (n,) points before.
    """
    last, interval = times["last_ts"][slots], times["interval"][slots]
    passed = np.where(seen > 0, ts - last, 0).astype(np.float64)
    usual = np.where(interval > 0, interval, np.abs(passed))
    pull = np.minimum(np.maximum(passed, usual / 4), usual * 4) - usual
    learnt = usual + pull / np.minimum(np.maximum(seen, 1), INTERVAL_MEMORY)
    kept = np.where(seen > YOUNG, interval, 0.0)
    times["interval"][slots] = np.where(passed < 0, kept, learnt)
    times["before_ts"][slots], times["last_ts"][slots] = np.minimum(last, ts), ts
    return np.asarray(np.ceil(np.log2(np.maximum(passed / np.maximum(GAP * usual, 1.0), 1.0))))


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


def intervals_before(times: SeriesTable, slots: IndexArray, ts: Int64Array) -> Float64Array:
    """The usual interval of the series of each point, as known when it comes; (n,), 0 where none is, and NaN
    where the point is stale.

    times: the quantizer's table, which is left as it is; slots, ts: (n,) of points that come in this order.
    """
    ours, places = np.unique(slots, return_inverse=True)
    copy = SeriesTable(**TIMES)
    copy.restore({name: times[name][ours] for name in TIMES})
    known = np.full(len(slots), np.nan)
    for part in rounds(places):
        fresh = part[~is_stale(copy, places[part], ts[part])]
        rows = places[fresh]
        known[fresh] = copy["interval"][rows]
        pass_time(copy, rows, ts[fresh], copy["seen"][rows])
        copy["seen"][rows] += 1
    return known


def is_within(ts: Int64Array, after: Int64Array, ms: int) -> BoolArray:
    """Whether `ts` is less than `ms` after; not when time went back, so that a wrong time mutes nothing."""
    return np.asarray((ts >= after) & (ts - after < ms))


def _refused(row: int, last: int, ts: int) -> Rejection:
    if ts == last:
        return Rejection(row, Refusal.DUPLICATE, "its series has a point of this time")
    return Rejection(row, Refusal.LATE, f"{(last - ts) / 1000:.3f} s behind the newest of its series")
