"""Alerts of kind `no_data`: a series that used to report says nothing more, until it does.

They live beside those of alerts.py, whose thresholds have no part in them. Whoever wants them says how severe
they are.
"""

from collections.abc import Callable

import numpy as np

from spear_stream.core.alert_policy import SEVERITIES, AlertPolicy
from spear_stream.core.departure import RECOVERED
from spear_stream.core.explain import expected_range
from spear_stream.core.identity import alert_id
from spear_stream.core.records import (
    AlertEvent,
    BoolArray,
    IndexArray,
    Int64Array,
    ModelInfo,
    Position,
    StructArray,
    TopicPartition,
    probability_of,
)
from spear_stream.core.table import SeriesTable
from spear_stream.core.windows import WindowStore

NO_DATA = "no_data"
"""The kind; no model says it."""
UNKNOWN = -1
"""In place of the record that a series was last heard with."""


class NoData:
    """Of one partition; a row (slot) per series."""

    def __init__(
        self,
        source: TopicPartition,
        policy: AlertPolicy,
        least_points: int,
        name_of: Callable[[int], str],
        model_of: Callable[[int], ModelInfo],
        windows: WindowStore,
    ) -> None:
        """least_points: of a series that is missed."""
        self._source = source
        self._policy = policy
        self._least_points = least_points
        self._name_of = name_of
        self._model_of = model_of
        self._windows = windows.table
        self.table = SeriesTable(offset=np.int64, severity=np.int8)
        """Record that the series was last heard with; severity of the alert that is open because there was no
        other, 1 for the first of SEVERITIES, 0 for no alert.
        """

    def may_begin(self) -> BoolArray:
        """Rows, spare ones included, in which an alert begins when they fall silent."""
        if self._policy.no_data is None:
            return np.zeros(self.table.capacity, np.bool_)
        used_to_report = self._windows["points"] >= self._least_points
        return np.asarray(used_to_report & (self.table["offset"] != UNKNOWN) & (self.table["severity"] == 0))

    def is_open(self, slots: IndexArray) -> BoolArray:
        return np.asarray(self.table["severity"][slots] > 0)

    def heard(self, slots: IndexArray, offsets: Int64Array) -> None:
        """One point of each of these series is taken in."""
        self.table["offset"][slots] = offsets

    def opened(self, windows: StructArray) -> list[AlertEvent]:
        """Alerts of series that are silent now. windows: the last one of each."""
        if self._policy.no_data is None:
            return []
        windows = windows[self.may_begin()[windows["slot"]]]
        self.table["severity"][windows["slot"]] = 1 + SEVERITIES.index(self._policy.no_data)
        return [self._event("opened", window) for window in windows]

    def closed(
        self, windows: StructArray, ended_at: Int64Array, resolution: str = RECOVERED
    ) -> list[AlertEvent]:
        """The ends of those that are open. windows: those of the silence; ended_at: (n,) milliseconds."""
        is_open = self.is_open(windows["slot"])
        ends = zip(windows[is_open], np.maximum(ended_at, windows["ts"])[is_open].tolist(), strict=True)
        events = [self._event("closed", window, end, resolution) for window, end in ends]
        self.table["severity"][windows["slot"]] = 0
        return events

    def _event(
        self, type_: str, window: np.void, ended_at: int | None = None, resolution: str | None = None
    ) -> AlertEvent:
        slot, since = int(window["slot"]), int(window["ts"])
        series, severity = self._name_of(slot), SEVERITIES[self.table["severity"][slot] - 1]
        position = Position(*self._source, int(window["offset"]))
        score = self._policy.least_score(severity)
        return AlertEvent(
            type=type_,
            alert_id=alert_id(series, position, since, NO_DATA),
            sequence=0 if ended_at is None else 1,
            series=series,
            started_at=since,
            last_seen_at=since,
            ended_at=ended_at,
            resolution=resolution,
            score=score,
            peak_score=score,
            probability=float(probability_of(np.array(score))),
            severity=severity,
            kind=NO_DATA,
            observed=float(window["value"]),
            expected=expected_range(window),
            points=(),
            model=self._model_of(int(window["prompt"])),
            position=position,
        )
