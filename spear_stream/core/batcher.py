"""Which windows to score now: batches by cost, the oldest window first.

Every window costs the positions of a full one: a short one is padded. A batch is due
when it is full or when its oldest window has waited long enough.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec

PROMPT_POSITIONS = 8
"""Positions a prompt adds to a window, for the cost; the exact number changes little."""


@dataclass(frozen=True)
class BatchLimits:
    """Budget of one batch and how long it may fill."""

    max_windows: int = 256
    max_tokens: int = 16_384
    """Model positions, prompts included."""
    max_delay: float = 0.5
    """Seconds a window waits at most."""
    max_pending: int = 50_000
    """Windows above which the batcher is overloaded: all are due at once."""


class Batcher:
    """Windows waiting for the model, in arrival order."""

    def __init__(self, spec: WindowSpec, limits: BatchLimits) -> None:
        self._limits = limits
        positions = PROMPT_POSITIONS + spec.patches
        # One window goes alone even if it is over the budget.
        self._capacity = max(1, min(limits.max_windows, limits.max_tokens // positions))
        self._waiting: deque[tuple[float, StructArray]] = deque()
        self.pending = 0

    @property
    def overloaded(self) -> bool:
        return self.pending >= self._limits.max_pending

    def add(self, windows: StructArray, now: float) -> None:
        """Queue windows that arrived at `now` (seconds, monotonic)."""
        if len(windows):
            self._waiting.append((now, windows))
            self.pending += len(windows)

    def due(self, now: float) -> Iterator[StructArray]:
        """Take full batches, and a last part of one if its oldest window has waited long enough."""
        full = min(self._capacity, self._limits.max_pending)
        while self.pending >= full or self.patience(now) <= 0.0:
            yield self._take()

    def patience(self, now: float) -> float:
        """Seconds until the oldest window has waited long enough; infinite if none waits."""
        return max(0.0, self._waiting[0][0] + self._limits.max_delay - now) if self._waiting else inf

    def drain(self) -> Iterator[StructArray]:
        """Take everything, in batches."""
        while self._waiting:
            yield self._take()

    def drop(self, owner: int) -> None:
        """Forget the windows of a partition that is no longer ours."""
        kept = [(at, w[w["owner"] != owner]) for at, w in self._waiting]
        self._waiting = deque((at, w) for at, w in kept if len(w))
        self.pending = sum(len(w) for _, w in self._waiting)

    def _take(self) -> StructArray:
        parts: list[StructArray] = []
        room = self._capacity
        while self._waiting and room > 0:
            arrived, first = self._waiting.popleft()
            parts.append(first[:room])
            if len(first) > room:
                self._waiting.appendleft((arrived, first[room:]))
            room -= len(parts[-1])
        taken = np.concatenate(parts)
        self.pending -= len(taken)
        return taken
