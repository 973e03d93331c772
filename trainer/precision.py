"""Whether a machine has instructions for the precision that a plan asks for."""

import torch

from trainer.plan import Precision

CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
"""For products in bfloat16, as torch.cpu.get_capabilities names them on x86 and ARM."""


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
