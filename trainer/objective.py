"""What training minimises, what validation measures, and the start of it all."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor, nn

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import BoolArray, Float32Array
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone
from spear_stream.model.prompt import PromptShape, SoftPrompt
from trainer.batches import TrainingBatch
from trainer.plan import TrainingPlan


def share_of_loss(
    plan: TrainingPlan, patch: int, batch: TrainingBatch, logits: Tensor, rows: slice
) -> Tensor:
    """Weighted binary cross-entropy of some rows of a batch; the mean over equal shares is that of all.

    logits: (rows, points). Points that count have weight 1, those of the newest patch more.
    """
    weight = torch.from_numpy(batch.counts).float()
    weight[:, -patch:] *= plan.newest_weight
    weight = (weight / weight.mean())[rows].to(logits.device)
    target = torch.from_numpy(batch.label[rows]).float().to(logits.device)
    positive = None if plan.positive_weight == 1 else logits.new_tensor(plan.positive_weight)
    return nn.functional.binary_cross_entropy_with_logits(
        logits, target, weight, reduction="mean", pos_weight=positive
    )


def check_loss(loss: float, step: int) -> None:
    """Raise ConfigError, with the cure, when a loss is no number: the run has diverged."""
    if not math.isfinite(loss):
        raise ConfigError(f"the loss is {loss} at step {step}: lower training.learning_rate")


def newest_points(batch: TrainingBatch, logits: Tensor) -> tuple[Float32Array, BoolArray]:
    """Logits and labels of the newest points that count, (n,): what the daemon reads."""
    counted = batch.counts[:, -1]
    return logits[:, -1].cpu().numpy()[counted], batch.label[counted, -1]


def validation_figures(
    batches: Iterator[TrainingBatch],
    logits_of: Callable[[TrainingBatch], Tensor],
    loss_of: Callable[[TrainingBatch, Tensor], Tensor],
    step: int,
) -> dict[str, float]:
    """Loss over all points, ranking over the newest points.

    step: for the message. Raises ConfigError when the loss is no number; it is one only if all scores are.
    """
    losses, newest = [], []
    for batch in batches:
        logits = logits_of(batch)
        losses.append(float(loss_of(batch, logits)))
        check_loss(losses[-1], step)
        newest.append(newest_points(batch, logits))
    score, label = (np.concatenate(columns) for columns in zip(*newest, strict=True))
    return {
        "loss": float(np.mean(losses)),
        "auc_roc": float(roc_auc_score(label, score)),
        "auc_pr": float(average_precision_score(label, score)),
        "prevalence": float(label.mean()),
    }


def fresh_prompt(backbone: Backbone, spec: WindowSpec, shape: PromptShape, seed: int) -> SoftPrompt:
    """A prompt before training."""
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
