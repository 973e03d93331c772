"""The step between a detector's raw scores and the scores that are evaluated, the same for every detector."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spear_stream.core.level import faded
from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries

REPEAT_MEMORY = 128
"""Points over which a score that is not higher than an earlier one is a repeat."""


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
    """A PostProcess: the score column of `spear-stream score-file --scores`, see core/level.py."""
    del series
    return np.fromiter(accumulate(score.tolist(), faded), np.float64, len(score))


def suppress_repeats(score: Float64Array, memory: int = REPEAT_MEMORY) -> Float64Array:
    """A score counts only when it exceeds those of the `memory` points before it, else it is 0; (n,).

    NAB counts every detection outside a window as another false alarm, where a person sees one event.
    """
    earlier = np.concatenate((np.full(memory, -np.inf), score[:-1]))
    return np.where(score > sliding_window_view(earlier, memory).max(axis=1), score, 0.0)


def as_logits(score: Float64Array) -> Float64Array:
    """Scores of a baseline, unbounded and at least 0, on the scale the likelihood expects; (n,).

    One mapping for all: log(z + 1) - 4 starts at the prior of normal data and grows with the order of
    magnitude, as a logit does. Standardised scores below 0 say "less than usual" and count as 0.
    """
    return np.log1p(np.maximum(score, 0.0)) - 4.0
