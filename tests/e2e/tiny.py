"""A small checkpoint that raises alerts."""

from pathlib import Path

import torch

from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.model.backbone import NONE, NONE_WIDTH
from spear_stream.model.checkpoint import BackboneIdentity
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint

DISTANCE = 1
"""The feature of a bin's embedding that a fresh prompt starts as the size of its distance."""
USUAL = 6.0


def save_tiny(folder: Path, name: str, prompts: int = 0) -> Path:
    """No backbone; the logit of a point is the sum of its distances less USUAL, so that a far point is an
    anomaly.
    """
    prompt = SoftPrompt(WindowSpec(), PromptShape(prompts=prompts, hidden=NONE_WIDTH))
    features = prompt.patch.in_features // prompt.spec.patch
    with torch.no_grad():
        for silent in (prompt.head, prompt.skip[-1]):
            silent.weight.zero_()
            silent.bias.zero_()
        no_distance = [PAD, *range(prompt.spec.bins + 1, prompt.spec.codes)]
        prompt.bins[:, no_distance, DISTANCE] = 0.0  # a fresh prompt starts them at random
        prompt.head.bias.fill_(-USUAL)
        prompt.direct.weight.zero_()
        for point in range(prompt.spec.patch):
            distances = slice(point * features + DISTANCE, (point + 1) * features, prompt.shape.rank)
            prompt.direct.weight[point, distances] = 1.0
    backbone = BackboneIdentity(NONE, "", 0)
    save_checkpoint(
        folder, prompt, name=name, backbone=backbone, command="tests", seed=0, steps=0, trained_on=[]
    )
    return folder
