"""Memory that runs out, for real, while the model scores."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from e2e.tiny import save_tiny

from spear_stream.core.errors import OutOfMemory
from spear_stream.core.spec import WindowSpec
from spear_stream.core.tolerant import FittingScorer
from spear_stream.model import backbone
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import BackboneIdentity, load_checkpoint
from spear_stream.model.memory import memory_guarded
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint
from spear_stream.model.scorer import FrozenScorer
from spear_stream.testing import RecordingTelemetry

ROOM = 300 << 20
STATUS = Path("/proc/self/statm")


@contextmanager
def little_memory() -> Iterator[None]:
    """The process may map ROOM bytes more than it does now."""
    pages = int(STATUS.read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.skipif(not STATUS.exists(), reason="needs /proc of Linux")
def test_a_batch_that_does_not_fit_is_scored_in_parts_with_the_same_result(tmp_path: Path) -> None:
    spec = WindowSpec()
    prompt, none = SoftPrompt(spec, PromptShape(prompts=2)), BackboneIdentity("none", "", 0)
    save_checkpoint(tmp_path, prompt, name="t", backbone=none, command="", seed=0, steps=0, trained_on=[])
    scorer = FrozenScorer(load_backbone("none"), [load_checkpoint(tmp_path)])
    windows = np.zeros(20_000, spec.dtype)
    windows["fresh"] = 1
    windows["codes"] = np.random.default_rng(0).integers(1, spec.codes, windows["codes"].shape)
    expected = np.concatenate([scorer.score(windows[at : at + 500]) for at in range(0, len(windows), 500)])
    telemetry = RecordingTelemetry()
    with little_memory():
        with pytest.raises(OutOfMemory, match=r"SPEAR_MODEL__DTYPE .*"):
            scorer.score(windows)
        found = FittingScorer(scorer, telemetry).score(windows)
    assert telemetry.batch_sizes
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "fault",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_what_says_that_memory_ran_out_can_be_cured(fault: Exception) -> None:
    with pytest.raises(OutOfMemory, match="free some"), memory_guarded():
        raise fault


NO_MORE = RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize("load", ["from_pretrained", "from_config"])
def test_weights_that_do_not_fit_are_no_fault_of_their_folder(
    monkeypatch: pytest.MonkeyPatch, load: str
) -> None:
    monkeypatch.setattr(backbone.AutoModel, load, _raising(NO_MORE))
    name = "minilm-l6" if load == "from_pretrained" else "random:minilm-l6"
    with pytest.raises(OutOfMemory, match="free some"):
        load_backbone(name)


def test_a_backbone_that_does_not_fit_onto_its_device_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = load_checkpoint(save_tiny(tmp_path, "tiny"))
    monkeypatch.setattr(backbone.Backbone, "to", _raising(torch.OutOfMemoryError("CUDA out of memory.")))
    with pytest.raises(OutOfMemory, match="free some"):
        FrozenScorer(load_backbone("none"), [checkpoint])


def _raising(fault: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise fault

    return fail


def test_other_faults_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot"), memory_guarded():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
