"""Scorers without a model: cheap, and the same window always gets the same logit."""

from dataclasses import dataclass
from itertools import count

import numpy as np

from spear_stream.core.control import Artefact
from spear_stream.core.errors import CheckpointError, ConfigError
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


class PromptedStepScorer(StepScorer):
    """core.control.PromptScorer: a StepScorer whose prompts add a number to the logit.

    An artefact's tensors are that number as text, its manifest is the name of the checkpoint.
    """

    def __init__(self, spec: WindowSpec) -> None:
        super().__init__(spec)
        self.prompts: dict[int, tuple[str, float]] = {0: ("settings", 0.0)}
        """Name and number by index."""

    def adopt(self, artefact: Artefact) -> int:
        try:
            adds = float(artefact.tensors)
        except ValueError as error:
            raise CheckpointError(f"{artefact.manifest!r} holds no number") from error
        prompt = next(index for index in count() if index not in self.prompts)
        self.prompts[prompt] = (artefact.manifest.decode(), adds)
        return prompt

    def release(self, prompt: int) -> None:
        del self.prompts[prompt]

    def score(self, windows: StructArray) -> Float32Array:
        """Raises ConfigError where the number is none."""
        adds = np.array([self.prompts[prompt][1] for prompt in windows["prompt"].tolist()], np.float32)
        if not np.isfinite(adds).all():
            raise ConfigError("the model gave no finite score")
        return np.asarray(super().score(windows) + adds, np.float32)

    def describe(self, prompt: int) -> ModelInfo:
        return ModelInfo(self.prompts[prompt][0], "none")


@dataclass(frozen=True)
class ConstantScorer:
    """core.ports.Scorer that finds every window alike."""

    logit: float = -4.0

    def score(self, windows: StructArray) -> Float32Array:
        return np.full(len(windows), self.logit, np.float32)

    def describe(self, prompt: int) -> ModelInfo:
        return ModelInfo(f"constant-{prompt}", "none")
