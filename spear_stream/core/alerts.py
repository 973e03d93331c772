"""Alert policy: which scores become events, and when an alert opens, is updated and closes.

Score, threshold and learning are three things (river `anomaly`): this file only
decides. All state is per series; events are rare, so only they cost Python time.
"""

from collections.abc import Callable, Sequence

import numpy as np

from spear_stream.core.alert_policy import BOTH, MOST_SCORES, UP, AlertPolicy
from spear_stream.core.departure import CLOSE_SCORES, COLUMNS, Departure
from spear_stream.core.explain import explain, side_of
from spear_stream.core.gate import turns
from spear_stream.core.identity import alert_id
from spear_stream.core.kinds import KindReader, kind_trees
from spear_stream.core.order import is_within
from spear_stream.core.records import (
    AlertEvent,
    BoolArray,
    Float64Array,
    IndexArray,
    ModelInfo,
    Position,
    StructArray,
    TopicPartition,
    probability_of,
)
from spear_stream.core.ring import farthest_fresh
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable

ESCALATION = 0.05
"""A score this far above the last peak opens a new alert even while the series cools down."""
_REPORTED = ("sequence", "opened_at", "opened_offset", "last_seen", "score", "peak")


class AlertBook:
    """The alerts of one partition's series; a row (slot) per series."""

    def __init__(
        self,
        source: TopicPartition,
        spec: WindowSpec,
        policy: AlertPolicy,
        hop: int,
        name_of: Callable[[int], str],
        model_of: Callable[[int], ModelInfo],
        kinds: KindReader | None = None,
    ) -> None:
        """hop: fewest points between two scores of a series."""
        self._source = source
        self._spec = spec
        self._policy = policy
        self._name_of = name_of
        self._model_of = model_of
        self._kinds = kinds or kind_trees()
        self._hop = hop
        self.table = SeriesTable(
            is_open=np.bool_,
            hot=np.int16,
            quiet=np.int16,
            sequence=np.int32,
            score=np.float64,
            peak=np.float64,
            opened_at=np.int64,
            opened_offset=np.int64,
            last_seen=np.int64,
            last_event=np.int64,
            closed_at=np.int64,
            **COLUMNS,
        )
        self._departure = Departure(self.table, hop)

    def update(self, windows: StructArray, score: Float64Array) -> list[AlertEvent]:
        """Events of one new score per series. windows: (n,) of distinct slots; score: (n,)."""
        slots = windows["slot"].astype(np.intp)
        self.table["score"][slots] = score
        opens = self._opens(slots, windows, score)  # by the peak of the alert before
        alive = self._alive(slots, windows, score)
        closes = self._closes(slots, windows, alive)
        updates = self._updates(slots, windows["ts"], score, alive)
        if not (opens | updates | closes).any():
            return []
        events = self._open(windows[opens])
        events += self._follow("updated", windows[updates], [None] * int(updates.sum()))
        return events + self._close(windows[closes])

    def close(self, windows: StructArray, resolution: str) -> list[AlertEvent]:
        """End alerts without a new point. windows: the last one of each series."""
        self.table["hot"][windows["slot"]] = 0
        return self._close(windows, [resolution] * len(windows))

    def _hot(self, windows: StructArray, score: Float64Array) -> BoolArray:
        """Scores high enough and deviations of the wanted kind: of the points it scores, the farthest."""
        threshold = self._policy.threshold(windows["points"] / self._spec.length)
        return np.asarray((score >= threshold) & self._is_wanted(windows, farthest_fresh(windows)[0]))

    def _is_wanted(self, windows: StructArray, deviation: Float64Array) -> BoolArray:
        """Deviations of a point of each window that are large enough and to the right side."""
        policy = self._policy
        wanted = np.abs(deviation) >= policy.min_relative_deviation * np.abs(windows["centre"])
        if policy.direction != BOTH:
            wanted &= side_of(windows, deviation) * (1 if policy.direction == UP else -1) > 0
        return np.asarray(wanted)

    def _opens(self, slots: IndexArray, windows: StructArray, score: Float64Array) -> BoolArray:
        table, policy = self.table, self._policy
        run = np.where(self._hot(windows, score), np.minimum(table["hot"][slots] + 1, MOST_SCORES), 0)
        table["hot"][slots] = run
        closed_at = table["closed_at"][slots]
        cooled = (closed_at == 0) | ~is_within(windows["ts"], closed_at, policy.cooldown_ms)
        escalates = score > table["peak"][slots] + ESCALATION
        return np.asarray((run >= policy.min_points) & (cooled | escalates) & ~table["is_open"][slots])

    def _alive(self, slots: IndexArray, windows: StructArray, score: Float64Array) -> BoolArray:
        """Open alerts whose series is anomalous by this score, but for the way back, or still away."""
        is_open = self.table["is_open"][slots]
        alive = is_open.copy()
        if is_open.any():
            followed, departure = windows[is_open], self._departure
            departure.follow(followed)
            by_score = (score[is_open] >= self._policy.close_score) & ~departure.comes_back(followed)
            value = departure.newest(followed)
            wanted = self._is_wanted(followed, value - followed["centre"])
            alive[is_open] = by_score | (departure.is_away(followed, value) & wanted)
        return np.asarray(alive)

    def _closes(self, slots: IndexArray, windows: StructArray, alive: BoolArray) -> BoolArray:
        """Open alerts that have been quiet for long enough; one window may stand for several scores."""
        quiet = self.table["quiet"][slots] + turns(windows, self._hop)
        quiet = np.where(self.table["is_open"][slots] & ~alive, quiet, 0)
        self.table["quiet"][slots] = quiet
        return np.asarray(quiet >= CLOSE_SCORES)

    def _updates(self, slots: IndexArray, ts: np.ndarray, score: Float64Array, alive: BoolArray) -> BoolArray:
        """Open alerts that are due for an event: by severity, or if they live by the time since the last."""
        table, policy = self.table, self._policy
        is_open, peak, seen = table["is_open"][slots], table["peak"][slots], table["last_seen"][slots]
        highest = np.where(is_open, np.maximum(peak, score), peak)
        table["peak"][slots] = highest
        table["last_seen"][slots] = np.where(alive, np.maximum(ts, seen), seen)
        due = ~is_within(ts, table["last_event"][slots], policy.update_ms)
        return np.asarray((alive & due) | (policy.rank(highest) > policy.rank(peak)))

    def _open(self, windows: StructArray) -> list[AlertEvent]:
        table, slots = self.table, windows["slot"]
        table["is_open"][slots] = True
        table["sequence"][slots] = 0
        table["peak"][slots] = table["score"][slots]
        table["opened_offset"][slots] = windows["offset"]
        for column in ("opened_at", "last_seen", "last_event"):
            table[column][slots] = windows["ts"]
        self._departure.begin(windows)
        return [self._event("opened", window) for window in windows]

    def _close(self, windows: StructArray, resolutions: Sequence[str] = ()) -> list[AlertEvent]:
        """resolutions: how they end; by the newest values if not given."""
        self.table["is_open"][windows["slot"]] = False
        self.table["closed_at"][windows["slot"]] = windows["ts"]
        return self._follow("closed", windows, resolutions or self._departure.resolutions(windows))

    def _follow(self, kind: str, windows: StructArray, resolutions: Sequence[str | None]) -> list[AlertEvent]:
        """The next events of alerts: `updated` or `closed`."""
        self.table["sequence"][windows["slot"]] += 1
        self.table["last_event"][windows["slot"]] = windows["ts"]
        departed = self._departure.has_departed(windows)
        return [
            self._event(kind, window, departed=gone, resolution=resolution)
            for window, gone, resolution in zip(windows, departed, resolutions, strict=True)
        ]

    def _event(
        self, kind: str, window: np.void, *, departed: bool = False, resolution: str | None = None
    ) -> AlertEvent:
        slot = int(window["slot"])
        series, row = self._name_of(slot), {name: self.table[name][slot].item() for name in _REPORTED}
        why = explain(window, self._spec, self._kinds, row["opened_at"], departed=departed)
        position = Position(*self._source, row["opened_offset"])
        return AlertEvent(
            type=kind,
            alert_id=alert_id(series, position, row["opened_at"]),
            sequence=row["sequence"],
            series=series,
            started_at=row["opened_at"],
            last_seen_at=row["last_seen"],
            ended_at=row["last_seen"] if kind == "closed" else None,
            resolution=resolution,
            score=row["score"],
            peak_score=row["peak"],
            probability=float(probability_of(row["score"])),
            severity=self._policy.severity(row["peak"]),
            kind=why.kind,
            observed=float(window["value"]),
            expected=why.expected,
            points=why.points,
            model=self._model_of(int(window["prompt"])),
            position=position,
        )
