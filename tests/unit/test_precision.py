"""Training steps compute in the precision of the plan; who trains in one that is slow here is told so."""

import pytest
import torch

from trainer.plan import Precision
from trainer.precision import computing_in, slow_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("able", "precision", "device", "warned"),
    [
        ({"avx2": True, "avx512_bf16": False}, "bfloat16", CPU, True),
        ({"avx512_bf16": True}, "bfloat16", CPU, False),
        ({"neon": True, "bf16": True}, "bfloat16", CPU, False),
        ({}, "float32", CPU, False),
        ({}, "bfloat16", GPU, False),
    ],
)
def test_only_bfloat16_on_a_processor_without_it_is_worth_a_warning(
    able: dict[str, bool],
    precision: Precision,
    device: torch.device,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    told = slow_precision(precision, device)
    assert (told is not None) == warned
    assert not warned or 'precision = "float32" trains faster here' in str(told)


def test_a_torch_that_cannot_tell_warns_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert slow_precision("bfloat16", CPU) is None


@pytest.mark.parametrize(("precision", "fused"), [("bfloat16", False), ("float32", True)])
def test_attention_is_fused_on_a_processor_where_its_gradient_is_fast(
    precision: Precision, *, fused: bool
) -> None:
    with computing_in(precision, CPU):
        assert torch.is_autocast_enabled("cpu") is not fused
        assert _flash_attention() is fused
    assert _flash_attention()


def _flash_attention() -> bool:
    """Whether torch may use it; the setting is one for CPUs too, in spite of its name."""
    return bool(torch.backends.cuda.flash_sdp_enabled())  # type: ignore[no-untyped-call]  # torch has no types for it
