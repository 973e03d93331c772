"""Checkpoint folders made to harm: refused with a plain message, without running them or reading on."""

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from spear_stream.core.errors import CheckpointError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.checkpoint import MANIFEST, TENSORS, BackboneIdentity, load_checkpoint
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint

EXECUTED = Path("executed")


class Malicious:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (EXECUTED,)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save_checkpoint(
        tmp_path / "c", SoftPrompt(WindowSpec(), PromptShape(prompts=2)), name="test", command="", seed=0,
        backbone=BackboneIdentity("none", "", 0), steps=0, trained_on=[],
    )  # fmt: skip
    return tmp_path / "c"


def plant(folder: Path, packed: bytes) -> None:
    """Tensors that the manifest vouches for."""
    (folder / TENSORS).write_bytes(packed)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["tensors_sha256"] = hashlib.sha256(packed).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))


def header(text: bytes, length: int | None = None) -> bytes:
    return (len(text) if length is None else length).to_bytes(8, "little") + text


def tensor(shape: list[int], end: int) -> bytes:
    return json.dumps({"prompts": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        header(b"{}", 1 << 62),
        header(b"{}", (1 << 64) - 1),
        header(b"[" * 100_000),
        header(tensor([1 << 40, 1 << 40], 16)) + bytes(16),
        header(tensor([-1], 16)) + bytes(16),
        header(tensor([4], 1 << 60)) + bytes(16),
        header(tensor([4], 16)),
        pickle.dumps(Malicious()),
    ],
    ids=["empty", "huge", "largest", "deep", "overflow", "negative", "beyond", "short", "pickle"],
)
def test_tensors_made_to_harm_are_refused(folder: Path, packed: bytes) -> None:
    plant(folder, packed)
    with pytest.raises(CheckpointError, match=TENSORS):
        load_checkpoint(folder)
    assert not EXECUTED.exists()


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.complex64, torch.bool, torch.int64])
def test_types_that_no_checkpoint_has_are_refused(folder: Path, dtype: torch.dtype) -> None:
    tensors = {name: values.to(dtype) for name, values in load_file(folder / TENSORS).items()}
    plant(folder, save(tensors))
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    "text", [b"[" * 1_000_000, b'{"format": ' + b"[" * 1_000_000, pickle.dumps(Malicious())]
)
def test_a_manifest_made_to_harm_is_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(CheckpointError, match="is no checkpoint manifest"):
        load_checkpoint(folder)
    assert not EXECUTED.exists()


@pytest.mark.parametrize("name", [MANIFEST, TENSORS])
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(folder: Path, name: str, kind: str) -> None:
    (folder / name).unlink()
    if kind == "pipe":
        os.mkfifo(folder / name)
    elif kind == "endless":
        (folder / name).symlink_to("/dev/zero")
    else:
        (folder / name).mkdir()
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(folder)
