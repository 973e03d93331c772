"""Which windows to score now: batches by cost, the oldest window first.

Every window costs the positions of a full one: a short one is padded. A batch is due
when it is full or when its oldest window has waited long enough.
"""

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from spear_stream.core.records import BoolArray, StructArray
from spear_stream.core.spec import WindowSpec


@dataclass(frozen=True)
class BatchLimits:
    """Budget of one batch, how long it may fill, and what happens to windows that wait too long."""

    max_windows: int = 256
    max_tokens: int = 16_384
    """Model positions, prompts included."""
    prompt_positions: int = 8
    """That a prompt adds to a window."""
    max_delay: float = 0.5
    """Seconds a window waits for its batch to fill."""
    max_pending: int = 50_000
    """Windows that may wait while windows are skipped; else no more than a batch waits."""
    skip_after: float | None = None
    """Seconds of waiting after which a window is skipped when a newer one of its series waits too; None
    scores every window, however late."""


class Batch(NamedTuple):
    """Windows that follow each other in the order of arrival."""

    windows: StructArray
    skipped: BoolArray
    """Those that are not to be scored."""


class Batcher:
    """Windows waiting for the model, in arrival order."""

    def __init__(self, spec: WindowSpec, limits: BatchLimits) -> None:
        self._limits = limits
        positions = limits.prompt_positions + spec.patches
        # One window goes alone even if it is over the budget.
        self._capacity = max(1, min(limits.max_windows, limits.max_tokens // positions))
        self._waiting: deque[tuple[float, StructArray]] = deque()
        self.pending = 0

    @property
    def skips(self) -> bool:
        return self._limits.skip_after is not None

    @property
    def laden(self) -> bool:
        """No more windows should come before some are scored."""
        return self.pending >= (self._limits.max_pending if self.skips else self._full)

    def add(self, windows: StructArray, now: float) -> None:
        """Queue windows that arrived at `now` (seconds, monotonic)."""
        if len(windows):
            self._waiting.append((now, windows))
            self.pending += len(windows)

    def is_due(self, now: float) -> bool:
        """A batch is full, or the oldest window has waited long enough."""
        return self.pending >= self._full or self.patience(now) <= 0.0

    def patience(self, now: float) -> float:
        """Seconds until the oldest window has waited long enough; infinite if none waits."""
        return max(0.0, self._waiting[0][0] + self._limits.max_delay - now) if self._waiting else inf

    def take(self, now: float) -> Batch:
        """The oldest windows: up to a batch of them to score, and those between them to skip."""
        skipped = self._superseded(now)
        count = int(np.searchsorted(np.cumsum(~skipped), self._capacity, side="right"))
        return Batch(self._pop(count), skipped[:count])

    def drop(self, owner: int) -> None:
        """Forget the windows of a partition that is no longer ours."""
        kept = [(at, w[w["owner"] != owner]) for at, w in self._waiting]
        self._waiting = deque((at, w) for at, w in kept if len(w))
        self.pending = sum(len(w) for _, w in self._waiting)

    def waits_for(self, owner: int) -> bool:
        """Whether windows of this partition wait."""
        return any((windows["owner"] == owner).any() for _, windows in self._waiting)

    @property
    def _full(self) -> int:
        return min(self._capacity, self._limits.max_pending)

    def _superseded(self, now: float) -> BoolArray:
        """Per waiting window: it waited too long, and a newer one of its series waits. Shape (pending,)."""
        skipped = np.zeros(self.pending, np.bool_)
        limit = self._limits.skip_after
        overdue = 0 if limit is None else sum(len(w) for at, w in self._waiting if now - at > limit)
        if overdue:
            series = np.concatenate([w[["owner", "slot", "coarse"]] for _, w in self._waiting])
            row = series["slot"].astype(np.int64) << 1 | series["coarse"]
            newest_first = (series["owner"].astype(np.int64) << 33 | row)[::-1]
            newest = len(series) - 1 - np.unique(newest_first, return_index=True)[1]
            skipped[:overdue] = True
            skipped[newest] = False
        return skipped

    def _pop(self, count: int) -> StructArray:
        parts: list[StructArray] = []
        while count > 0:
            arrived, first = self._waiting.popleft()
            parts.append(first[:count])
            if len(first) > count:
                self._waiting.appendleft((arrived, first[count:]))
            count -= len(parts[-1])
            self.pending -= len(parts[-1])
        return np.concatenate(parts)
