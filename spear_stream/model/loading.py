"""From plain settings to a scorer that is ready to score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from spear_stream.core.errors import ConfigError
from spear_stream.core.tenants import is_called
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import load_checkpoint
from spear_stream.model.packaged import checkpoint_folder
from spear_stream.model.scorer import FrozenScorer


@dataclass(frozen=True)
class ModelChoice:
    """Which checkpoints score which series, and where the model runs."""

    checkpoint: str | Path | None = None
    """Folder; the packaged checkpoint if None or `default`."""
    backbone: str | None = None
    """In place of the name in the checkpoint; the weights must be the same."""
    tenants: Mapping[str, str | Path] = field(default_factory=dict)
    """Series pattern to checkpoint folder; the first match wins."""
    device: str = "auto"
    """auto, cpu or cuda."""
    dtype: str = "auto"
    """Precision of the backbone: auto, float32, bfloat16 or float16; auto is float32 on a CPU."""
    threads: int | None = None
    """Of the CPU; torch's choice if None."""
    compile: bool = False


def load_scorer(choice: ModelChoice) -> FrozenScorer:
    """Load and verify checkpoints and backbone. Raises CheckpointError, ConfigError or OutOfMemory."""
    if choice.threads is not None:
        torch.set_num_threads(choice.threads)
    folders = [choice.checkpoint, *choice.tenants.values()]
    checkpoints = [load_checkpoint(checkpoint_folder(folder)) for folder in folders]
    wanted = checkpoints[0].manifest.backbone
    name, layers = choice.backbone or wanted.name, wanted.layers or None
    backbone = load_backbone(name, layers, known_as=wanted.name, causal=wanted.causal)
    device = _device(choice.device)
    return FrozenScorer(backbone, checkpoints, device, _dtype(choice.dtype, device), compile=choice.compile)


def prompt_chooser(patterns: Sequence[str]) -> Callable[[str], int]:
    """Index of a series' checkpoint among those of `load_scorer`: 0 unless a tenant's pattern matches."""

    def choose(series: str) -> int:
        matches = (i for i, pattern in enumerate(patterns, start=1) if is_called(series, pattern))
        return next(matches, 0)

    return choose


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "SPEAR_MODEL__DEVICE is cuda, but torch sees no GPU here; set it to auto or cpu, "
            "or install a CUDA build of torch and its driver"
        )
    return torch.device(name)


def _dtype(name: str, device: torch.device) -> torch.dtype:
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]
