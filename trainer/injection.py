"""Typed anomalies, injected into normal values with their labels."""

from collections.abc import Sequence
from itertools import pairwise, starmap
from typing import NamedTuple

import numpy as np

from spear_stream.core.kinds import KINDS
from spear_stream.core.records import BoolArray, CodeArray, Float64Array
from trainer.choice import choose
from trainer.gap_injection import halfway, stray
from trainer.pattern_injection import (
    dip,
    duplicate,
    faster,
    frequency,
    missing_season,
    noise_burst,
    phase_shift,
    slow_drift,
    smaller_amplitude,
)
from trainer.placement import (
    GAP_HISTORY,
    SEASON_HISTORY,
    SHORTEST,
    Condition,
    Injector,
    Place,
    anywhere,
    foretold,
    in_gap,
    in_motion,
    in_season,
    place_in,
)
from trainer.prediction import HISTORY
from trainer.size_injection import (
    amplitude,
    contextual,
    drop_out,
    flat,
    jump,
    level_shift,
    spike,
    trend,
    volatility_down,
    volatility_up,
)
from trainer.visibility import Visible, at_once, calmer, out_of_season, unforeseen

ONSET = 24
"""Points from its start over which an anomaly is labelled: when an alert is of use."""
LASTING = 96
"""Points from its start after which a lasting change is the new normal."""
TYPES_TRIED = 5
PLACES_TRIED = 6
"""For each of these types, until it can be seen."""
NEEDED: dict[Condition, int] = {in_season: SEASON_HISTORY, in_gap: GAP_HISTORY, foretold: HISTORY}
"""Points of a series before a condition can hold at all."""


class AnomalyType(NamedTuple):
    """One type of anomaly that can be injected."""

    inject: Injector
    kind: str
    share: float
    """How often it is chosen, against the others."""
    hidden: float = 0.0
    """Share of its points, from the start, over which nobody could see it yet: unclear, not anomalous."""
    where: Condition = anywhere
    """Where it can be seen at all."""
    visible: Visible = at_once
    """Whether it can be seen there."""

    @property
    def history(self) -> int:
        """Points before it without which it can be seen nowhere."""
        return NEEDED.get(self.where, 0)


class Placed(NamedTuple):
    """One anomaly: its type, place and points, and the values with it."""

    type: str
    place: Place
    points: int
    values: Float64Array


class Injected(NamedTuple):
    """Values, and for each point: an onset, unclear, and the kind of the last anomaly there."""

    values: Float64Array
    label: BoolArray
    unclear: BoolArray
    kind: CodeArray
    types: list[str]


def inject(rng: np.random.Generator, values: Float64Array, earliest: int, types: tuple[str, ...]) -> Injected:
    """Put one to four anomalies of random types at or after `earliest`; fewer, or none, where none of the
    types could be seen.

    Each begins in its own part of the series, in the order of time: one that moves all that follows, such
    as a phase shift, would take those behind it away from their labels.

    types: of TYPES, as often as their shares say, where they can be seen.
    """
    bounds = np.linspace(earliest, len(values) - SHORTEST, int(rng.integers(1, 5)) + 1).astype(int).tolist()
    return inject_into(rng, values, list(starmap(range, pairwise(bounds))), types)


def inject_into(
    rng: np.random.Generator, values: Float64Array, parts: Sequence[range], types: tuple[str, ...]
) -> Injected:
    """Put an anomaly that begins there into every part of the series; none where none could be seen."""
    label, unclear = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    kind = np.zeros(len(values), np.uint8)
    chosen: list[str] = []
    for starts in parts:
        placed = _placed(rng, values, starts, types) if starts else None
        if placed is None:
            continue
        name, place, lasts, values = placed
        hidden = TYPES[name].hidden
        seen = place.start + int(hidden * lasts)
        end = place.start + (lasts if hidden else min(lasts, LASTING))
        label[seen : min(seen + ONSET, end)] = True
        unclear[place.start : seen] = unclear[seen + ONSET : end] = True
        kind[place.start : end] = 1 + KINDS.index(TYPES[name].kind)
        chosen.append(name)
    return Injected(values, label, unclear & ~label, kind, chosen)


def _placed(
    rng: np.random.Generator, values: Float64Array, starts: range, types: tuple[str, ...]
) -> Placed | None:
    """One anomaly that can be seen; None when some attempts found none."""
    for _ in range(TYPES_TRIED):
        name = choose(rng, types, TYPES)
        for _ in range(PLACES_TRIED):
            place = TYPES[name].where(values, place_in(rng, values, starts))
            if place is None:
                continue
            changed = values.copy()
            lasts = TYPES[name].inject(rng, changed, place)
            if TYPES[name].visible(values, changed, place, min(lasts, ONSET)):
                return Placed(name, place, lasts, changed)
    return None


TYPES: dict[str, AnomalyType] = {
    "spike": AnomalyType(spike, "spike", 0.28),
    "jump": AnomalyType(jump, "spike", 0.2),
    "level_shift": AnomalyType(level_shift, "shift", 0.2),
    "trend": AnomalyType(trend, "trend", 0.08),
    "volatility_up": AnomalyType(volatility_up, "volatility", 0.1),
    "volatility_down": AnomalyType(volatility_down, "volatility", 0.1, where=in_motion, visible=calmer),
    "flat": AnomalyType(flat, "volatility", 0.14, where=in_motion, visible=calmer),
    "drop_out": AnomalyType(drop_out, "shift", 0.08),
    "phase_shift": AnomalyType(phase_shift, "pattern", 0.25, where=in_season, visible=out_of_season),
    "faster": AnomalyType(faster, "pattern", 0.25, where=in_season, visible=out_of_season),
    "amplitude": AnomalyType(amplitude, "volatility", 0.06, where=in_motion),
    "dip": AnomalyType(dip, "spike", 0.15),
    "noise_burst": AnomalyType(noise_burst, "volatility", 0.08),
    "slow_drift": AnomalyType(slow_drift, "trend", 0.08, hidden=0.3),
    "missing_season": AnomalyType(missing_season, "pattern", 0.25, where=in_season, visible=out_of_season),
    "frequency": AnomalyType(frequency, "pattern", 0.25, where=in_season, visible=out_of_season),
    "smaller_amplitude": AnomalyType(smaller_amplitude, "volatility", 0.08, where=in_motion, visible=calmer),
    "duplicate": AnomalyType(duplicate, "pattern", 0.25, where=in_season, visible=out_of_season),
    "halfway": AnomalyType(halfway, "shift", 1.0, where=in_gap),
    "stray": AnomalyType(stray, "spike", 0.3, where=in_gap),
    "contextual": AnomalyType(contextual, "spike", 1.5, where=foretold, visible=unforeseen),
}
