"""Alerts of one series with a change in it, by an AlertBook alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from streams import METRICS, MINUTE, START
from streams import SPEC as SMALL

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.alerts import AlertBook
from spear_stream.core.records import AlertEvent, Float64Array, ModelInfo, StructArray

SPEC = replace(SMALL, recent=16)
OPENING = 100
SURPRISED = 10
"""Points from the opening on that score high unless told otherwise; all others score nothing."""
USUAL, UNIT = 50.0, 0.8
USUALLY = AlertPolicy()
NOISE = np.random.default_rng(1).normal(size=4000)


def alert_of(
    change: Float64Array,
    *,
    lead: int = 0,
    hop: int = 1,
    size: float = 1.0,
    surprised: int = SURPRISED,
    policy: AlertPolicy = USUALLY,
    **of_window: float,
) -> list[AlertEvent]:
    """Events of a series with a point a minute: noise of deviation one, and from `lead` points before the
    opening on `change`; all of it `size` times as large. `surprised` points score high.
    """
    values = USUAL + NOISE
    values[OPENING - lead : OPENING - lead + len(change)] += change
    book, found = book_of(policy, hop=hop), list[AlertEvent]()
    for point in range(OPENING, len(values), hop):
        window = window_at(size * values, point, size)
        window["fresh"] = hop
        for name, value in of_window.items():
            window[name] = value
        found += book.update(window, np.array([0.9 if OPENING <= point < OPENING + surprised else 0.0]))
    return found


def book_of(policy: AlertPolicy = USUALLY, series: int = 1, hop: int = 1) -> AlertBook:
    book = AlertBook(METRICS, SPEC, policy, hop, lambda _: "cpu", lambda _: ModelInfo("m", "b"))
    book.table.resize(series)
    return book


def window_at(values: Float64Array, point: int, size: float = 1.0) -> StructArray:
    window = np.zeros(1, SPEC.dtype)
    window["points"], window["seen"], window["fresh"] = SPEC.length, point + 1, 1
    window["ts"] = START + point * MINUTE
    window["value"], window["centre"], window["scale"] = values[point], size * USUAL, size * UNIT
    window["tail_value"] = values[point + 1 - SPEC.recent : point + 1]
    return window


def points_open(events: Sequence[AlertEvent]) -> int:
    return (events[-1].last_seen_at - events[0].started_at) // MINUTE
