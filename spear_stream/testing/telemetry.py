"""Telemetry in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from spear_stream.core.errors import SpearError
from spear_stream.core.records import AlertEvent, TopicPartition


class RecordingTelemetry:
    """core.ports.Telemetry that can be asked afterwards."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        """Of records, bytes, samples, warming_up, windows, coarse, scored, batches, alerts, commits,
        windows_skipped, restored (series), skipped (records), changes (of state), snapshots (of these) and
        state_bytes.
        """
        self.judged_windows: Counter[str] = Counter()
        """Windows of points by checkpoint."""
        self.probabilities: defaultdict[str, float] = defaultdict(float)
        """What the model said of them, added up."""
        self.rejections: Counter[str] = Counter()
        """Dead letters by reason."""
        self.stages: Counter[str] = Counter()
        """How often each stage of the main loop was timed."""
        self.loads: list[tuple[int, bool]] = []
        """Windows left at the end of each step and whether some of them were due."""
        self.lags: list[dict[TopicPartition, int]] = []
        self.left: list[list[TopicPartition]] = []
        """Partitions that went before all was committed, once per time."""
        self.key_changes: Counter[tuple[str, str]] = Counter()
        """By series and topic."""
        self.failed_polls: list[SpearError] = []
        self.put_off: list[SpearError] = []
        """Why commits were put off, once per commit."""
        self.batch_sizes: list[int] = []
        """Limits that batches got because memory ran out."""
        self.unscorables: list[Exception] = []
        self.splits: dict[str, Sequence[TopicPartition]] = {}

    def polled(self, partition: TopicPartition, records: int, size: int) -> None:  # noqa: ARG002 - of the port
        self.totals.update(records=records, bytes=size)

    def rejected(self, reason: str) -> None:
        self.rejections[reason] += 1

    def observed(self, samples: int, warming_up: int, windows: int, coarse: int) -> None:
        self.totals.update(samples=samples, warming_up=warming_up, windows=windows, coarse=coarse)

    def scored(self, windows: int, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.totals.update(scored=windows, batches=1)

    def judged(self, checkpoint: str, windows: int, probability: float) -> None:
        self.judged_windows[checkpoint] += windows
        self.probabilities[checkpoint] += probability

    def batch_split(self, windows: int) -> None:
        self.batch_sizes.append(windows)

    def unscorable(self, error: Exception) -> None:
        self.unscorables.append(error)

    def stage(self, name: str, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.stages[name] += 1

    def alert(self, event: AlertEvent) -> None:  # noqa: ARG002 - of the port
        self.totals["alerts"] += 1

    def committed(self) -> None:
        self.totals["commits"] += 1

    def lag(self, lag: Mapping[TopicPartition, int]) -> None:
        self.lags.append(dict(lag))

    def windows_skipped(self, windows: int) -> None:
        self.totals["windows_skipped"] += windows

    def left_behind(self, partitions: Collection[TopicPartition]) -> None:
        self.left.append(sorted(partitions))

    def load(self, pending: int, overloaded: bool, series: int, state_bytes: int) -> None:  # noqa: ARG002, FBT001 - of the port
        self.loads.append((pending, overloaded))

    def poll_failed(self, error: SpearError) -> None:
        self.failed_polls.append(error)

    def commit_put_off(self, error: SpearError) -> None:
        self.put_off.append(error)

    def restored(self, series: int, seconds: float) -> None:  # noqa: ARG002 - of the port
        self.totals["restored"] += series

    def skipped(self, records: int) -> None:
        self.totals["skipped"] += records

    def state_saved(self, size: int, *, snapshot: bool) -> None:
        self.totals.update(state_bytes=size, snapshots=int(snapshot), changes=1)

    def split_series(self, series: str, partitions: Sequence[TopicPartition]) -> None:
        self.splits[series] = partitions

    def key_changed(self, series: str, topic: str) -> None:
        self.key_changes[series, topic] += 1
