"""The prompt artefact: manifest.json and prompt.safetensors, verified on load.

Safetensors only: loading a checkpoint can never run code. Sizes and shapes are
checked against the manifest before anything is allocated.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path
from typing import TypeVar

import msgspec
import torch

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.tensors import unpack

FORMAT = 1
MANIFEST = "manifest.json"
TENSORS = "prompt.safetensors"
LARGEST_BYTES = 8 << 20
LONGEST_NAME = 200
_Decoded = TypeVar("_Decoded")


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
    causal: bool = False
    """Read as a decoder (backbone.py)."""


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
    """Fingerprints (trainer/datasets/series.py) or names of all real series used; evaluation refuses them."""
    metrics: dict[str, float] = field(default_factory=dict)
    channels: list[str] = field(default_factory=lambda: list(CHANNELS))
    format: int = FORMAT

    def __post_init__(self) -> None:
        self.shape.check_window(self.spec)

    @property
    def id(self) -> str:
        """Name and the beginning of the tensors' hash: what alerts say made them."""
        return f"{self.name}-{self.tensors_sha256[:12]}"


@dataclass(frozen=True)
class PromptCheckpoint:
    manifest: Manifest
    prompt: SoftPrompt


def load_manifest(folder: Path) -> Manifest:
    """Read and check the manifest. Raises CheckpointError naming the file, the fault and the cure."""
    with _cured():
        return read_manifest(_read_small(folder / MANIFEST), str(folder / MANIFEST))


def load_checkpoint(folder: Path) -> PromptCheckpoint:
    """Load a prompt and verify hash, names, types and shapes. Raises CheckpointError, as above."""
    folder = Path(realpath(folder))  # both files from one folder, also when a link to it changes meanwhile
    manifest = load_manifest(folder)
    with _cured():
        return read_checkpoint(manifest, _read_small(folder / TENSORS), str(folder / TENSORS))


def read_manifest(raw: bytes, where: str) -> Manifest:
    """where: for the message. Raises CheckpointError."""
    found = _decode(where, raw, _Format).format
    if found != FORMAT:
        raise CheckpointError(
            f"{where} has format {found}, this version reads format {FORMAT}: use the version of "
            "spear-stream that wrote it, or train the checkpoint again"
        )
    manifest = _decode(where, raw, Manifest)
    if fault := fault_of_name(manifest.name):
        raise CheckpointError(f"{where}: {fault}")
    if manifest.channels != (wanted := list(manifest.shape.channels)):
        raise CheckpointError(
            f"{where}: channels {manifest.channels}, this version makes {wanted}: train the checkpoint again"
        )
    return manifest


def fault_of_name(name: str) -> str | None:
    """Why a checkpoint cannot be called so, None if it can. Alerts show the name, a folder has it."""
    if 0 < len(name) <= LONGEST_NAME and name.isprintable() and "/" not in name and not name.startswith("."):
        return None
    return f"a name is printable, of at most {LONGEST_NAME} characters, without / and begins with no dot"


def read_checkpoint(manifest: Manifest, packed: bytes, where: str) -> PromptCheckpoint:
    """A prompt of tensors that are what the manifest says. Raises CheckpointError."""
    if hashlib.sha256(packed).hexdigest() != manifest.tensors_sha256:
        raise CheckpointError(f"{where} does not have the SHA-256 its manifest gives: damaged or exchanged")
    with torch.device("meta"):
        prompt = SoftPrompt(manifest.spec, manifest.shape)
    shapes = {name: list(tensor.shape) for name, tensor in prompt.state_dict().items()}
    prompt.load_state_dict(unpack(packed, shapes, where), assign=True)
    prompt.eval().requires_grad_(requires_grad=False)
    return PromptCheckpoint(manifest, prompt)


def _decode(where: str, raw: bytes, of: type[_Decoded]) -> _Decoded:
    try:
        return msgspec.json.decode(raw, type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = f"{where} is no checkpoint manifest, or that of a newer spear-stream ({error})"
        raise CheckpointError(reason) from error
    except ConfigError as error:
        raise CheckpointError(f"{where}: {error}") from error


@contextmanager
def _cured() -> Iterator[None]:
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{error}. {_CURE}") from error.__cause__


def _read_small(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise CheckpointError(f"{path} is no plain file")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise CheckpointError(f"no checkpoint in {path.parent}: {path.name} is missing") from error
    except NotADirectoryError as error:
        raise CheckpointError(f"{path.parent} is no folder, so it holds no checkpoint") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if len(data) > LARGEST_BYTES:
        raise CheckpointError(f"{path} is larger than {LARGEST_BYTES} bytes, no checkpoint is")
    return data


_CURE = (
    f"Give a complete folder that spear-trainer fit wrote, with {MANIFEST} and {TENSORS}: "
    "as SPEAR_MODEL__CHECKPOINT, --checkpoint or the DIR of the command"
)
