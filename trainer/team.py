"""One process or several that train one prompt together.

Every process makes the same batch, for it depends on seed and step alone, and takes its share of the rows.
Gradients are averaged, so all processes hold the same prompt at all times; one of them leads: it validates,
writes and reports.
"""

import platform
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from spear_stream.core.errors import ConfigError

_Found = TypeVar("_Found")


class Team(Protocol):
    """What training asks of the processes beside it."""

    device: torch.device
    size: int
    beside: int
    """Processes of it on this machine, this one included."""
    leads: bool

    def rows(self, count: int) -> slice:
        """The share of this process in `count` rows."""

    def average(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> float:
        """Make the gradients of all processes their average; returns the average loss."""

    def any(self, *, flag: bool) -> bool:
        """Whether it is true in some process; all must ask."""

    def led(self, find: Callable[[], _Found]) -> _Found:
        """What the leader finds, in every process; all must ask."""


class Alone:
    """The usual team: this process."""

    size = 1
    beside = 1
    leads = True

    def __init__(self) -> None:
        """On the graphics card, if torch sees one."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def rows(self, count: int) -> slice:
        return slice(count)

    def average(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> float:
        del parameters
        return float(loss.detach())

    def any(self, *, flag: bool) -> bool:
        return flag

    def led(self, find: Callable[[], _Found]) -> _Found:
        return find()


class Accelerated:
    """The processes that `accelerate launch` or `torchrun` started, on one machine or several."""

    def __init__(self, accelerator: Any) -> None:
        self._accelerator = accelerator
        self.device: torch.device = accelerator.device
        self.size: int = accelerator.num_processes
        self.beside = _on_this_machine()
        self.leads: bool = accelerator.is_main_process

    def rows(self, count: int) -> slice:
        place: int = self._accelerator.process_index
        return slice(count * place // self.size, count * (place + 1) // self.size)

    def average(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> float:
        tuned = [parameter for parameter in parameters if parameter.grad is not None]
        gradients = [parameter.grad for parameter in tuned if parameter.grad is not None]
        packed = torch.cat([loss.detach().reshape(1), *(gradient.flatten() for gradient in gradients)])
        averaged: Tensor = self._accelerator.reduce(packed, "mean")
        start = 1
        for gradient in gradients:
            gradient.copy_(averaged[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()
        return float(averaged[0])

    def any(self, *, flag: bool) -> bool:
        flags = torch.tensor([float(flag)], device=self.device)
        return bool(self._accelerator.reduce(flags, "sum").item() > 0)

    def led(self, find: Callable[[], _Found]) -> _Found:
        from accelerate.utils import broadcast_object_list  # noqa: PLC0415 - optional

        found = [find() if self.leads else None]
        broadcast_object_list(found)
        return found[0]  # type: ignore[return-value]  # the leader has put it there


def _on_this_machine() -> int:
    """Processes of the team; all must ask."""
    from accelerate.utils import gather_object  # noqa: PLC0415 - optional

    machines: list[str] = gather_object([platform.node()])
    return machines.count(platform.node())


def gather_team() -> Team:
    """The team this process was started in. Raises ConfigError for several without accelerate."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_torchelastic_launched():
        return _accelerated()
    return Alone()


def _accelerated() -> Team:
    try:
        from accelerate import Accelerator  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError("training in several processes needs accelerate: pip install accelerate") from None
    return Accelerated(Accelerator(cpu=not torch.cuda.is_available()))
