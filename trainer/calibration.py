"""Platt scaling (Platt, 1999): a prompt's probability becomes the share of points that are anomalous.

Two numbers are fitted on held-out series, scale and shift of the logit, and folded into the last linear maps:
a calibrated checkpoint has no further part, and costs nothing at scoring.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from spear_stream.core.records import BoolArray, Float32Array
from spear_stream.model.prompt import SoftPrompt


@dataclass(frozen=True)
class Platt:
    """logit -> scale * logit + shift; the scale is positive, so ranking stays."""

    scale: float
    shift: float


def fit_platt(logit: Float32Array, label: BoolArray) -> Platt:
    """Least cross-entropy of held-out points, (n,) each; without both classes nothing is changed.

    Labels are smoothed as Platt does, so that a perfect separation does not scale without end.
    """
    positives, points = int(label.sum()), len(label)
    if positives in {0, points}:
        return Platt(1.0, 0.0)
    target = np.where(label, (positives + 1) / (positives + 2), 1 / (points - positives + 2))

    def loss(parameters: np.ndarray) -> float:
        z = np.exp(parameters[0]) * logit + parameters[1]
        return float(np.mean(np.logaddexp(0, z) - target * z))

    found = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return Platt(float(np.exp(found[0])), float(found[1]))


@torch.no_grad()
def fold(prompt: SoftPrompt, platt: Platt) -> None:
    """Change the prompt so that its logits are the calibrated ones."""
    for last in _last_maps(prompt):
        last.weight.mul_(platt.scale)
        if last.bias is not None:
            last.bias.mul_(platt.scale)
    bias: Tensor = prompt.head.bias
    bias.add_(platt.shift)


def _last_maps(prompt: SoftPrompt) -> list[nn.Linear]:
    """Those whose outputs add up to the logit."""
    maps: list[nn.Linear] = [prompt.head]
    if prompt.shape.skip:
        maps += [prompt.direct, prompt.skip[-1]]  # type: ignore[list-item]  # the last of a Sequential
    if prompt.shape.window_head:
        maps.append(prompt.window)
    return maps
