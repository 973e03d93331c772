"""GGUF weights, converted once to safetensors: seconds of loading become hundredths."""

import os
import shutil
import tempfile
from pathlib import Path

from spear_stream.core.errors import CheckpointError


def cache_root() -> Path:
    """Where converted weights are kept: the platform's cache folder."""
    return Path.home() / ".cache" / "spear-stream"


def converted_folder(source: Path) -> Path:
    """The safetensors folder made from the one GGUF file under `source`.

    Raises CheckpointError if there is no GGUF file or the libraries to read it are missing.
    """
    found = sorted(source.rglob("*.gguf"))
    if not found:
        raise CheckpointError(f"{source} carries no GGUF file; reinstall the weight package")
    target = cache_root() / f"{found[0].stem}-{found[0].stat().st_size}"
    if not target.is_dir():
        _convert(found[0], target)
    return target


def _convert(gguf: Path, target: Path) -> None:
    model = _load(gguf)
    # transformers 5 keeps marks of the quantised origin that its own save_pretrained refuses.
    for mark in ("hf_quantizer", "is_quantized", "quantization_method"):
        if hasattr(model, mark):
            delattr(model, mark)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent))
    model.save_pretrained(scratch)
    try:
        os.replace(scratch, target)  # noqa: PTH105 - atomic, and two workers may convert at once
    except OSError:
        shutil.rmtree(scratch)


def _load(gguf: Path):  # noqa: ANN202 - transformers' class depends on the file
    from transformers import AutoModel  # noqa: PLC0415 - only when a conversion is due

    try:
        return AutoModel.from_pretrained(gguf.parent, gguf_file=gguf.name)
    except ImportError as error:
        raise CheckpointError(
            f"{gguf.name} needs the packages gguf and accelerate: pip install 'spear-stream[causal]'"
        ) from error
