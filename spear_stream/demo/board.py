"""What is known while the demo runs; the views look at it."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from spear_stream.core.records import AlertEvent
from spear_stream.transport.pictures_traces import Traces
from spear_stream.transport.recorders import Counts, Recorders

NEWS = 40
"""Newest openings and closings that are kept."""


class Board(Recorders):
    """A core.ports.Recorder: traces, counts and the news of a run of `total` points."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.traces = Traces()
        self.counts = Counts()
        self.news: deque[AlertEvent] = deque(maxlen=NEWS)
        """Alerts as they opened and closed, the newest last."""
        self.opened = 0
        self._clock = clock
        self._started = clock()
        super().__init__([self.traces, self.counts])

    def events(self, events: Sequence[AlertEvent]) -> None:
        super().events(events)
        self.opened += sum(event.type == "opened" for event in events)
        self.news.extend(event for event in events if event.type != "updated")

    def begin(self) -> None:
        """Time counts from now: the model is loaded."""
        self._started = self._clock()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._started

    @property
    def points_per_second(self) -> float:
        return self.counts.samples / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """None while nothing can be said."""
        if self.counts.samples == 0:
            return None
        return max(0, self.total - self.counts.samples) / self.points_per_second
