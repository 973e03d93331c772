"""Scorers without a model: cheap, and the same window always gets the same logit."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.quantizer import STEP, bin_distance
from spear_stream.core.records import Float32Array, ModelInfo, StructArray
from spear_stream.core.spec import WindowSpec


class StepScorer:
    """core.ports.Scorer without a model: large steps are anomalies, six usual ones have logit 0."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec

    def score(self, windows: StructArray) -> Float32Array:
        steps = bin_distance(windows["codes"][:, -1, STEP], self._spec.bins)
        return (np.abs(steps) - 6.0).astype(np.float32)

    def describe(self, prompt: int) -> ModelInfo:
        return ModelInfo(f"step-{prompt}", "none")


@dataclass(frozen=True)
class ConstantScorer:
    """core.ports.Scorer that finds every window alike."""

    logit: float = -4.0

    def score(self, windows: StructArray) -> Float32Array:
        return np.full(len(windows), self.logit, np.float32)

    def describe(self, prompt: int) -> ModelInfo:
        return ModelInfo(f"constant-{prompt}", "none")
