"""Who trains in a precision that is slow on this machine is told so."""

import pytest
import torch

from trainer.plan import Precision
from trainer.precision import slow_precision

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
