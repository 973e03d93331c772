"""The precision that a plan asks for: how training steps compute in it, and who is told that it is slow."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from trainer.plan import Precision

CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
"""For products in bfloat16, as torch.cpu.get_capabilities names them on x86 and ARM."""


@contextmanager
def computing_in(precision: Precision, device: torch.device) -> Iterator[None]:
    """Linear layers in this precision, and an attention whose gradient is fast.

    On a CPU the gradient of torch's fused attention in bfloat16 takes 60 % of a training step (heads of 32,
    torch 2.15); plain products, which torch makes in float32, take 3 %. In float32 the fused one is faster.
    """
    reduced = precision == "bfloat16"
    with torch.autocast(device.type, torch.bfloat16, enabled=reduced):
        if reduced and device.type == "cpu":
            with sdpa_kernel(SDPBackend.MATH):
                yield
        else:
            yield


def slow_precision(precision: Precision, device: torch.device) -> str | None:
    """What to tell who trains in a precision that is slow here; None when nothing is to be told.

    Versions of torch before get_capabilities cannot say.
    """
    told = getattr(torch.cpu, "get_capabilities", None)
    if precision != "bfloat16" or device.type != "cpu" or told is None:
        return None
    if any(told().get(name) for name in CPU_INSTRUCTIONS):
        return None
    return (
        "training.precision is bfloat16 and this processor has no instructions for it: "
        'a preset with precision = "float32" trains faster here'
    )
