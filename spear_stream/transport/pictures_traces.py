"""What pictures need of every series, in bounded memory."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spear_stream.core.explain import REACH
from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Float64Array,
    Int64Array,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
)

MOST_POINTS = 4_000
"""Points kept per series; more cannot be told apart in a picture."""
FEWEST_POINTS = 256
ALL_POINTS = 4_000_000
"""Points kept of all series together, while each can have FEWEST_POINTS; 8 bytes a column."""


@dataclass(frozen=True)
class Span:
    """One alert as a picture shows it; times in milliseconds since the epoch."""

    start: int
    end: int
    severity: str
    kind: str
    peak: float
    is_open: bool


@dataclass(frozen=True)
class Trace:
    """One series. ts, value: (n,) the points; scored_ts, score, low, high: (m,) the scored ones."""

    series: str
    ts: Int64Array
    value: Float64Array
    scored_ts: Int64Array
    score: Float64Array
    low: Float64Array
    """Lower end of the expected range, unit of the series."""
    high: Float64Array
    alerts: Sequence[Span] = ()

    @property
    def peak(self) -> float:
        """Highest score, 0 without any."""
        return float(self.score.max()) if len(self.score) else 0.0


class Traces:
    """A core.ports.Recorder that collects the accepted points, scores and alerts of every series.

    Where a series has more points than are kept, of every stretch of time its lowest and highest
    value and its highest score stay, so that no spike disappears.
    """

    def __init__(self) -> None:
        self._points: dict[str, _Columns] = {}
        self._scores: dict[str, _Columns] = {}
        self._alerts: dict[str, dict[str, Span]] = {}

    def __len__(self) -> int:
        return len(self._points)

    def __iter__(self) -> Iterator[Trace]:
        """In the order in which the series first appeared."""
        return (self.trace(series) for series in self._points)

    def trace(self, series: str) -> Trace:
        """A copy of what is known by now. Raises KeyError for a series without points."""
        ts, (value,) = self._points[series].arrays()
        scored_ts, (score, low, high) = self._scores.get(series, _Columns(3)).arrays()
        alerts = tuple(self._alerts.get(series, {}).values())
        return Trace(series, ts, value, scored_ts, score, low, high, alerts)

    def points(self, samples: SampleBatch, observed: Observation) -> None:
        rows = np.flatnonzero(observed.accepted)
        columns = (samples.ts[rows].tolist(), samples.value[rows].tolist())
        for row, ts, value in zip(rows.tolist(), *columns, strict=True):
            self._points.setdefault(samples.series[row], _Columns(1)).append(ts, value)
        for series in {samples.series[row] for row in rows.tolist()}:
            self._points[series].thin(self._limit, both_ends=True)

    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        """Nothing to draw."""

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:
        reach = REACH * windows["scale"]
        columns = (windows["ts"], scored.score, windows["centre"] - reach, windows["centre"] + reach)
        for series, *row in zip(names, *(column.tolist() for column in columns), strict=True):
            self._scores.setdefault(series, _Columns(3)).append(*row)
        for series in set(names):
            self._scores[series].thin(self._limit, both_ends=False)

    def events(self, events: Sequence[AlertEvent]) -> None:
        for event in events:
            self._alerts.setdefault(event.series, {})[event.alert_id] = _span(event)

    def flush(self) -> None:
        """Nothing is kept back."""

    @property
    def _limit(self) -> int:
        share = ALL_POINTS // max(len(self._points), 1)
        return min(max(share, FEWEST_POINTS), MOST_POINTS)


class _Columns:
    """Times and numbers that belong to them, growing."""

    def __init__(self, numbers: int) -> None:
        self._ts = array("q")
        self._numbers = [array("d") for _ in range(numbers)]

    def append(self, ts: int, *numbers: float) -> None:
        self._ts.append(ts)
        for column, number in zip(self._numbers, numbers, strict=True):
            column.append(number)

    def arrays(self) -> tuple[Int64Array, list[Float64Array]]:
        return np.array(self._ts, np.int64), [np.array(column, np.float64) for column in self._numbers]

    def thin(self, limit: int, *, both_ends: bool) -> None:
        """At twice the limit, keep the extremes of the first number, see below."""
        if len(self._ts) <= 2 * limit:
            return
        ts, numbers = self.arrays()
        kept = extremes(ts, numbers[0], limit, both_ends=both_ends)
        self._ts = array("q", ts[kept].tobytes())
        self._numbers = [array("d", column[kept].tobytes()) for column in numbers]


def extremes(ts: Int64Array, value: Float64Array, limit: int, *, both_ends: bool) -> np.ndarray:
    """Rows of the highest value, and the lowest, per equal stretch of time: at most `limit`, ascending."""
    stretches = limit // 2 if both_ends else limit
    stretch = (ts - ts[0]) * stretches // (ts[-1] - ts[0] + 1)
    order = np.lexsort((value, stretch))
    last = np.flatnonzero(np.diff(stretch[order], append=stretches))
    first = np.concatenate(([0], last[:-1] + 1))
    return np.unique(order[np.concatenate((first, last)) if both_ends else last])


def _span(event: AlertEvent) -> Span:
    return Span(
        start=event.started_at,
        end=event.last_seen_at if event.ended_at is None else event.ended_at,
        severity=event.severity,
        kind=event.kind,
        peak=event.peak_score,
        is_open=event.type != "closed",
    )
