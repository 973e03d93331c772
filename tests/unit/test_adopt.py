"""Checkpoints that a running scorer is given as bytes: taken whole, or refused and nothing has changed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from e2e.tiny import save_tiny
from safetensors.torch import load, save

from spear_stream.core.control import Artefact
from spear_stream.core.errors import CheckpointError, OutOfMemory
from spear_stream.core.records import StructArray
from spear_stream.model import tensors
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint
from spear_stream.model.prompt import SoftPrompt
from spear_stream.model.scorer import FrozenScorer


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    return read(save_tiny(tmp_path_factory.mktemp("adopted"), "adopted"))


@pytest.fixture
def scorer(tiny_folder: Path) -> FrozenScorer:
    return FrozenScorer(load_backbone("none"), [load_checkpoint(tiny_folder)])


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("base"), "base")


def read(folder: Path) -> Artefact:
    return Artefact((folder / MANIFEST).read_bytes(), (folder / TENSORS).read_bytes())


def edited(artefact: Artefact, edit: Callable[[dict[str, Any]], object]) -> Artefact:
    manifest = json.loads(artefact.manifest)
    edit(manifest)
    return Artefact(json.dumps(manifest).encode(), artefact.tensors)


def vouched(artefact: Artefact, packed: bytes) -> Artefact:
    """Other tensors, with a manifest that gives their hash."""
    digest = hashlib.sha256(packed).hexdigest()
    return Artefact(edited(artefact, lambda m: m.update(tensors_sha256=digest)).manifest, packed)


def header_of(packed: bytes, **entries: object) -> bytes:
    """The same data under a header with other entries."""
    length = int.from_bytes(packed[:8], "little")
    header = json.dumps(json.loads(packed[8 : 8 + length]) | entries).encode()
    return len(header).to_bytes(8, "little") + header + packed[8 + length :]


def windows(scorer: FrozenScorer, prompt: int) -> StructArray:
    made = np.zeros(4, scorer.spec.dtype)
    made["prompt"], made["fresh"] = prompt, 1
    made["codes"] = np.arange(1, 5)[:, None, None]
    return made


def test_an_adopted_prompt_scores_as_if_it_had_been_there_from_the_start(
    scorer: FrozenScorer, artefact: Artefact, tmp_path: Path
) -> None:
    before = scorer.score(windows(scorer, 0))
    prompt = scorer.adopt(artefact)
    assert scorer.describe(prompt).checkpoint.startswith("adopted-")
    (tmp_path / MANIFEST).write_bytes(artefact.manifest)
    (tmp_path / TENSORS).write_bytes(artefact.tensors)
    fresh = FrozenScorer(load_backbone("none"), [load_checkpoint(tmp_path)])
    assert scorer.score(windows(scorer, prompt)).tolist() == fresh.score(windows(fresh, 0)).tolist()
    assert scorer.score(windows(scorer, 0)).tolist() == before.tolist()


def test_an_index_that_was_released_is_used_again(scorer: FrozenScorer, artefact: Artefact) -> None:
    first, second = scorer.adopt(artefact), scorer.adopt(artefact)
    assert first != second
    scorer.release(first)
    with pytest.raises(KeyError):
        scorer.describe(first)
    assert scorer.adopt(artefact) == first
    assert scorer.describe(second).checkpoint == scorer.describe(first).checkpoint


def test_a_batch_is_planned_for_the_longest_prompt(scorer: FrozenScorer, tmp_path: Path) -> None:
    assert scorer.prompt_positions == 0
    scorer.adopt(read(save_tiny(tmp_path, "long", prompts=12)))
    assert scorer.prompt_positions == 12


HOSTILE: dict[str, tuple[Callable[[Artefact], Artefact], str]] = {
    "no manifest": (lambda a: Artefact(b"", a.tensors), "no checkpoint manifest"),
    "a pickle": (lambda a: vouched(a, b"\x80\x04\x95\x10\x00"), "no safetensors"),
    "deep manifest": (lambda a: Artefact(b'{"format":1,"x":' + b"[" * 99999, a.tensors), "no checkpoint"),
    "endless name": (lambda a: edited(a, lambda m: m.update(name="x" * 9999)), "printable"),
    "name of control characters": (lambda a: edited(a, lambda m: m.update(name="\x1b[2J")), "printable"),
    "another hash": (lambda a: Artefact(a.manifest, a.tensors[:-1] + b"x"), "SHA-256"),
    "another backbone": (lambda a: edited(a, lambda m: m["backbone"].update(digest="ab" * 32)), "tuned on"),
    "read causally": (lambda a: edited(a, lambda m: m["backbone"].update(causal=True)), "tuned on"),
    "another window": (lambda a: edited(a, lambda m: m["spec"].update(length=64)), "another window"),
    "huge shape": (lambda a: edited(a, lambda m: m["shape"].update(rank=16384)), "names or shapes"),
    "huge window": (lambda a: edited(a, lambda m: m["spec"].update(length=10**9)), "at most 8192"),
    "other shapes": (
        lambda a: vouched(a, save({**load(a.tensors), "prompts": torch.zeros(9, 9)})),
        "names or shapes",
    ),
    "shape in the header alone": (
        lambda a: vouched(
            a,
            header_of(a.tensors, bins={"dtype": "F16", "shape": [1 << 40, 1 << 20], "data_offsets": [0, 2]}),
        ),
        "names or shapes",
    ),
    "offsets beyond the data": (
        lambda a: vouched(
            a,
            header_of(
                a.tensors,
                **{"head.bias": {"dtype": "F16", "shape": [8], "data_offsets": [10**12, 10**12 + 16]}},
            ),
        ),
        "no safetensors",
    ),
    "header longer than the file": (
        lambda a: vouched(a, (1 << 63).to_bytes(8, "little") + a.tensors[8:]),
        "no safetensors",
    ),
    "values of no number": (
        lambda a: vouched(a, save({n: torch.full_like(t, float("nan")) for n, t in load(a.tensors).items()})),
        "no finite numbers",
    ),
    "values that overflow": (
        lambda a: vouched(a, save({n: torch.full_like(t.float(), 3e38) for n, t in load(a.tensors).items()})),
        "cannot score",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_checkpoint_is_refused_and_nothing_has_changed(
    scorer: FrozenScorer, artefact: Artefact, spoil: Callable[[Artefact], Artefact], message: str
) -> None:
    before = scorer.score(windows(scorer, 0)).tolist()
    with pytest.raises(CheckpointError, match=message):
        scorer.adopt(spoil(artefact))
    assert scorer.score(windows(scorer, 0)).tolist() == before
    with pytest.raises(KeyError):
        scorer.describe(1)


@pytest.mark.parametrize("name", ["another backbone", "another window", "other shapes", "huge shape"])
def test_what_does_not_fit_is_refused_before_its_tensors_are_unpacked(
    scorer: FrozenScorer, artefact: Artefact, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpacked(packed: bytes) -> dict[str, torch.Tensor]:
        pytest.fail("memory was taken for its tensors")

    monkeypatch.setattr(tensors, "load", unpacked)
    with pytest.raises(CheckpointError):
        scorer.adopt(HOSTILE[name][0](artefact))


def test_a_prompt_that_breaks_the_model_does_not_stay(
    scorer: FrozenScorer, artefact: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("sizes of tensors must match")

    monkeypatch.setattr(scorer, "score", broken)
    with pytest.raises(CheckpointError, match="cannot score: sizes of tensors"):
        scorer.adopt(artefact)
    with pytest.raises(KeyError):
        scorer.describe(1)


@pytest.mark.parametrize("place", ["score", "to"])
def test_memory_that_runs_out_is_not_the_fault_of_the_checkpoint(
    scorer: FrozenScorer, artefact: Artefact, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(*((scorer, "_score_sorted") if place == "score" else (SoftPrompt, "to")), full)
        with pytest.raises(OutOfMemory, match="the model does not fit into memory"):
            scorer.adopt(artefact)
    assert scorer.adopt(artefact) == 1, "nothing of it stayed"
