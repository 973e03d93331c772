"""One budget of time shared by every step of a drain or a revoke."""

from collections.abc import Callable


class Deadline:
    """Counts down from `seconds`; `monotonic` gives the present in seconds."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - self._monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining <= 0.0
