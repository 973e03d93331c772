"""What a prompt may change inside the frozen backbone, per row of a batch: two opt-in extensions of SPEAR.

Deep prompts: every layer but the first finds vectors of its own at the positions of the prompt (P-tuning v2,
arXiv 2110.07602). Gains: the output of every normalisation is scaled per channel, the few kilobytes that
frozen pretrained transformers tune beside their ends (arXiv 2103.05247). The weights themselves stay as they
are, so one backbone serves rows with and without either.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from spear_stream.core.errors import CheckpointError, ConfigError


@dataclass(frozen=True, eq=False)
class Steering:
    """Of the rows of one batch; a part that is not used has no layers."""

    deep: Tensor
    """(layers - 1, rows, prompts, hidden), or (0, rows, ...)."""
    gains: Tensor
    """(normalisations, rows, hidden), or (0, rows, hidden)."""

    @property
    def form(self) -> tuple[int, ...]:
        """Rows of one form can share a pass."""
        return (self.deep.shape[0], self.deep.shape[2], self.gains.shape[0])

    @property
    def is_used(self) -> bool:
        return len(self.deep) + len(self.gains) > 0

    def to(self, dtype: torch.dtype) -> "Steering":
        return Steering(self.deep.to(dtype), self.gains.to(dtype))


def joined(parts: Sequence[Steering]) -> Steering:
    """The rows of several of one form, one after another."""
    return Steering(torch.cat([p.deep for p in parts], dim=1), torch.cat([p.gains for p in parts], dim=1))


def layers_of(model: Any) -> tuple[nn.Module, str, nn.ModuleList]:
    """The list of a model's layers, wherever its family keeps it (encoder.layer, layers, h)."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.ModuleList) and len(child) == model.config.num_hidden_layers:
                return parent, name, child
    raise CheckpointError(
        f"{type(model).__name__} keeps its layers in no list, so they can neither be cut nor steered: choose "
        "a backbone of another family, such as minilm-l6"
    )


def normalisations(model: nn.Module, hidden: int) -> list[nn.Module]:
    """The layer norms (or root mean square norms) over whole hidden states, in the model's order."""
    return [
        module
        for module in model.modules()
        if type(module).__name__.endswith("Norm") and _width(module) == hidden
    ]


@contextmanager
def steered(layers: Sequence[nn.Module], norms: Sequence[nn.Module], by: Steering) -> Iterator[None]:
    """Passes inside are steered. Raises ConfigError when the steering is of another model."""
    if len(by.deep) not in {0, len(layers) - 1} or len(by.gains) not in {0, len(norms)}:
        raise ConfigError(
            f"the prompt steers {len(by.deep)} layers and {len(by.gains)} norms, the backbone has "
            f"{len(layers) - 1} that can be and {len(norms)}"
        )
    handles = [
        *(
            layer.register_forward_pre_hook(_replacing(vectors))
            for layer, vectors in zip(layers[1:], by.deep, strict=False)
        ),
        *(norm.register_forward_hook(_scaling(gain)) for norm, gain in zip(norms, by.gains, strict=False)),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _replacing(vectors: Tensor) -> Callable[[nn.Module, Any], Any]:
    """A hook that puts vectors (rows, prompts, hidden) in place of a layer's first positions."""

    def hook(layer: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        del layer
        hidden, *others = arguments
        return (torch.cat([vectors, hidden[:, vectors.shape[1] :]], dim=1), *others)

    return hook


def _scaling(gain: Tensor) -> Callable[[nn.Module, Any, Tensor], Tensor]:
    """A hook that scales what a norm gives, (rows, positions, hidden), by (rows, hidden)."""

    def hook(norm: nn.Module, arguments: Any, output: Tensor) -> Tensor:
        del norm, arguments
        return output * gain[:, None]

    return hook


def _width(module: nn.Module) -> int:
    weight = getattr(module, "weight", None)
    return weight.shape[-1] if isinstance(weight, Tensor) else 0
