"""What the service tells about itself, as a Protocol; ops/prometheus.py maps it to metrics."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from spear_stream.core.errors import SpearError
from spear_stream.core.records import AlertEvent, TopicPartition


class Telemetry(Protocol):
    """Counters and timings of the service."""

    def polled(self, partition: TopicPartition, records: int, size: int) -> None: ...
    def rejected(self, reason: str) -> None: ...
    def observed(self, samples: int, warming_up: int, windows: int, coarse: int) -> None:
        """Samples taken in, those of them whose series is too short for a window, windows due, and those of
        them that are of means.
        """

    def scored(self, windows: int, seconds: float) -> None: ...
    def judged(self, checkpoint: str, windows: int, probability: float) -> None:
        """What the model of a checkpoint said of so many windows of points, all probabilities added up."""

    def stage(self, name: str, seconds: float) -> None: ...
    def alert(self, event: AlertEvent) -> None: ...
    def committed(self) -> None: ...
    def lag(self, lag: Mapping[TopicPartition, int]) -> None:
        """Records behind the end of each assigned partition, about once a second."""

    def load(self, pending: int, overloaded: bool, series: int, state_bytes: int) -> None:  # noqa: FBT001 - a state among counts
        """At the end of every step: windows left, and whether some of them were due."""

    def windows_skipped(self, windows: int) -> None:
        """Windows that were not scored because newer ones of their series waited as well."""

    def left_behind(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions went before all their records were scored and committed: the next worker reads
        them again.
        """

    def poll_failed(self, error: SpearError) -> None:
        """Nothing could be read; it is tried again."""

    def commit_put_off(self, error: SpearError) -> None:
        """A commit failed, or partitions had been taken away before it; it is tried again."""

    def restored(self, series: int, seconds: float) -> None:
        """Partitions were assigned, and this many series of them brought back."""

    def skipped(self, records: int) -> None:
        """Records read again whose outcome is in the restored state already."""

    def state_saved(self, size: int, *, snapshot: bool) -> None: ...
    def split_series(self, series: str, partitions: Sequence[TopicPartition]) -> None: ...
    def key_changed(self, series: str, topic: str) -> None:
        """A record of the series has another key than an earlier one."""
