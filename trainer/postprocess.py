"""The step between a detector's raw scores and the scores that are evaluated, the same for every detector."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import exp
from typing import Protocol

import numpy as np

from spear_stream.core.level import Level
from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries

REPEAT = exp(-1 / 64)
"""What is left of an earlier score one point later."""
HIGHER = 1.5
"""Times what is left of the highest score before it that a score must be, or it is a repeat."""


class Post(StrEnum):
    """How far scores are processed before they are evaluated."""

    none = "none"
    """The model's probability."""
    likelihood = "likelihood"
    """Calibrated against the series' own recent scores: what the daemon's alerts go by."""
    full = "full"
    """The same, without repeats for the NAB score, as a level that fades for the range-based figures."""


class PostProcess(Protocol):
    """Calibrates the scores of one series without looking ahead."""

    def __call__(self, series: LabelledSeries, score: Float64Array) -> Float64Array:
        """Final score of every point (n,), finite; higher is more anomalous."""


def postprocess(
    corpus: Sequence[LabelledSeries], scores: Mapping[str, Float64Array], step: PostProcess
) -> dict[str, Float64Array]:
    """Apply one step to the scores of every series, by name."""
    return {series.name: step(series, scores[series.name]) for series in corpus}


def without_repeats(series: LabelledSeries, score: Float64Array) -> Float64Array:
    """A PostProcess: see suppress_repeats."""
    del series
    return suppress_repeats(score)


def levels(series: LabelledSeries, score: Float64Array) -> Float64Array:
    """A PostProcess: the score column of `spear-stream score-file --scores`, see core/level.py; here refused
    points count, too, as if they had been scored like the one before.
    """
    del series
    level, shown = Level(), np.empty(len(score))
    for point, one in enumerate(score.tolist()):
        level = level.after(one)
        shown[point] = level.value
    return shown


def suppress_repeats(score: Float64Array) -> Float64Array:
    """A score counts only when it is well above what is left of all before it, else it is 0; (n,).

    NAB counts every detection outside a window as another false alarm, where a person sees one event.
    """
    left, counted = 0.0, np.zeros(len(score))
    for point, one in enumerate(score.tolist()):
        left *= REPEAT
        if one > HIGHER * left:
            counted[point] = one
        left = max(one, left)
    return counted
