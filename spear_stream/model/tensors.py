"""Safetensors from anybody: sizes and shapes are checked before memory is taken for them."""

import math
from collections.abc import Mapping, Sequence

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from spear_stream.core.errors import CheckpointError

TYPES = frozenset({torch.float16, torch.bfloat16, torch.float32})
LENGTH_BYTES = 8
"""A safetensors file begins with the length of its header, which is JSON."""
METADATA = "__metadata__"


class _Entry(msgspec.Struct):
    """One tensor in the header."""

    shape: list[int]


def unpack(packed: bytes, shapes: Mapping[str, Sequence[int]], where: str) -> dict[str, torch.Tensor]:
    """Tensors of exactly these names and shapes, of finite numbers, as float32.

    where: for the message. Raises CheckpointError.
    """
    try:
        _check(packed, {name: list(shape) for name, shape in shapes.items()}, where)
        tensors = load(packed)
    except (SafetensorError, msgspec.MsgspecError, ValueError) as error:
        raise CheckpointError(f"{where} is no safetensors file: {error}") from error
    if not all(t.dtype in TYPES and bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise CheckpointError(f"{where} holds values that are no finite numbers")
    return {name: tensor.float() for name, tensor in tensors.items()}


def _check(packed: bytes, wanted: dict[str, list[int]], where: str) -> None:
    """By the header alone; the library checks that its offsets fit."""
    end = LENGTH_BYTES + int.from_bytes(packed[:LENGTH_BYTES], "little")
    header = msgspec.json.decode(packed[LENGTH_BYTES:end], type=dict[str, msgspec.Raw])
    header.pop(METADATA, None)
    found = {name: msgspec.json.decode(entry, type=_Entry).shape for name, entry in header.items()}
    if found != wanted or sum(map(math.prod, found.values())) > len(packed):
        raise CheckpointError(f"{where}: names or shapes of tensors are not those of its manifest")
