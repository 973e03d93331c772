"""GGUF weights, converted once to safetensors: seconds of loading become hundredths."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from spear_stream.core.errors import CheckpointError
from spear_stream.model.cache import cache_root, made_once

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
"""What transformers raises for weights that are damaged, missing or of a family that it does not know."""


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
    try:
        return made_once(target, lambda folder: load(gguf).save_pretrained(folder))
    except OSError as error:
        raise CheckpointError(
            f"{gguf.name} cannot be converted into {target}: {error}. "
            "Make room there, several times the size of the file is needed"
        ) from error
    except UNREADABLE as error:
        raise CheckpointError(f"{gguf} cannot be read: {error}. Install its package again") from error
