"""The prompt artefact: manifest.json and prompt.safetensors, verified on load.

Safetensors only: loading a checkpoint can never run code. Sizes and shapes are
checked against the manifest before anything is allocated.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.prompt import PromptShape, SoftPrompt

FORMAT = 1
MANIFEST = "manifest.json"
TENSORS = "prompt.safetensors"
LARGEST_BYTES = 8 << 20
_Decoded = TypeVar("_Decoded")
DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "data" / "checkpoints" / "default"


@dataclass(frozen=True)
class _Format:
    """What every manifest says, of whatever version."""

    format: int


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
    """Write both files, each in one piece and the manifest last; half precision halves the artefact.

    manifest: the fields that are not known from the prompt. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().cpu().half().contiguous() for name, tensor in prompt.state_dict().items()
    }
    packed = save(tensors)
    digest = hashlib.sha256(packed).hexdigest()
    written = Manifest(spec=prompt.spec, shape=prompt.shape, tensors_sha256=digest, **manifest)
    write_whole(folder / TENSORS, packed)
    write_whole(folder / MANIFEST, (json.dumps(asdict(written), indent=2, allow_nan=False) + "\n").encode())
    return written


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old one or the new one. Raises OSError."""
    scratch = path.with_name(f".{path.name}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def load_manifest(folder: Path) -> Manifest:
    """Read and check the manifest. Raises CheckpointError naming the file and the fault."""
    path = folder / MANIFEST
    raw = _read_small(path)
    found = _decode(path, raw, _Format).format
    if found != FORMAT:
        raise CheckpointError(
            f"{path} has format {found}, this version reads format {FORMAT}: use the version of "
            "spear-stream that wrote it, or train the checkpoint again"
        )
    manifest = _decode(path, raw, Manifest)
    if manifest.channels != list(CHANNELS):
        raise CheckpointError(
            f"{path}: channels {manifest.channels}, this version makes {list(CHANNELS)}: "
            "train the checkpoint again"
        )
    return manifest


def _decode(path: Path, raw: bytes, of: type[_Decoded]) -> _Decoded:
    try:
        return msgspec.json.decode(raw, type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is no checkpoint manifest ({error}). {_CURE}") from error
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}. {_CURE}") from error


def load_checkpoint(folder: Path) -> PromptCheckpoint:
    """Load a prompt and verify hash, names, types and shapes. Raises CheckpointError."""
    folder = folder.resolve()  # both files from one folder, also when a link to it changes meanwhile
    manifest = load_manifest(folder)
    path = folder / TENSORS
    packed = _read_small(path)
    if hashlib.sha256(packed).hexdigest() != manifest.tensors_sha256:
        raise CheckpointError(
            f"{path} does not have the SHA-256 its manifest gives: damaged or exchanged. {_CURE}"
        )
    with torch.device("meta"):
        prompt = SoftPrompt(manifest.spec, manifest.shape)
    prompt.load_state_dict(_unpack(path, packed, prompt), assign=True)
    prompt.eval().requires_grad_(requires_grad=False)
    return PromptCheckpoint(manifest, prompt)


def _read_small(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise CheckpointError(f"no checkpoint in {path.parent}: {path.name} is missing. {_CURE}") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}. {_CURE}") from error
    if len(data) > LARGEST_BYTES:
        raise CheckpointError(f"{path} is larger than {LARGEST_BYTES} bytes, no checkpoint is. {_CURE}")
    return data


def _unpack(path: Path, packed: bytes, prompt: SoftPrompt) -> dict[str, torch.Tensor]:
    """The tensors, as wide as the prompt's; its file is bounded, so what it unpacks to is too."""
    try:
        tensors = load(packed)
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path} is no safetensors file: {error}. {_CURE}") from error
    wanted = {name: tuple(tensor.shape) for name, tensor in prompt.state_dict().items()}
    if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != wanted:
        raise CheckpointError(f"{path}: names or shapes of tensors are not those of its manifest. {_CURE}")
    if not all(t.is_floating_point() and bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise CheckpointError(f"{path} holds values that are no finite numbers. {_CURE}")
    return {name: tensor.float() for name, tensor in tensors.items()}


_CURE = (
    "Set SPEAR_MODEL__CHECKPOINT (or --checkpoint) to a complete folder that spear-trainer fit wrote: "
    f"{MANIFEST} and {TENSORS}"
)
