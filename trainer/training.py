"""Prompt tuning: frozen backbone, fresh synthetic windows every step, a label per point."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor, nn

from spear_stream.core.errors import ConfigError, SpearError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone
from spear_stream.model.prompt import PromptShape, SoftPrompt
from trainer.batches import BatchPlan, TrainingBatch, make_batch
from trainer.plan import TrainingPlan
from trainer.resume import load_state, save_state
from trainer.training_data import TrainingData

VALIDATION_SEED = 1 << 40
"""Added to the seed: validation windows come from series that training never makes."""


@dataclass(frozen=True)
class Progress:
    """One step that was done; validation is empty unless this step had one."""

    step: int
    loss: float
    validation: dict[str, float]


class TrainingInterrupted(SpearError):
    """The run was asked to stop; its state is saved."""

    exit_code = 130


class Tuner:
    """Trains one SoftPrompt. A run that was killed goes on from its last validation and ends the same."""

    def __init__(
        self,
        backbone: Backbone,
        spec: WindowSpec,
        shape: PromptShape,
        batches: BatchPlan,
        plan: TrainingPlan,
        data: TrainingData | None = None,
    ) -> None:
        self.backbone = backbone
        self._spec = spec
        self._batches = batches
        self._plan = plan
        self._real = None if data is None else data.train
        self._held_out = None if data is None else data.held_out
        groups: dict[str, Any] = {"window": spec, "shape": shape, "batches": batches, "training": plan}
        self.plan = {name: asdict(group) for name, group in groups.items()}
        self.plan["backbone"] = asdict(backbone.info)
        self.plan["data"] = {"digest": None if data is None else data.digest}
        self.prompt = _fresh_prompt(backbone, spec, shape, plan.seed)
        self._optimizer = torch.optim.AdamW(
            self.prompt.parameters(), plan.learning_rate, weight_decay=plan.weight_decay
        )
        self.step = 0
        self._best = math.inf
        self._best_state = self._copied()
        self._stale = 0
        self.history: list[dict[str, float]] = []

    def fit(
        self, folder: Path, report: Callable[[Progress], None], stop: Callable[[], bool] = lambda: False
    ) -> SoftPrompt:
        """Run to the end or to an early stop; returns the prompt of the best validation.

        folder: where the state is kept, and found again. stop: asked before every step.
        Raises TrainingInterrupted when it says so, ConfigError when the run cannot go on.
        """
        self._resume(folder)
        while self.step < self._plan.steps and self._stale < self._plan.patience:
            if stop():
                self._save(folder)
                raise TrainingInterrupted(
                    f"interrupted at step {self.step} of {self._plan.steps}, the state is in {folder}: "
                    "run the same command again and it goes on from there"
                )
            loss = self._train_step()
            self.step += 1
            validation: dict[str, float] = {}
            if self.step % self._plan.validate_every == 0 or self.step == self._plan.steps:
                validation = self._validated()
                self._save(folder)
            report(Progress(self.step, loss, validation))
        self.prompt.load_state_dict(self._best_state)
        return self.prompt

    def _train_step(self) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate(self.step)
        batch = make_batch(self._spec, self._batches, self._plan.seed, self.step, self._real)
        self._optimizer.zero_grad()
        loss = self._loss(batch, self._logits(batch))
        if not torch.isfinite(loss):
            raise ConfigError(f"the loss is {loss.item()} at step {self.step}: lower training.learning_rate")
        loss.backward()  # type: ignore[no-untyped-call]  # torch's Tensor.backward has no types
        nn.utils.clip_grad_norm_(self.prompt.parameters(), 1.0)
        self._optimizer.step()
        return float(loss.detach())

    def _logits(self, batch: TrainingBatch) -> Tensor:
        features = self.prompt.features(torch.from_numpy(batch.codes))
        hidden = self.backbone(self.prompt.inputs(features))
        return self.prompt.logits(hidden[:, self.prompt.shape.prompts :], features)

    def _loss(self, batch: TrainingBatch, logits: Tensor) -> Tensor:
        weight = torch.from_numpy(batch.counts).float()
        weight[:, -self._spec.patch :] *= self._plan.newest_weight
        target = torch.from_numpy(batch.label).float()
        return nn.functional.binary_cross_entropy_with_logits(
            logits, target, weight / weight.mean(), reduction="mean"
        )

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss over all points, ranking over the newest points, on series training never sees."""
        losses, scores, labels = [], [], []
        plan, seed = replace(self._batches, tsmote_share=0.0), self._plan.seed + VALIDATION_SEED
        for i in range(self._plan.validation_batches):
            batch = make_batch(self._spec, plan, seed, i, self._held_out)
            logits = self._logits(batch)
            losses.append(float(self._loss(batch, logits)))
            newest = batch.counts[:, -1]
            scores.append(logits[:, -1].numpy()[newest])
            labels.append(batch.label[newest, -1])
        score, label = np.concatenate(scores), np.concatenate(labels)
        return {
            "loss": float(np.mean(losses)),
            "auc_roc": float(roc_auc_score(label, score)),
            "auc_pr": float(average_precision_score(label, score)),
            "prevalence": float(label.mean()),
        }

    def _validated(self) -> dict[str, float]:
        metrics = self.validate()
        self.history.append({"step": self.step, **metrics})
        if metrics["loss"] < self._best:
            self._best, self._stale = metrics["loss"], 0
            self._best_state = self._copied()
        else:
            self._stale += 1
        return metrics

    def _copied(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self.prompt.state_dict().items()}

    def _save(self, folder: Path) -> None:
        state = {
            "prompt": self.prompt.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best_state": self._best_state,
            "step": self.step,
            "best": self._best,
            "stale": self._stale,
            "history": self.history,
        }
        save_state(folder, self.plan, state)

    def _resume(self, folder: Path) -> None:
        state = load_state(folder, self.plan)
        if state is None:
            return
        self.prompt.load_state_dict(state["prompt"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._best_state = state["best_state"]
        self.step, self._best, self._stale = state["step"], state["best"], state["stale"]
        self.history = state["history"]


def _fresh_prompt(backbone: Backbone, spec: WindowSpec, shape: PromptShape, seed: int) -> SoftPrompt:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        prompt = SoftPrompt(spec, shape)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        prompt.prompts.copy_(backbone.token_vectors(shape.prompts, generator))
        # Patches should arrive at the first layer as loud as words do.
        features = prompt.patch.in_features
        prompt.patch.weight.normal_(
            0, backbone.input_scale / (0.5 * math.sqrt(features)), generator=generator
        )
        prompt.patch.bias.zero_()
    return prompt
