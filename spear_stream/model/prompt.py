"""What is learned: soft prompts, bin embeddings and the head (SPEAR, arXiv 2510.03962)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spear_stream.core.spec import CHANNELS, WindowSpec


@dataclass(frozen=True)
class PromptShape:
    """Sizes of a soft prompt beside those of the window."""

    prompts: int = 8
    """Learned vectors in front of the window (m)."""
    rank: int = 8
    """Width of one bin's embedding before the patch projection."""
    skip: int = 64
    """Hidden width of the short path from a patch to its logits."""
    hidden: int = 384
    """Width of the backbone."""


class SoftPrompt(nn.Module):
    """Turns codes into backbone input and backbone output into one logit per point.

    A patch of P points becomes one position: the embeddings of its P x channels
    bins, side by side, projected to the backbone's width. The logit of a point is
    the head on its position plus a short path from the patch itself, so that what
    is plain from the last points needs no detour through the backbone.
    """

    def __init__(self, spec: WindowSpec, shape: PromptShape) -> None:
        super().__init__()
        self.spec = spec
        self.shape = shape
        features = spec.patch * len(CHANNELS) * shape.rank
        self.bins = nn.Parameter(torch.randn(len(CHANNELS), spec.codes, shape.rank) * 0.5)
        self.patch = nn.Linear(features, shape.hidden)
        self.prompts = nn.Parameter(torch.randn(shape.prompts, shape.hidden) * 0.05)
        self.norm = nn.LayerNorm(shape.hidden)
        self.head = nn.Linear(shape.hidden, spec.patch)
        self.skip = nn.Sequential(
            nn.Linear(features, shape.skip), nn.GELU(), nn.Linear(shape.skip, spec.patch)
        )

    def features(self, codes: Tensor) -> Tensor:
        """Codes (n, points, channels) of a multiple of the patch -> (n, patches, features)."""
        channel = torch.arange(len(CHANNELS), device=codes.device)
        vectors = self.bins[channel, codes.long()]
        return vectors.reshape(len(codes), -1, self.patch.in_features)

    def inputs(self, features: Tensor) -> Tensor:
        """(n, patches, features) -> backbone input (n, prompts + patches, hidden)."""
        prompts = self.prompts.expand(len(features), -1, -1)
        return torch.cat([prompts, self.patch(features)], dim=1)

    def logits(self, hidden: Tensor, features: Tensor) -> Tensor:
        """Hidden states (n, k, hidden) and features (n, k, features) of k patches -> (n, k * patch)."""
        return (self.head(self.norm(hidden)) + self.skip(features)).flatten(1)
