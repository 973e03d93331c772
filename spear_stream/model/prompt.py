"""What is learned: soft prompts, bin embeddings and the head (SPEAR, arXiv 2510.03962)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.model.derived import DERIVED_CHANNELS, FEWEST_POINTS, derived_codes
from spear_stream.model.innovation import LEAST
from spear_stream.model.steering import Steering

LARGEST_SIZE = 16_384
"""Of any size of a prompt; a bound for what a foreign checkpoint can ask for."""


@dataclass(frozen=True)
class PromptShape:
    """Sizes of a soft prompt beside those of the window."""

    prompts: int = 8
    """Learned vectors in front of the window (m)."""
    rank: int = 8
    """Width of one bin's embedding before the patch projection."""
    skip: int = 64
    """Hidden width of the short path from a patch to its logits; 0 for the head alone, as published."""
    hidden: int = 384
    """Width of the backbone."""
    deep: int = 0
    """Further layers that find prompts of their own: all but the first, or none."""
    gains: int = 0
    """Normalisations of the backbone whose gains are tuned: all or none."""
    window_head: bool = False
    """A logit of the window as a whole, added to those of its newest patch."""
    derived: tuple[str, ...] = ()
    """Further channels, made of the window's own codes: of DERIVED_CHANNELS, in their order (derived.py)."""

    def __post_init__(self) -> None:
        check_numbers(self, "prompts", "skip", "deep", "gains", least=0, most=LARGEST_SIZE)
        check_numbers(self, "rank", least=2, most=LARGEST_SIZE)  # a distance and its size, see _ordered()
        check_numbers(self, "hidden", least=1, most=LARGEST_SIZE)
        if self.derived != tuple(name for name in DERIVED_CHANNELS if name in self.derived):
            raise ConfigError(
                f"derived channels are {list(DERIVED_CHANNELS)}, in this order: {list(self.derived)}"
            )

    @property
    def channels(self) -> tuple[str, ...]:
        """Of the codes that are embedded."""
        return (*CHANNELS, *self.derived)

    def check_window(self, spec: WindowSpec) -> None:
        """Raises ConfigError for derived channels of a window that is too short to tell of itself."""
        if self.derived and spec.length < FEWEST_POINTS:
            raise ConfigError(
                f"derived channels need a window of at least {FEWEST_POINTS} points, it has {spec.length}: "
                "set length in [window], or derived = [] in [shape]"
            )
        if "innovation" in self.derived and (spec.length < LEAST or spec.scaling != "robust"):
            raise ConfigError(
                f"innovation needs a window of at least {LEAST} points, scaled robust; it has {spec.length}, "
                f"{spec.scaling}: set length and scaling in [window], or leave it out of derived in [shape]"
            )


class SoftPrompt(nn.Module):
    """Turns codes into backbone input and backbone output into one logit per point.

    A patch of P points becomes one position: the embeddings of its P x channels
    bins, side by side, projected to the backbone's width. The logit of a point is
    the head on its position plus a short path from the patch itself, so that what
    is plain from the last points needs no detour through the backbone. A part of
    that path is linear in the distances: beyond the largest that training showed
    the logit still grows, so that alerts are ranked by how extreme they are.
    """

    def __init__(self, spec: WindowSpec, shape: PromptShape) -> None:
        """Raises what PromptShape.check_window() raises."""
        super().__init__()
        shape.check_window(spec)
        self.spec = spec
        self.shape = shape
        features = spec.patch * len(shape.channels) * shape.rank
        self.bins = nn.Parameter(_ordered(spec, shape))
        self.patch = nn.Linear(features, shape.hidden)
        self.prompts = nn.Parameter(torch.randn(shape.prompts, shape.hidden) * 0.05)
        self.norm = nn.LayerNorm(shape.hidden)
        self.head = nn.Linear(shape.hidden, spec.patch)
        if shape.skip:
            self.skip = nn.Sequential(
                nn.Linear(features, shape.skip), nn.GELU(), nn.Linear(shape.skip, spec.patch)
            )
            self.direct = nn.Linear(features, spec.patch, bias=False)
        if shape.deep:
            self.deep = nn.Parameter(torch.randn(shape.deep, shape.prompts, shape.hidden) * 0.05)
        if shape.gains:
            self.gains = nn.Parameter(torch.ones(shape.gains, shape.hidden))
        if shape.window_head:
            self.window = nn.Linear(shape.hidden, 1)

    def features(self, codes: Tensor, derived: Tensor | None = None) -> Tensor:
        """Codes (n, points, channels) of a multiple of the patch -> (n, patches, features).

        derived: those of derived_codes(), where they are known already.
        """
        codes = codes.long()
        if self.shape.derived:
            further = derived_codes(codes, self.spec, self.shape.derived) if derived is None else derived
            own = [DERIVED_CHANNELS.index(name) for name in self.shape.derived]
            codes = torch.cat([codes, further[..., own]], dim=2)
        channel = torch.arange(len(self.shape.channels), device=codes.device)
        vectors: Tensor = self.bins[channel, codes]
        return vectors.reshape(len(codes), -1, self.patch.in_features)

    def inputs(self, features: Tensor) -> Tensor:
        """(n, patches, features) -> backbone input (n, prompts + patches, hidden)."""
        prompts = self.prompts.expand(len(features), -1, -1)
        return torch.cat([prompts, self.patch(features)], dim=1)

    def steering(self, rows: int) -> Steering:
        """What it changes inside the backbone, for `rows` rows."""
        shape = self.shape
        none = self.bins.new_zeros(0, rows, shape.prompts, shape.hidden)
        deep = self.deep[:, None].expand(-1, rows, -1, -1) if shape.deep else none
        gains = (
            self.gains[:, None].expand(-1, rows, -1)
            if shape.gains
            else self.bins.new_zeros(0, rows, shape.hidden)
        )
        return Steering(deep, gains)

    def logits(self, hidden: Tensor, features: Tensor) -> Tensor:
        """Backbone output (n, prompts + k, hidden) and features (n, k, features) of k patches ->
        (n, k * patch).
        """
        return self.newest(hidden, features, features.shape[1] * self.spec.patch)

    def short_path(self, features: Tensor) -> Tensor:
        """What the logits are without the backbone: features (n, k, features) -> (n, k, patch).

        Raises ConfigError where the shape has no such path.
        """
        if not self.shape.skip:
            raise ConfigError("a prompt with skip = 0 has no short path")
        logits: Tensor = self.skip(features) + self.direct(features)
        return logits

    def newest(self, hidden: Tensor, features: Tensor, points: int) -> Tensor:
        """The same of the newest points alone, (n, points)."""
        patches, ends = hidden[:, self.shape.prompts :], -(-points // self.spec.patch)
        logits = self._per_position(patches[:, -ends:], features[:, -ends:])
        if self.shape.window_head:
            logits = torch.cat([logits[:, :-1], logits[:, -1:] + self._whole(patches)], dim=1)
        return logits.flatten(1)[:, -points:]

    def _per_position(self, hidden: Tensor, features: Tensor) -> Tensor:
        logits: Tensor = self.head(self.norm(hidden))
        if self.shape.skip:
            logits = logits + self.short_path(features)
        return logits

    def _whole(self, patches: Tensor) -> Tensor:
        """(n, k, hidden) -> (n, 1, 1), from the mean over the positions."""
        logit: Tensor = self.window(self.norm(patches.mean(dim=1, keepdim=True)))
        return logit


def _ordered(spec: WindowSpec, shape: PromptShape) -> Tensor:
    """Start of the bin embeddings, (channels, codes, rank): neighbouring bins are alike.

    The outermost bins are the most telling and the rarest in training; what they
    start with is what they keep, so it must continue what their neighbours say: the
    distance itself, its size, and slow waves of it.
    """
    rank, channels = shape.rank, len(shape.channels)
    squashed = 2 * (torch.arange(spec.codes) - 0.5) / spec.bins - 1
    waves = torch.arange(rank)[None, :] * squashed[:, None] * (torch.pi / 2)
    start = 0.5 * torch.cos(waves + torch.rand(channels, 1, rank) * 2 * torch.pi)
    start[..., 0] = 2.5 * squashed
    start[..., 1] = 2.5 * squashed.abs()
    words = [PAD, *range(spec.bins + 1, spec.codes)]
    start[:, words] = 0.1 * torch.randn(channels, len(words), rank)
    return start
