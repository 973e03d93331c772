"""The step between a detector's raw scores and the scores that are evaluated, the same for every detector."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries


class PostProcess(Protocol):
    """Calibrates the scores of one series without looking ahead."""

    def __call__(self, series: LabelledSeries, score: Float64Array) -> Float64Array:
        """Final score of every point (n,), finite; higher is more anomalous."""


def postprocess(
    corpus: Sequence[LabelledSeries], scores: Mapping[str, Float64Array], step: PostProcess
) -> dict[str, Float64Array]:
    """Apply one step to the scores of every series, by name."""
    return {series.name: step(series, scores[series.name]) for series in corpus}
