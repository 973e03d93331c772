"""Batches of windows -> logits of their newest points, with a frozen backbone.

Rows of one batch may carry different prompts: only the cheap ends (embedding and
head) run per prompt, the backbone runs once for all rows.
"""

from collections.abc import Sequence
from itertools import count

import numpy as np
import torch
from torch import Tensor

from spear_stream.core.control import Artefact
from spear_stream.core.errors import CheckpointError, ConfigError, OutOfMemory
from spear_stream.core.evidence import fresh_codes, is_fresh
from spear_stream.core.quantizer import STEP, SURGE, bin_distance
from spear_stream.core.records import BoolArray, Float32Array, ModelInfo, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone
from spear_stream.model.checkpoint import PromptCheckpoint, read_checkpoint, read_manifest
from spear_stream.model.compatibility import check_fit
from spear_stream.model.derived import derived_codes
from spear_stream.model.memory import memory_guarded
from spear_stream.model.prompt import SoftPrompt
from spear_stream.model.steering import Steering, joined

EXTREME = 6.0
"""Tail scales in both surge and step beyond which a point is anomalous whatever the model says: nothing
like it happened in about 6**4 points, and no training can show every size (docs/experiments.md)."""
EXTREME_LOGIT = 5.0
LOGIT_GRID = 1 / 64
"""Logits are rounded to this: sums differ in the last bits between batch shapes, decisions must not."""


class FrozenScorer:
    """Implements core.control.PromptScorer. All prompts must share one WindowSpec and the backbone."""

    def __init__(
        self,
        backbone: Backbone,
        checkpoints: Sequence[PromptCheckpoint],
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        *,
        compile: bool = False,  # noqa: A002 - torch's word for it
    ) -> None:
        self.spec: WindowSpec = checkpoints[0].manifest.spec
        for checkpoint in checkpoints:
            check_fit(backbone, self.spec, checkpoint.manifest)
        self._device = device or torch.device("cpu")
        self._dtype = dtype
        with memory_guarded():
            self._backbone = backbone.to(self._device, dtype)
        if compile:
            self._backbone.compile()
        self._prompts: dict[int, SoftPrompt] = {}
        self._infos: dict[int, ModelInfo] = {}
        for checkpoint in checkpoints:
            self._take(checkpoint)

    @property
    def prompt_positions(self) -> int:
        """Vectors of the longest prompt."""
        return max(prompt.shape.prompts for prompt in self._prompts.values())

    def describe(self, prompt: int) -> ModelInfo:
        return self._infos[prompt]

    def adopt(self, artefact: Artefact) -> int:
        """See core.control.PromptScorer. Backbone and window are compared before tensors are read, and
        windows of extreme codes are scored before the prompt may score others.
        """
        manifest = read_manifest(artefact.manifest, "the manifest")
        check_fit(self._backbone, self.spec, manifest)
        checkpoint = read_checkpoint(manifest, artefact.tensors, f"checkpoint {manifest.id}")
        prompt = self._take(checkpoint)
        try:
            self.score(_trial(self.spec, prompt))
        except OutOfMemory:  # not by its fault
            self.release(prompt)
            raise
        except Exception as error:  # whatever a foreign prompt breaks, it must not stay
            self.release(prompt)
            raise CheckpointError(f"checkpoint {manifest.id} cannot score: {error}") from error
        return prompt

    def release(self, prompt: int) -> None:
        del self._prompts[prompt], self._infos[prompt]

    def _take(self, checkpoint: PromptCheckpoint) -> int:
        prompt = next(number for number in count() if number not in self._prompts)
        with memory_guarded():
            self._prompts[prompt] = checkpoint.prompt.to(self._device)
        self._infos[prompt] = ModelInfo(checkpoint.manifest.id, self._backbone.info.name)
        return prompt

    @torch.inference_mode()
    def score(self, windows: StructArray) -> Float32Array:
        """Highest logit of the fresh points per window. windows: (n,) of spec.dtype; returns (n,).

        A short window keeps its full length, padded, as in training. Raises OutOfMemory for a batch that is
        too large. A score that is no number would silence its series for ever: it raises ConfigError in half
        precision and FloatingPointError in full.
        """
        if len(windows) == 0:
            return np.empty(0, np.float32)
        order = np.argsort(windows["prompt"], kind="stable")
        logits = np.empty(len(windows), np.float32)
        with memory_guarded():
            logits[order] = self._score_sorted(windows[order])
        self._require_finite(logits)
        extreme = _extreme(windows, self.spec)
        logits[extreme] = np.maximum(logits[extreme], EXTREME_LOGIT)
        return np.round(logits / LOGIT_GRID) * np.float32(LOGIT_GRID)

    def _require_finite(self, logits: Float32Array) -> None:
        if np.isfinite(logits).all():
            return
        fault = f"the model gave no finite score in {self._dtype}"
        if self._dtype == torch.float32:
            raise FloatingPointError(fault)
        raise ConfigError(f"{fault}; set SPEAR_MODEL__DTYPE to float32")

    def _score_sorted(self, windows: StructArray) -> Float32Array:
        codes = self._to_device(np.ascontiguousarray(windows["codes"]))
        groups = _runs(windows["prompt"])
        features = self._features(codes, groups)
        inputs = [self._prompts[p].inputs(f) for (p, _), f in zip(groups, features, strict=True)]
        steering = [self._prompts[p].steering(len(f)) for (p, _), f in zip(groups, features, strict=True)]
        hidden = self._run_backbone(inputs, steering)
        newest = int(windows["fresh"].max())
        logits = torch.cat(
            [
                self._prompts[p].newest(h, f, newest)
                for (p, _), h, f in zip(groups, hidden, features, strict=True)
            ]
        )
        found = logits.float().cpu().numpy()
        return np.asarray(np.where(is_fresh(windows, newest), found, -np.inf).max(axis=1))

    def _features(self, codes: Tensor, groups: list[tuple[int, slice]]) -> list[Tensor]:
        """Of each group; what the windows themselves show is made once for all."""
        wanted = {name for prompt, _ in groups for name in self._prompts[prompt].shape.derived}
        if not wanted:
            return [self._prompts[prompt].features(codes[rows]) for prompt, rows in groups]
        derived = derived_codes(codes, self.spec, wanted)
        return [self._prompts[prompt].features(codes[rows], derived[rows]) for prompt, rows in groups]

    def _run_backbone(self, inputs: list[Tensor], steering: list[Steering]) -> list[Tensor]:
        """One pass where all prompts have the same number of vectors and steer alike, else one per prompt."""
        if len({(i.shape[1], s.form) for i, s in zip(inputs, steering, strict=True)}) == 1:
            hidden = self._pass(torch.cat(inputs), joined(steering))
            return list(torch.split(hidden, [len(i) for i in inputs]))
        return [self._pass(i, s) for i, s in zip(inputs, steering, strict=True)]

    def _pass(self, inputs: Tensor, steering: Steering) -> Tensor:
        hidden: Tensor = self._backbone(inputs.to(self._dtype), steering.to(self._dtype))
        return hidden.float()

    def _to_device(self, codes: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(codes)
        if self._device.type == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor


def _extreme(windows: StructArray, spec: WindowSpec) -> BoolArray:
    """Which windows have a fresh point far beyond all that the series' tail scales remember."""
    codes, fresh = fresh_codes(windows)
    distance = np.abs(bin_distance(codes[..., [SURGE, STEP]], spec.bins))
    return np.asarray(((distance >= EXTREME).all(axis=2) & fresh).any(axis=1))


def _runs(prompts: np.ndarray) -> list[tuple[int, slice]]:
    values, starts = np.unique(prompts, return_index=True)
    ends = [*starts[1:], len(prompts)]
    return [(int(v), slice(int(s), int(e))) for v, s, e in zip(values, starts, ends, strict=True)]


def _trial(spec: WindowSpec, prompt: int) -> StructArray:
    """A window of every code, one code each."""
    windows = np.zeros(spec.codes, spec.dtype)
    windows["prompt"], windows["fresh"] = prompt, 1
    windows["codes"] = np.arange(spec.codes)[:, None, None]
    return windows
