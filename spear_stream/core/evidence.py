"""One score from three questions: unusual for this series, anomalous to the model, and never here before?
And from two whose answers last (docs/adr/0007-shift.md): is the model sure for long, has the level moved?

What its parts are called, here and in judge.py; all are in [0, 1] but new, which is cut, and leaning:

- surprise: how rare the logit is among those of its series (likelihood.py)
- new: how unlike all earlier points of its series the newest are (novelty.py)
- lasting, usual: the mean of the model's probability over LASTING and over USUAL points
- sure: what a probability that has lasted beyond what is usual is worth
- moved: what a level that has moved is worth (shift.py)
- ordinary: how usual so high a burst is in its series (bursts.py)
- own: what a window of points says; shown: what the last window of means says (coarse.py); told: what of
  it the points of its block have said already; leaning: where its farthest mean lies, by the sign
"""

import numpy as np

from spear_stream.core.likelihood import rarity
from spear_stream.core.quantizer import novelty_of
from spear_stream.core.records import BoolArray, CodeArray, Float32Array, Float64Array, StructArray
from spear_stream.core.ring import among_newest
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable

NEW = 2.0
"""Novelty from which a point counts as new without reserve."""
YOUNG, OLD = 128, 256
"""Points of a series: up to the first all of them count as new, from the second on only those that are. What
is missing, late or faster is made of familiar points, and a young series has had few others."""
FAMILIAR_MEANS = 0.35
"""What means of familiar values count at least: enough to open an alert where all else is certain. They hold
few values, so a slow cycle that goes wrong is seldom made of others."""
LASTING = 8
"""Points over which the probability must stay high to stand in for novelty: a flat line, a missing season or
a usual value at a usual place for too long are made of points that have all been seen."""
USUAL = 1024
"""Points over which being sure becomes usual: no alert stays open for ever."""
SURE = 0.4
"""What a model that has been sure for long is worth by itself: an alert and no warning."""
ASSURED = 0.77
"""How far a lasting probability must be above the usual one to be worth all of that; .743 opens an alert."""
SURE_POWER = 8
"""High, for rounds that come when they must make a model half sure all the time, and what else there is in
such a series must not drown in that."""
STAND_IN_POWER = 4
"""Of the lasting probability that stands in for novelty; the same."""
MOVED = 0.3
"""Most that a level which has moved is worth by itself: as much as it takes to open an alert."""
SHIFT_UNIT = 1.75
"""Spreads of its mean that count as one of a normal distribution: means wander."""


class Evidence:
    """Scores of many series; a row (slot) per series."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self.table = SeriesTable(lasting=np.float32, usual=np.float32)

    def unusual(
        self, windows: StructArray, surprise: Float64Array, probability: Float32Array
    ) -> Float64Array:
        """Score in [0, 1] of one new window per series, by the rarity of its logit (likelihood.py), the
        model's probability and its novelty; remembers how long the probability has been high.

        windows: (n,) of distinct slots. A product: what this series has done before is no anomaly however
        far out it is, unless it goes on and on, the series is young or its means show it, and what is only
        new or only rare is none either (docs/experiments.md).
        """
        lasting = self._remembered("lasting", LASTING, windows, probability)
        self._remembered("usual", USUAL, windows, probability)
        new = np.maximum(newest_novelty(windows, self._spec) / NEW, _taken_for_new(windows))
        return np.asarray(surprise * probability * np.maximum(np.minimum(new, 1.0), lasting**STAND_IN_POWER))

    def remarkable(self, windows: StructArray, score: Float64Array) -> Float64Array:
        """What is left of the scores of these windows, whose farthest new points may be as high as bursts of
        their series are (bursts.py).
        """
        return np.asarray(score * (1.0 - windows["ordinary"]))

    def lasting(self, windows: StructArray) -> Float64Array:
        """The least that these windows score, the newest of their series: what a model that stays sure is
        worth, and a level that has moved. They last when the surprise is over.
        """
        slots = windows["slot"].astype(np.intp)
        lasting, usual = (self.table[name][slots].astype(np.float64) for name in ("lasting", "usual"))
        moved = MOVED * rarity(np.abs(windows["shift"]) / SHIFT_UNIT, sides=2)
        sure = SURE * np.clip((lasting - usual) / ASSURED, 0.0, 1.0) ** SURE_POWER
        return np.maximum(moved, sure)

    def _remembered(
        self, name: str, memory: int, windows: StructArray, probability: Float32Array
    ) -> Float64Array:
        """The mean of the probability, forgetting over `memory` points, with the newest one."""
        slots = windows["slot"].astype(np.intp)
        before = self.table[name][slots].astype(np.float64)
        now: Float64Array = probability + (before - probability) * (1 - 1 / memory) ** windows["fresh"]
        self.table[name][slots] = now
        return now


def _taken_for_new(windows: StructArray) -> Float64Array:
    """How new windows count at least, in [0, 1], whatever their points are; (n,)."""
    youth = np.clip((OLD - windows["seen"]) / (OLD - YOUNG), 0.0, 1.0)
    return np.where(windows["coarse"], FAMILIAR_MEANS, youth)


def newest_novelty(windows: StructArray, spec: WindowSpec) -> Float64Array:
    """Largest novelty among the fresh points of each window; (n,).

    The other scalings know of no novelty (unit_quantizer.py): every point counts as new there.
    """
    if spec.scaling != "robust":
        return np.full(len(windows), NEW)
    if len(windows) == 0:
        return np.empty(0)
    codes, fresh = fresh_codes(windows)
    return np.asarray(np.where(fresh, novelty_of(codes, spec.bins), 0.0).max(axis=1))


def fresh_codes(windows: StructArray) -> tuple[CodeArray, BoolArray]:
    """Codes of the newest points, (n, newest, channels), as many as the window with the most fresh ones has,
    and which of them are fresh, (n, newest). windows: (n,), n at least 1.
    """
    newest = int(windows["fresh"].max())
    return windows["codes"][:, -newest:], is_fresh(windows, newest)


def is_fresh(windows: StructArray, newest: int) -> BoolArray:
    """Which of the newest points of each window it is scored for; (n, newest)."""
    return among_newest(windows["fresh"], newest)
