"""Prompt checkpoints: what is written comes back, and nothing else is believed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import (
    LARGEST_BYTES,
    MANIFEST,
    TENSORS,
    BackboneIdentity,
    load_checkpoint,
    load_manifest,
)
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import check_size, save_checkpoint
from spear_stream.model.scorer import FrozenScorer

NONE = BackboneIdentity("none", "", 0)
TINY = Path(__file__).parents[1] / "data" / "checkpoints" / "tiny"
"""Made by the command in its manifest; make it again when the format changes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint for no backbone."""
    torch.manual_seed(1)
    return written(tmp_path / "checkpoint", SoftPrompt(WindowSpec(), PromptShape(prompts=2, rank=2, skip=4)))


def written(folder: Path, prompt: SoftPrompt, backbone: BackboneIdentity = NONE) -> Path:
    save_checkpoint(
        folder, prompt, name="test", backbone=backbone, command="spear-trainer fit", seed=3, steps=9,
        trained_on=["a/b.csv"], metrics={"auc_roc": 0.75},
    )  # fmt: skip
    return folder


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    edit(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def exchange(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Other tensors, with a manifest that vouches for them."""
    save_file(tensors, folder / TENSORS)
    digest = hashlib.sha256((folder / TENSORS).read_bytes()).hexdigest()
    change(folder, lambda manifest: manifest.update(tensors_sha256=digest))


def test_a_checkpoint_comes_back_in_half_precision(tmp_path: Path) -> None:
    prompt = SoftPrompt(WindowSpec(length=64), PromptShape(prompts=3))
    loaded = load_checkpoint(written(tmp_path, prompt))
    state = prompt.state_dict()
    assert {name: tensor.half().float().tolist() for name, tensor in state.items()} == {
        name: tensor.tolist() for name, tensor in loaded.prompt.state_dict().items()
    }
    assert loaded.manifest.spec == WindowSpec(length=64)
    assert loaded.manifest.shape == PromptShape(prompts=3)
    assert loaded.manifest.trained_on == ["a/b.csv"]
    assert loaded.manifest.metrics == {"auc_roc": 0.75}
    assert not any(parameter.requires_grad for parameter in loaded.prompt.parameters())


def test_the_id_follows_the_tensors(folder: Path, tmp_path: Path) -> None:
    first = load_manifest(folder).id
    other = written(tmp_path / "other", SoftPrompt(WindowSpec(), PromptShape(prompts=1)))
    assert first.startswith("test-")
    assert first != load_manifest(other).id


def test_a_checkpoint_of_the_default_size_is_small(tmp_path: Path) -> None:
    folder = written(tmp_path, SoftPrompt(WindowSpec(), PromptShape()))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 340_000
    assert {file.name for file in folder.iterdir()} == {MANIFEST, TENSORS}


def test_a_checkpoint_that_could_not_be_loaded_is_told_before_the_training_and_not_written(
    folder: Path,
) -> None:
    prompt = SoftPrompt(WindowSpec(), PromptShape(rank=64, hidden=2304))
    for refused in (check_size, lambda prompt: written(folder.with_name("large"), prompt)):
        with pytest.raises(ConfigError, match=r"would have \d+ bytes, at most 8388608 are loaded"):
            refused(prompt)
    assert not list(folder.with_name("large").glob("*"))
    check_size(load_checkpoint(folder).prompt)


def test_the_checkpoint_for_tests_fits_the_installed_backbone() -> None:
    tiny = load_checkpoint(TINY)
    backbone = tiny.manifest.backbone
    scorer = FrozenScorer(load_backbone(backbone.name, backbone.layers), [tiny])
    assert scorer.describe(0).checkpoint == tiny.manifest.id
    assert tiny.manifest.command.startswith("spear-trainer fit --preset tiny")


@pytest.mark.parametrize("name", [MANIFEST, TENSORS])
def test_a_missing_file_is_named_with_the_cure(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=rf"{name} is missing\. Give a complete folder"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", [MANIFEST, TENSORS])
def test_a_huge_file_is_not_read_to_its_end(folder: Path, name: str) -> None:
    with (folder / name).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CheckpointError, match=rf"{name} is larger than {LARGEST_BYTES} bytes"):
        load_checkpoint(folder)


def test_a_damaged_tensor_file_is_refused(folder: Path) -> None:
    data = bytearray((folder / TENSORS).read_bytes())
    data[-1] ^= 1
    (folder / TENSORS).write_bytes(data)
    with pytest.raises(CheckpointError, match=r"SHA-256 its manifest gives: damaged or exchanged\. Give a"):
        load_checkpoint(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(folder: Path, value: float) -> None:
    tensors = load_file(folder / TENSORS)
    tensors["prompts"][0, 0] = value
    exchange(folder, tensors)
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_checkpoint(folder)


@pytest.mark.parametrize("edit", ["shape", "missing", "further", "integers"])
def test_tensors_other_than_the_manifest_says_are_refused(folder: Path, edit: str) -> None:
    tensors = load_file(folder / TENSORS)
    prompts = tensors.pop("prompts")
    changed = {
        "shape": {"prompts": prompts[:1].contiguous()},
        "missing": {},
        "further": {"prompts": prompts, "more": torch.zeros(1)},
        "integers": {"prompts": prompts.to(torch.int8)},
    }
    exchange(folder, tensors | changed[edit])
    with pytest.raises(CheckpointError, match=r"names or shapes|no finite numbers"):
        load_checkpoint(folder)


def test_no_safetensors_file_is_refused(folder: Path) -> None:
    (folder / TENSORS).write_bytes(b"\xff" * 64)
    digest = hashlib.sha256(b"\xff" * 64).hexdigest()
    change(folder, lambda manifest: manifest.update(tensors_sha256=digest))
    with pytest.raises(CheckpointError, match="is no safetensors file"):
        load_checkpoint(folder)


NO_MANIFEST = r"no checkpoint manifest, or that of a newer spear-stream \(.*"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(format=2), "has format 2, this version reads format 1: use the version"),
        (lambda m: m.pop("format"), NO_MANIFEST + "format"),
        (lambda m: m.pop("backbone"), NO_MANIFEST + "backbone"),
        (lambda m: m.update(seed="three"), NO_MANIFEST + "Expected `int`"),
        (lambda m: m.update(channels=["level"]), r"channels \['level'\], this version makes"),
        (lambda m: m["shape"].update(hidden=10**12), "at most 16384"),
        (lambda m: m["shape"].update(rank=10**400), "at most 16384"),
        (lambda m: m["shape"].update(skip=-4), "skip must be at least 0"),
        (lambda m: m["shape"].update(hidden=16384), "names or shapes of tensors"),
        (lambda m: m["spec"].update(length=10**9), "at most 8192"),
        (lambda m: m["spec"].update(patch=0), "patch must be at least 1"),
        (lambda m: m["spec"].update(recent=1), "recent must be at least 2"),
        (lambda m: m["spec"].update(patch=8192, length=8192), "names or shapes of tensors"),
        (lambda m: m["spec"].update(bins=4000), "bins must be at least 8 and at most 248"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(
    folder: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(folder, edit)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff\xfe", b'{"format": 1}', b"null"])
def test_no_manifest_at_all_is_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(CheckpointError, match=r"is no checkpoint manifest.*SPEAR_MODEL__CHECKPOINT"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    "identity",
    [
        BackboneIdentity("none", "ab" * 32, 0),
        BackboneIdentity("minilm-l6", "", 3),
        BackboneIdentity("none", "", 0, causal=True),
    ],
    ids=["weights", "layers", "causal"],
)
def test_another_backbone_is_refused_with_the_cure(tmp_path: Path, identity: BackboneIdentity) -> None:
    folder = written(tmp_path, SoftPrompt(WindowSpec(), PromptShape()), identity)
    with pytest.raises(CheckpointError, match=r"tuned on backbone .*set SPEAR_MODEL__BACKBONE"):
        FrozenScorer(load_backbone("none"), [load_checkpoint(folder)])


def test_a_manifest_from_before_encoders_could_be_causal_is_of_one_that_is_not(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["backbone"]["causal"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert not load_checkpoint(folder).manifest.backbone.causal


def test_a_prompt_of_another_width_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, SoftPrompt(WindowSpec(), PromptShape(hidden=64)))
    with pytest.raises(CheckpointError, match=r"0 layers of 64, .*loaded is none .0 layers of 384"):
        FrozenScorer(load_backbone("none"), [load_checkpoint(folder)])


def test_two_windows_in_one_worker_are_refused(folder: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", SoftPrompt(WindowSpec(length=64), PromptShape()))
    with pytest.raises(CheckpointError, match="must share the WindowSpec"):
        FrozenScorer(load_backbone("none"), [load_checkpoint(folder), load_checkpoint(other)])


def test_a_failed_write_leaves_the_old_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_checkpoint(folder).manifest

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        written(folder, SoftPrompt(WindowSpec(), PromptShape()))
    monkeypatch.undo()
    assert load_checkpoint(folder).manifest == before
    assert {file.name for file in folder.iterdir()} == {MANIFEST, TENSORS}
