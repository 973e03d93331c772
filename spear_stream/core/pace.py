"""How long the parts of the main loop take, and when a commit is due."""

from collections.abc import Callable
from dataclasses import dataclass

MOST_UNCOMMITTED = 64_000_000
"""Bytes that wait for a commit (Outputs.uncommitted) from which it is due whatever the interval."""
RETRY_INTERVAL = 1.0
"""Seconds after a failed commit until it is tried again, however long the interval between two is."""
COMMIT_RESERVE = 5.0
"""Seconds of a drain or revoke that are kept for the commit; of a short one, half."""
LAG_INTERVAL = 1.0
"""Seconds between two looks at how far the source is behind."""


@dataclass(frozen=True)
class Pace:
    """Times of the main loop, in seconds."""

    poll_timeout: float = 0.2
    commit_interval: float = 1.0
    drain: float = 20.0
    restore: float = 240.0
    step: float = 0.25
    """How long a step scores, and while windows are skipped, how long it reads: a stop, a rebalance and the
    health endpoints wait no longer than that and one batch."""

    @property
    def longest_silence(self) -> float:
        """Seconds between two polls that are never exceeded: a restore, a revoke, a commit and a margin."""
        return self.restore + 3 * self.drain


class CommitTimer:
    """When the next commit is due."""

    def __init__(self, interval: float, monotonic: Callable[[], float]) -> None:
        self._interval = interval
        self._monotonic = monotonic
        self._tried_at = monotonic()
        self.refused = False
        """The last commit failed: nothing more may be read until one succeeds."""

    def is_due(self, uncommitted: int) -> bool:
        """uncommitted: bytes that wait for it."""
        passed = self._monotonic() - self._tried_at
        if self.refused:
            return passed >= min(RETRY_INTERVAL, self._interval)
        return passed >= self._interval or uncommitted >= MOST_UNCOMMITTED

    def tried(self, *, refused: bool) -> None:
        self.refused = refused
        self._tried_at = self._monotonic()
