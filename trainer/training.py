"""Prompt tuning: frozen backbone, fresh synthetic windows every step, a label per point."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spear_stream.core.records import CodeArray
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone
from spear_stream.model.prompt import PromptShape, SoftPrompt
from trainer.batch_makers import MakerLost, next_or_lost
from trainer.batch_source import BatchSource
from trainer.batches import BatchPlan, TrainingBatch
from trainer.calibration import Platt, fit_platt, fold
from trainer.objective import check_loss, fresh_prompt, newest_points, share_of_loss, validation_figures
from trainer.plan import Precision, TrainingPlan
from trainer.precision import computing_in
from trainer.resume import TrainingInterrupted, load_state, save_state
from trainer.team import Alone, Team
from trainer.training_data import TrainingData

VALIDATION_SEED = 1 << 40
"""Added to the seed: validation windows come from series that training never makes."""
CALIBRATION_SEED = 1 << 41


@dataclass(frozen=True)
class Progress:
    """One step that was done; validation is empty unless this step had one."""

    step: int
    loss: float
    validation: dict[str, float]


class Tuner:
    """Trains one SoftPrompt. A run that was killed goes on from its last validation and ends the same."""

    def __init__(
        self,
        backbone: Backbone,
        spec: WindowSpec,
        shape: PromptShape,
        batches: BatchPlan,
        plan: TrainingPlan,
        team: Team | None = None,
        data: TrainingData | None = None,
        makers: int = 0,
    ) -> None:
        """team: the processes that train together; this one if None. makers: those that make its batches."""
        self._team = team or Alone()
        self.backbone = backbone.to(self._team.device)
        self._plan = plan
        self._batches = BatchSource(spec, batches, plan.seed, plan.held_out_seed, data)
        self._makers = makers
        groups: dict[str, Any] = {"window": spec, "shape": shape, "batches": batches, "training": plan}
        self.plan = {name: asdict(group) for name, group in groups.items()}
        self.plan["backbone"] = asdict(backbone.info)
        self.plan["data"] = {"digest": None if data is None else data.digest}
        self.prompt = fresh_prompt(backbone, spec, shape, plan.seed).to(self._team.device)
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
        Raises TrainingInterrupted when it says so, MakerLost, ConfigError when the run cannot go on.
        """
        self._resume(folder)
        with self._batches.training(range(self.step, self._plan.steps), self._makers) as batches:
            while self.step < self._plan.steps and self._stale < self._plan.patience:
                batch, stopped = next_or_lost(batches), stop()
                lost = isinstance(batch, MakerLost)
                if self._team.any(flag=stopped or lost) or isinstance(batch, MakerLost):
                    self._save(folder)
                    if isinstance(batch, MakerLost) and not stopped:
                        raise batch
                    raise TrainingInterrupted(self.step, self._plan.steps, folder)
                report(self._trained(batch, folder))
        self.prompt.load_state_dict(self._best_state)
        return self.prompt

    def _trained(self, batch: TrainingBatch, folder: Path) -> Progress:
        loss = self.train_step(batch)
        self.step += 1
        validation: dict[str, float] = {}
        if self.step % self._plan.validate_every == 0 or self.step == self._plan.steps:
            validation = self._validated()
            self._save(folder)
        return Progress(self.step, loss, validation)

    def train_step(self, batch: TrainingBatch) -> float:
        """Learn from one batch; returns its loss before. Raises ConfigError when that is no number."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate(self.step)
        rows = self._team.rows(len(batch.codes))
        self._optimizer.zero_grad()
        features = self._features(batch.codes[rows])
        loss = self._loss(batch, self._judged(features, self._plan.precision), rows)
        if weight := self._plan.short_path_weight:
            loss = loss + weight * self._loss(batch, self.prompt.short_path(features).flatten(1), rows)
        # Shares need not be equal: a process with more rows counts for more.
        loss = loss * (len(features) * self._team.size / len(batch.codes))
        loss.backward()  # type: ignore[no-untyped-call]  # torch's Tensor.backward has no types
        average = self._team.average(self.prompt.parameters(), loss)
        check_loss(average, self.step)
        nn.utils.clip_grad_norm_(self.prompt.parameters(), 1.0)
        self._optimizer.step()
        return average

    def _features(self, codes: CodeArray) -> Tensor:
        return self.prompt.features(torch.from_numpy(codes).to(self._team.device))

    def _logits(self, codes: CodeArray) -> Tensor:
        return self._judged(self._features(codes))

    def _judged(self, features: Tensor, precision: Precision = "float32") -> Tensor:
        inputs, steering = self.prompt.inputs(features), self.prompt.steering(len(features))
        with computing_in(precision, features.device):
            hidden = self.backbone(inputs, steering)
        return self.prompt.logits(hidden.float(), features)

    def _loss(self, batch: TrainingBatch, logits: Tensor, rows: slice = slice(None)) -> Tensor:
        return share_of_loss(self._plan, self._batches.spec.patch, batch, logits, rows)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss over all points, ranking over the newest points, on held-out series.

        Raises ConfigError when the loss is no number.
        """
        held_out = self._batches.held_out(VALIDATION_SEED, self._plan.validation_batches)
        return validation_figures(held_out, lambda batch: self._logits(batch.codes), self._loss, self.step)

    @torch.no_grad()
    def calibrate(self) -> Platt:
        """Fit and fold a calibration on generated series that neither training nor validation makes, and on
        the held-out real ones.
        """
        held_out = self._batches.held_out(CALIBRATION_SEED, self._plan.validation_batches)
        newest = [newest_points(batch, self._logits(batch.codes)) for batch in held_out]
        logit, label = (np.concatenate(columns) for columns in zip(*newest, strict=True))
        platt = fit_platt(logit, label)
        fold(self.prompt, platt)
        return platt

    def _validated(self) -> dict[str, float]:
        metrics = self._team.led(self.validate)
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
        if not self._team.leads:
            return
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
        state = self._team.led(lambda: load_state(folder, self.plan))
        if state is None:
            return
        self.prompt.load_state_dict(state["prompt"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._best_state = state["best_state"]
        self.step, self._best, self._stale = state["step"], state["best"], state["stale"]
        self.history = state["history"]
