"""Writing a prompt artefact; checkpoint.py says what it is and reads it."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save

from spear_stream.core.errors import ConfigError
from spear_stream.model.checkpoint import LARGEST_BYTES, MANIFEST, TENSORS, Manifest
from spear_stream.model.prompt import SoftPrompt


def save_checkpoint(folder: Path, prompt: SoftPrompt, **manifest: Any) -> Manifest:
    """Write both files, each in one piece and the manifest last; half precision halves the artefact.

    manifest: the fields that are not known from the prompt. Raises OSError, ConfigError when it would be too
    large to be loaded; check_size() says so before a training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    packed = _packed(prompt)
    digest = hashlib.sha256(packed).hexdigest()
    written = Manifest(
        spec=prompt.spec,
        shape=prompt.shape,
        tensors_sha256=digest,
        channels=list(prompt.shape.channels),
        **manifest,
    )
    write_whole(folder / TENSORS, packed)
    write_whole(folder / MANIFEST, (json.dumps(asdict(written), indent=2, allow_nan=False) + "\n").encode())
    return written


def check_size(prompt: SoftPrompt) -> None:
    """Raises ConfigError for a prompt whose checkpoint would be too large to be loaded."""
    _packed(prompt)


def _packed(prompt: SoftPrompt) -> bytes:
    """Its tensors as they are stored. Raises ConfigError as check_size does."""
    packed = save({n: t.detach().cpu().half().contiguous() for n, t in prompt.state_dict().items()})
    if len(packed) > LARGEST_BYTES:
        raise ConfigError(
            f"the checkpoint would have {len(packed)} bytes, at most {LARGEST_BYTES} are loaded: lower rank, "
            "prompts or skip in [shape] of the preset, or take a narrower backbone"
        )
    return packed


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old one or the new one. Raises OSError."""
    scratch = path.with_name(f".{path.name}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
