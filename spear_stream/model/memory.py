"""Telling that memory ran out from everything else that torch reports as a RuntimeError."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from spear_stream.core.errors import OutOfMemory

SIGNS = ("DefaultCPUAllocator", "out of memory", "ALLOC_FAILED")
"""In the texts of torch's CPU allocator, of CUDA, and of cuBLAS and cuDNN."""
CURE = (
    "the model does not fit into memory: free some, or set SPEAR_MODEL__DTYPE to bfloat16 or "
    "SPEAR_MODEL__CHECKPOINT to one of a smaller backbone"
)


@contextmanager
def memory_guarded() -> Iterator[None]:
    """Raises OutOfMemory when memory runs out, after a GPU's cache was given back."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _ran_out(error):
            raise
        fault = str(error).partition("\n")[0] or type(error).__name__
    else:
        return
    # Outside of the handler: the error's traceback holds the tensors of the failed attempt.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.cuda.empty_cache()
    raise OutOfMemory(f"{CURE} ({fault})")


def _ran_out(error: Exception) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(s in str(error) for s in SIGNS)
