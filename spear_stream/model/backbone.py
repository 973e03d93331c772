"""Loading and freezing a pre-trained encoder or decoder; the only file that knows transformers.

A backbone name is resolved in this order: a local folder, an installed weight
package, a hub name. `random:NAME` has the architecture of NAME with random
weights and `none` hands its input through: the two controls that tell what
pre-training contributes (docs/experiments.md).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from spear_stream.core.errors import CheckpointError
from spear_stream.model.gguf_cache import UNREADABLE, converted_folder
from spear_stream.model.memory import memory_guarded
from spear_stream.model.steering import Steering, layers_of, normalisations, steered
from spear_stream.model.weights import CURE, find_weights

RANDOM = "random:"
NONE = "none"
NONE_WIDTH = 384
SAME = 1e-3
"""Of the largest value of a hidden state: what rounding may change."""
GGUF = ".gguf"
POSITIONS = {"position_embeddings", "wpe", "embed_positions"}
"""What families call the vectors of positions that they have learnt."""
RANDOM_SEED = 20251003
"""One fixed draw, so that a checkpoint trained on random weights finds the same ones again."""


@dataclass(frozen=True)
class BackboneInfo:
    """What a checkpoint must find again to mean the same."""

    name: str
    digest: str
    """SHA-256 of the weight file as published; of the tensors for random weights; empty for `none`."""
    hidden_size: int
    layers: int
    norms: int = 0
    """Normalisations whose gains a prompt may tune."""
    causal: bool = False
    """Every position reads only those up to itself: a decoder, or an encoder that is told to."""
    positions: int | None = None
    """Most that it has learnt a vector for; None where places are computed, as rotary ones are."""


class Backbone(nn.Module):
    """A frozen model from input embeddings (n, positions, hidden) to hidden states of the same shape."""

    def __init__(self, info: BackboneInfo, model: nn.Module | None, scale: float) -> None:
        super().__init__()
        self.info = info
        self.input_scale = scale
        """Standard deviation of the model's own token embeddings: what its first layer expects."""
        self._model = model
        self._layers = list(layers_of(model)[2]) if model is not None else []
        self._norms = normalisations(model, info.hidden_size) if model is not None else []
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, embeddings: Tensor, steering: Steering | None = None) -> Tensor:
        """steering: what the prompts of the rows change inside. Raises ConfigError when it does not fit."""
        if steering is None or not steering.is_used:
            return self._hidden(embeddings)
        with steered(self._layers, self._norms, steering):
            return self._hidden(embeddings)

    def _hidden(self, embeddings: Tensor) -> Tensor:
        if self._model is None:
            return embeddings
        hidden: Tensor = self._model(inputs_embeds=embeddings).last_hidden_state
        return hidden

    def token_vectors(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` token embeddings drawn at random: a start for prompts, in the model's own language."""
        if self._model is None:
            return torch.randn(count, self.info.hidden_size, generator=generator) * self.input_scale
        table: Tensor = self._model.get_input_embeddings().weight  # type: ignore[operator]  # transformers' own accessor
        return table[torch.randint(len(table), (count,), generator=generator)].float().clone()


def load_backbone(
    name: str, layers: int | None = None, known_as: str | None = None, *, causal: bool = False
) -> Backbone:
    """Load and freeze a backbone, cut to its first `layers` layers.

    known_as: the name to report, when the same weights come from another place. causal: tell an encoder to
    be; a decoder is anyway, and `none` reads nothing.
    Raises CheckpointError if the name leads nowhere, the weights are not what they should be, or the model
    cannot be causal, and OutOfMemory.
    """
    if name == NONE:
        return Backbone(BackboneInfo(NONE, "", NONE_WIDTH, 0), None, 0.05)
    random = name.startswith(RANDOM)
    found = find_weights(name.removeprefix(RANDOM))
    folder = found.file.parent
    if found.file.suffix == GGUF:
        folder = converted_folder(found.file, found.digest, _from_gguf)
    model = _model(folder, random=random, causal=causal).eval()
    _cut(model, layers)
    config = model.config
    config.use_cache = False  # decoders would keep keys and values that nobody reads
    info = BackboneInfo(
        known_as or name,
        tensor_digest(model) if random else found.digest,
        config.hidden_size,
        config.num_hidden_layers,
        norms=len(normalisations(model, config.hidden_size)),
        causal=_is_causal(model),
        positions=_positions(model),
    )
    if causal and not info.causal:
        raise CheckpointError(f"{name} cannot be causal: leave out [backbone] causal = true in the preset")
    return Backbone(info, model, float(model.get_input_embeddings().weight.detach().float().std()))


@torch.no_grad()
def _is_causal(model: Any) -> bool:
    """Whether the first position is the same whatever follows; some families ignore that they should."""
    given = torch.randn(1, 2, model.config.hidden_size, generator=torch.Generator().manual_seed(RANDOM_SEED))
    followed = model(inputs_embeds=given).last_hidden_state[0, 0]
    alone = model(inputs_embeds=given[:, :1]).last_hidden_state[0, 0]
    return bool((followed - alone).abs().max() < SAME * alone.abs().max())


def _positions(model: nn.Module) -> int | None:
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in POSITIONS and isinstance(module, nn.Embedding):
            # Some families leave out the rows up to the padding's (RoBERTa, MPNet) or the first two (OPT).
            padding = module.padding_idx
            return module.num_embeddings - (getattr(module, "offset", 0) if padding is None else padding + 1)
    return None


def tensor_digest(module: nn.Module) -> str:
    """SHA-256 over all tensors of a module by name: equal before and after training if frozen."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _model(folder: Path, *, random: bool, causal: bool) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        if causal:
            config.is_decoder = True  # the word of encoders for it, such as BERT's
        with memory_guarded():
            return _randomly_initialised(config) if random else _pretrained(folder, config)
    except UNREADABLE as error:
        raise CheckpointError(f"backbone {folder} cannot be loaded: {error}. {CURE}") from error


def _pretrained(folder: Path, config: Any) -> Any:
    logging.disable_progress_bar()
    return AutoModel.from_pretrained(folder, config=config, dtype=torch.float32, local_files_only=True)


def _randomly_initialised(config: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(RANDOM_SEED)
        return AutoModel.from_config(config, dtype=torch.float32)


def _from_gguf(file: Path) -> Any:
    try:
        with memory_guarded():
            model = AutoModel.from_pretrained(file.parent, gguf_file=file.name)
    except ImportError as error:
        raise CheckpointError(
            f"{file.name} needs the packages gguf and accelerate: pip install 'gguf>=0.19' accelerate"
        ) from error
    # transformers 5 keeps marks of the quantised origin that its own save_pretrained refuses.
    for mark in ("hf_quantizer", "is_quantized", "quantization_method"):
        if hasattr(model, mark):
            delattr(model, mark)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model


def _cut(model: Any, layers: int | None) -> None:
    """Keep the first layers only."""
    if layers is None:
        return
    available = model.config.num_hidden_layers
    if not 1 <= layers <= available:
        raise CheckpointError(f"the backbone has {available} layers, {layers} were asked for")
    parent, name, stack = layers_of(model)
    setattr(parent, name, stack[:layers])
    model.config.num_hidden_layers = layers
