"""Generated series with one injected anomaly each, whose type and place are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from spear_stream.core.records import AlertEvent, BoolArray
from trainer.datasets.series import LabelledSeries, Span, runs
from trainer.injection import TYPES
from trainer.recipe import ALL, Recipe
from trainer.synthetic import SyntheticSeries, generate

PURPOSE = 0x4A554447
"""Leads every seed here: the training of prompts draws from (seed, step, ...), so it never sees these series.
That of the kinds does, with seeds that no benchmark uses."""
LATE_POINTS = 8
"""An alert may open so many points after the last changed point: a way back to normal is a change too."""
NUMBER = {name: number for number, name in enumerate(TYPES)}
"""Part of a seed: a new type comes last, or those behind it have other series."""
RECIPES = {name: Recipe((ALL,), (name,)) for name in TYPES}


@dataclass(frozen=True, eq=False)
class InjectedSeries:
    """A series and the one anomaly in it."""

    series: LabelledSeries
    """Its label is the onset of the anomaly: when an alert is of use."""
    type: str
    """Of trainer.injection.TYPES."""
    span: Span
    """First and last changed point; of a lasting change the first 96."""
    normal: BoolArray
    """(n,) true outside the anomaly."""

    @property
    def kind(self) -> str:
        """What an alert should call it."""
        return TYPES[self.type].kind

    def explains(self, ts: int) -> bool:
        """Whether an alert that opens then is about the anomaly."""
        first, last = self.span
        clock = self.series.clock
        return bool(clock[first] <= ts <= clock[min(last + LATE_POINTS, len(clock) - 1)])


@dataclass(frozen=True, eq=False)
class Answer:
    """What became of one injected anomaly."""

    injected: InjectedSeries
    events: Sequence[AlertEvent]
    """Of the first alert that opens in it; empty when it was missed."""
    false_alarms: Sequence[AlertEvent]
    """The first events of alerts that open elsewhere in the series."""


def answers(corpus: Sequence[InjectedSeries], events: Sequence[AlertEvent]) -> list[Answer]:
    """Join the anomalies with what was published."""
    alerts: dict[str, dict[str, list[AlertEvent]]] = {one.series.name: {} for one in corpus}
    for event in events:
        alerts[event.series].setdefault(event.alert_id, []).append(event)
    return [_answer(one, list(alerts[one.series.name].values())) for one in corpus]


def _answer(one: InjectedSeries, alerts: Sequence[Sequence[AlertEvent]]) -> Answer:
    about = [one.explains(alert[0].started_at) for alert in alerts]
    return Answer(
        one,
        next((alert for alert, hit in zip(alerts, about, strict=True) if hit), ()),
        [alert[0] for alert, hit in zip(alerts, about, strict=True) if not hit],
    )


def types_within(starts: range) -> tuple[str, ...]:
    """Types that can be seen where they start in there: some need more points before them than others."""
    return tuple(name for name, one in TYPES.items() if one.history < starts.stop)


def injected(type_: str, seed: Sequence[int], points: int, starts: range) -> InjectedSeries:
    """A series of `points` points whose anomaly of one type starts within `starts`.

    Normal behaviour is drawn from all kinds there are. The same arguments always give the same series.

    type_: of types_within(starts); any other would be drawn for ever.
    """
    if type_ not in types_within(starts):
        raise ValueError(f"{type_} cannot be seen before point {starts.stop}")
    name = "-".join(map(str, (type_, *seed)))
    entropy = [PURPOSE, NUMBER[type_], *seed]
    attempts = (
        generate(np.random.default_rng([*entropy, attempt]), points, 1.0, RECIPES[type_], starts)
        for attempt in count()
    )
    return next(found for made in attempts if (found := _single(name, type_, made, starts)))


def _single(name: str, type_: str, made: SyntheticSeries, starts: range) -> InjectedSeries | None:
    """None where it could be seen nowhere, or a sensor's rounding took its start or parts: draw again."""
    spans = runs(made.kind > 0)
    if len(spans) != 1 or spans[0][0] not in starts:
        return None
    series = LabelledSeries(name, made.ts, made.values, made.label, 0, runs(made.label))
    return InjectedSeries(series, type_, spans[0], made.kind == 0)
