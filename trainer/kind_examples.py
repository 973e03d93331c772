"""Examples of the kinds of anomalies: what the alerts of a detector show of those that were injected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spear_stream.core.errors import ConfigError
from spear_stream.core.kinds import FIGURES, KINDS
from spear_stream.core.records import BoolArray, Float32Array, Float64Array, IndexArray
from trainer.injected_series import Answer

LAST = 3.0
"""How much more the last event of an alert counts than those before: it is the one to believe."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Events of alerts, all events of an alert and in their order."""

    figures: Float32Array
    """(n, FIGURES)"""
    kind: IndexArray
    """(n,) place in KINDS of what was injected."""
    alert: IndexArray
    """(n,) number of the alert."""

    def of(self, rows: IndexArray) -> "Examples":
        """Those of some alerts."""
        return Examples(*(column[rows] for column in self.columns))

    @property
    def columns(self) -> tuple[np.ndarray, ...]:
        return self.figures, self.kind, self.alert

    @property
    def first(self) -> BoolArray:
        """(n,) whether it is the first event of its alert."""
        return np.asarray(np.diff(self.alert, prepend=-1) != 0)

    @property
    def last(self) -> BoolArray:
        """(n,) whether it is the last event of its alert."""
        return np.asarray(np.diff(self.alert, append=-1) != 0)

    @property
    def weight(self) -> Float64Array:
        """(n,): an event counts the less the more its alert has and the commoner its kind is."""
        weight = np.where(self.last, LAST, 1.0) / np.bincount(self.alert)[self.alert]
        weight /= np.sqrt(np.bincount(self.kind, weight, len(KINDS))[self.kind])
        return np.asarray(weight / weight.mean())


@dataclass(eq=False)
class Collector:
    """A KindReader that keeps the figures it is shown and calls their kind by their number."""

    figures: list[Mapping[str, float]] = field(default_factory=list)

    def kind_of(self, figures: Mapping[str, float]) -> str:
        self.figures.append(figures)
        return str(len(self.figures) - 1)


def examples_of(found: Sequence[Answer], figures: Sequence[Mapping[str, float]]) -> Examples:
    """found: anomalies with their events, which a Collector named; figures: what it kept."""
    alerts = [one for one in found if one.events]
    counts = np.array([len(one.events) for one in alerts], np.intp)
    rows = [figures[int(event.kind)] for one in alerts for event in one.events]
    return Examples(
        np.array([list(row.values()) for row in rows], np.float32).reshape(-1, len(FIGURES)),
        np.repeat(np.array([KINDS.index(one.injected.kind) for one in alerts], np.intp), counts),
        np.repeat(np.arange(len(alerts)), counts),
    )


def joined(parts: Sequence[Examples]) -> Examples:
    """Of several corpora, one after the other. Raises ConfigError where there are none of some kind."""
    found = [part for part in parts if len(part.kind)]
    if missing := [kind for place, kind in enumerate(KINDS) if not any(place in one.kind for one in found)]:
        raise ConfigError(
            f"no alert is about an injected {missing[0]}: raise --series, or take another --checkpoint"
        )
    before = np.cumsum([0, *(part.alert.max() + 1 for part in found)])
    numbered = [replace(part, alert=part.alert + at) for part, at in zip(found, before, strict=False)]
    columns = zip(*(one.columns for one in numbered), strict=True)
    return Examples(*(np.concatenate(column) for column in columns))
