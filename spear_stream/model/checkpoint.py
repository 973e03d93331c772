"""The prompt artefact: manifest.json and prompt.safetensors, verified on load.

Safetensors only: loading a checkpoint can never run code. Sizes and shapes are
checked against the manifest before anything is allocated.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.prompt import PromptShape, SoftPrompt

FORMAT = 1
MANIFEST = "manifest.json"
TENSORS = "prompt.safetensors"
LARGEST_BYTES = 8 << 20
DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "data" / "checkpoints" / "default"


@dataclass(frozen=True)
class BackboneIdentity:
    """The backbone a prompt was tuned on and is only valid with."""

    name: str
    digest: str
    layers: int


@dataclass(frozen=True)
class Manifest:
    """Everything about a checkpoint but its tensors."""

    name: str
    backbone: BackboneIdentity
    spec: WindowSpec
    shape: PromptShape
    tensors_sha256: str
    command: str
    seed: int
    steps: int
    trained_on: list[str]
    """Names, and sha256:... of values, of every real series used; evaluation refuses them."""
    metrics: dict[str, float] = field(default_factory=dict)
    channels: list[str] = field(default_factory=lambda: list(CHANNELS))
    format: int = FORMAT

    @property
    def id(self) -> str:
        """Name and the beginning of the tensors' hash: what alerts say made them."""
        return f"{self.name}-{self.tensors_sha256[:12]}"


@dataclass(frozen=True)
class PromptCheckpoint:
    manifest: Manifest
    prompt: SoftPrompt


def save_checkpoint(folder: Path, prompt: SoftPrompt, **manifest: Any) -> Manifest:
    """Write both files; half precision halves the artefact and is what the metrics were taken with."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().cpu().half().contiguous() for name, tensor in prompt.state_dict().items()
    }
    save_file(tensors, folder / TENSORS)
    digest = hashlib.sha256((folder / TENSORS).read_bytes()).hexdigest()
    written = Manifest(spec=prompt.spec, shape=prompt.shape, tensors_sha256=digest, **manifest)
    (folder / MANIFEST).write_text(json.dumps(asdict(written), indent=2) + "\n")
    return written


def load_manifest(folder: Path) -> Manifest:
    """Read and check the manifest. Raises CheckpointError naming the file and the fault."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text())
        if raw.get("format") != FORMAT:
            raise CheckpointError(f"{path}: format {raw.get('format')!r}, this version reads format {FORMAT}")
        raw["backbone"] = BackboneIdentity(**raw["backbone"])
        raw["spec"] = WindowSpec(**raw["spec"])
        raw["shape"] = PromptShape(**raw["shape"])
        manifest = Manifest(**raw)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no checkpoint in {folder}: {MANIFEST} is missing; set SPEAR_MODEL__CHECKPOINT to a folder "
            "that spear-trainer fit wrote"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path} is no checkpoint manifest: {error}") from error
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if manifest.channels != list(CHANNELS):
        raise CheckpointError(f"{path}: channels {manifest.channels}, this version makes {list(CHANNELS)}")
    return manifest


def load_checkpoint(folder: Path) -> PromptCheckpoint:
    """Load a prompt and verify hash, names, types and shapes. Raises CheckpointError."""
    manifest = load_manifest(folder)
    path = folder / TENSORS
    if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
        raise CheckpointError(f"{path} is missing or larger than {LARGEST_BYTES} bytes")
    if hashlib.sha256(path.read_bytes()).hexdigest() != manifest.tensors_sha256:
        raise CheckpointError(f"{path} does not have the SHA-256 its manifest gives: damaged or exchanged")
    with torch.device("meta"):
        prompt = SoftPrompt(manifest.spec, manifest.shape)
    tensors = _read(path, {name: tuple(t.shape) for name, t in prompt.state_dict().items()})
    prompt.load_state_dict(tensors, assign=True)
    prompt.eval().requires_grad_(requires_grad=False)
    return PromptCheckpoint(manifest, prompt)


def _read(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no dict
            if found != shapes:
                raise CheckpointError(f"{path}: tensors do not fit the manifest's shapes")
            tensors = {name: file.get_tensor(name).float() for name in shapes}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file: {error}") from error
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise CheckpointError(f"{path} holds values that are not finite")
    return tensors
