"""Every metric of the main loop, in one place; labels have few values and are never series names."""

import time
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics

from spear_stream.core.errors import SpearError
from spear_stream.core.records import AlertEvent, ModelInfo, TopicPartition
from spear_stream.ops.metric_set import MetricSet

STAGES = ("poll", "decode", "observe", "score", "publish", "commit")
BATCH_BUCKETS = tuple(2**power for power in range(11))
SECONDS_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics(MetricSet):
    """The metrics, registered under their names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.records = self._counter("spear_records_total", "Records read.", "topic")
        self.record_bytes = self._counter("spear_record_bytes_total", "Bytes of record values read.", "topic")
        self.dead_letters = self._counter(
            "spear_dead_letters_total", "Records refused, whole or in part.", "reason"
        )
        self.points = self._counter("spear_points_total", "Measurements taken in.")
        self.warming_up = self._counter(
            "spear_points_warming_up_total", "Of these, those whose series was too short for a window."
        )
        self.held = self._counter(
            "spear_points_held_total", "Of these, those between two scored ones (scoring.hop)."
        )
        self.windows = self._counter("spear_windows_total", "Windows that new points made due for scoring.")
        self.scored = self._counter("spear_windows_scored_total", "Windows scored by the model.")
        self.batch_windows = self._histogram(
            "spear_batch_windows", "Windows per batch; the count is the number of batches.", BATCH_BUCKETS
        )
        self.batch_seconds = self._histogram(
            "spear_batch_seconds", "Time of the model for one batch.", SECONDS_BUCKETS
        )
        self.batch_splits = self._counter(
            "spear_batch_splits_total", "Batches that did not fit into memory and were scored in halves."
        )
        self.stage_seconds = self._histogram(
            "spear_stage_seconds", "Time of one stage of the main loop.", SECONDS_BUCKETS, "stage"
        )
        self.lag = self._gauge(
            "spear_lag_records", "Records behind the end of an assigned partition.", "topic", "partition"
        )
        self.pending = self._gauge("spear_pending_windows", "Windows that wait for the model.")
        self.overload = self._gauge("spear_overload", "1 while more windows wait than may, else 0.")
        self.alerts = self._counter("spear_alerts_total", "Alert events.", "type", "severity", "kind")
        self.checkpoint = self._gauge(
            "spear_checkpoint_info", "1 per prompt checkpoint of the settings.", "checkpoint", "backbone"
        )
        self.series = self._gauge("spear_series", "Series tracked.")
        self.series_bytes = self._gauge("spear_series_state_bytes", "Mean bytes of state per series.")
        self.split_series = self._counter(
            "spear_split_series_total",
            "Series found in more than one partition; their windows are incomplete.",
        )
        self.commits = self._counter("spear_commits_total", "Commits of offsets.")
        self.trouble = self._counter(
            "spear_commit_retries_total",
            "Commits that were put off because the broker was away or slow.",
        )
        self.restore_seconds = self._histogram(
            "spear_restore_seconds", "Time of restoring the state of assigned partitions.", SECONDS_BUCKETS
        )
        self.restored_series = self._counter("spear_restored_series_total", "Series brought back by it.")
        self.skipped = self._counter(
            "spear_records_skipped_total", "Records read again that the restored state knew already."
        )
        self.state_written = self._counter(
            "spear_state_written_bytes_total", "Bytes handed to the state topic.", "kind"
        )
        self.transactions = self._counter(
            "spear_transactions_total", "Transactions that were committed, and that failed.", "outcome"
        )
        self.last_step = self._gauge(
            "spear_last_step_timestamp_seconds", "When the main loop last advanced, seconds since the epoch."
        )


class PrometheusTelemetry:
    """core.ports.Telemetry on Prometheus metrics, with the process's own CPU and memory beside them."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
        ProcessCollector(registry=registry)
        self._metrics = Metrics(registry)
        self._clock = clock
        self._lagging: set[TopicPartition] = set()
        for stage in STAGES:
            self._metrics.stage_seconds.labels(stage)

    def checkpoint(self, info: ModelInfo) -> None:
        """A prompt checkpoint is in use."""
        self._metrics.checkpoint.labels(info.checkpoint, info.backbone).set(1)

    def polled(self, partition: TopicPartition, records: int, size: int) -> None:
        self._metrics.records.labels(partition.topic).inc(records)
        self._metrics.record_bytes.labels(partition.topic).inc(size)

    def rejected(self, reason: str) -> None:
        self._metrics.dead_letters.labels(reason).inc()

    def observed(self, samples: int, warming_up: int, windows: int) -> None:
        self._metrics.points.inc(samples)
        self._metrics.warming_up.inc(warming_up)
        self._metrics.held.inc(samples - warming_up - windows)
        self._metrics.windows.inc(windows)

    def scored(self, windows: int, seconds: float) -> None:
        self._metrics.scored.inc(windows)
        self._metrics.batch_windows.observe(windows)
        self._metrics.batch_seconds.observe(seconds)

    def batch_split(self, windows: int) -> None:  # noqa: ARG002 - for the log
        self._metrics.batch_splits.inc()

    def unscorable(self, error: Exception) -> None:
        """Counted as a dead letter; the fault itself is for the log."""

    def stage(self, name: str, seconds: float) -> None:
        self._metrics.stage_seconds.labels(name).observe(seconds)

    def alert(self, event: AlertEvent) -> None:
        self._metrics.alerts.labels(event.type, event.severity, event.kind).inc()

    def committed(self, lag: Mapping[TopicPartition, int]) -> None:
        """Partitions that are not in `lag` went to another worker: their gauges go too."""
        self._metrics.commits.inc()
        for gone in self._lagging - lag.keys():
            self._metrics.lag.remove(gone.topic, str(gone.partition))
        for partition, records in lag.items():
            self._metrics.lag.labels(partition.topic, str(partition.partition)).set(records)
        self._lagging = set(lag)

    def load(self, pending: int, overloaded: bool, series: int, state_bytes: int) -> None:  # noqa: FBT001 - the port's
        """Called once per step of the main loop. state_bytes: of all series together."""
        self._metrics.pending.set(pending)
        self._metrics.overload.set(overloaded)
        self._metrics.series.set(series)
        self._metrics.series_bytes.set(state_bytes / series if series else 0)
        self._metrics.last_step.set(self._clock())

    def trouble(self, error: SpearError) -> None:  # noqa: ARG002 - its text is for the log
        self._metrics.trouble.inc()

    def restored(self, series: int, seconds: float) -> None:
        self._metrics.restored_series.inc(series)
        self._metrics.restore_seconds.observe(seconds)

    def skipped(self, records: int) -> None:
        self._metrics.skipped.inc(records)

    def state_saved(self, size: int, *, snapshot: bool) -> None:
        self._metrics.state_written.labels("snapshot" if snapshot else "journal").inc(size)

    def transaction(self, *, committed: bool) -> None:
        """A transaction ended."""
        self._metrics.transactions.labels("committed" if committed else "failed").inc()

    def split_series(self, series: str, partitions: Sequence[TopicPartition]) -> None:  # noqa: ARG002 - no series labels
        self._metrics.split_series.inc()
