"""GGUF weights, converted once to safetensors: seconds of loading become hundredths."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from spear_stream.core.errors import CheckpointError

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
"""What transformers raises for weights that are damaged, missing or of a family that it does not know."""


def cache_root() -> Path:
    """Where converted and unpacked weights are kept: the user's cache folder."""
    return Path.home() / ".cache" / "spear-stream"


def gguf_file(folder: Path) -> Path:
    """The GGUF file somewhere below `folder`. Raises CheckpointError if there is none."""
    found = sorted(folder.rglob("*.gguf"))
    if not found:
        raise CheckpointError(f"{folder} carries no GGUF file; reinstall the weight package")
    return found[0]


def converted_folder(gguf: Path, digest: str, load: Callable[[Path], Any]) -> Path:
    """The safetensors folder made from a GGUF file, which is made now if it is not there yet.

    digest: SHA-256 of the file; load: reads it into a model that can be saved.
    Raises CheckpointError if the file cannot be read or the cache cannot be written.
    """
    target = cache_root() / f"{gguf.stem}-{digest[:16]}"
    if not target.is_dir():
        try:
            _convert(load(gguf), target)
        except OSError as error:
            raise CheckpointError(
                f"{gguf.name} cannot be converted into {target}: {error}. "
                "Make room there, several times the size of the file is needed"
            ) from error
        except UNREADABLE as error:
            raise CheckpointError(f"{gguf} cannot be read: {error}. Install its package again") from error
    return target


def _convert(model: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        written = Path(scratch, target.name)
        model.save_pretrained(written)
        try:
            written.rename(target)  # at the very end: a killed conversion leaves nothing that looks finished
        except OSError:
            if not target.is_dir():  # or another process was quicker
                raise
