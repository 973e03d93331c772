"""What the worker tells about itself, to Prometheus."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import product

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics

from spear_stream.core.alert_policy import SEVERITIES
from spear_stream.core.errors import SpearError
from spear_stream.core.kinds import KINDS
from spear_stream.core.no_data import NO_DATA
from spear_stream.core.records import AlertEvent, ModelInfo, TopicPartition
from spear_stream.ops.metrics import STAGES, Metrics


class PrometheusTelemetry:
    """core.telemetry.Telemetry on Prometheus metrics, with the process's own CPU and memory beside them."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
        ProcessCollector(registry=registry)
        self._metrics = Metrics(registry)
        self._clock = clock
        self._lagging: set[TopicPartition] = set()
        for stage in STAGES:
            self._metrics.stage_seconds.labels(stage)
        # Of all that there may be, because rate() misses what a counter is born with.
        for severity, kind in product(SEVERITIES, (*KINDS, NO_DATA)):
            self._metrics.alerts.labels("opened", severity, kind)

    def checkpoint(self, info: ModelInfo) -> None:
        """A prompt checkpoint is in use."""
        self._metrics.checkpoint.labels(info.checkpoint, info.backbone).set(1)

    def polled(self, partition: TopicPartition, records: int, size: int) -> None:
        self._metrics.records.labels(partition.topic).inc(records)
        self._metrics.record_bytes.labels(partition.topic).inc(size)

    def rejected(self, reason: str) -> None:
        self._metrics.dead_letters.labels(reason).inc()

    def observed(self, samples: int, warming_up: int, windows: int, coarse: int) -> None:
        self._metrics.points.inc(samples)
        self._metrics.warming_up.inc(warming_up)
        self._metrics.held.inc(samples - warming_up - (windows - coarse))
        self._metrics.windows.inc(windows)
        self._metrics.coarse.inc(coarse)

    def scored(self, windows: int, seconds: float) -> None:
        self._metrics.scored.inc(windows)
        self._metrics.batch_windows.observe(windows)
        self._metrics.batch_seconds.observe(seconds)

    def judged(self, checkpoint: str, windows: int, probability: float) -> None:
        self._metrics.judged.labels(checkpoint).inc(windows)
        self._metrics.probability.labels(checkpoint).inc(probability)

    def batch_split(self, windows: int) -> None:  # noqa: ARG002 - for the log
        self._metrics.batch_splits.inc()

    def unscorable(self, error: Exception) -> None:
        """Counted as a dead letter; the fault itself is for the log."""

    def stage(self, name: str, seconds: float) -> None:
        self._metrics.stage_seconds.labels(name).observe(seconds)

    def alert(self, event: AlertEvent) -> None:
        self._metrics.alerts.labels(event.type, event.severity, event.kind).inc()

    def committed(self) -> None:
        self._metrics.commits.inc()

    def lag(self, lag: Mapping[TopicPartition, int]) -> None:
        """Partitions that are not in `lag` went to another worker: their gauges go too."""
        for gone in self._lagging - lag.keys():
            self._metrics.lag.remove(gone.topic, str(gone.partition))
        for new in lag.keys() - self._lagging:
            self._metrics.records.labels(new.topic)  # 0 is told of a topic that nothing came from, too
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

    def poll_failed(self, error: SpearError) -> None:  # noqa: ARG002 - its text is for the log
        self._metrics.polls_failed.inc()

    def commit_put_off(self, error: SpearError) -> None:  # noqa: ARG002 - as above
        self._metrics.commits_put_off.inc()

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

    def key_changed(self, series: str, topic: str) -> None:  # noqa: ARG002 - no series labels
        self._metrics.key_changes.inc()

    def windows_skipped(self, windows: int) -> None:
        self._metrics.windows_skipped.inc(windows)

    def left_behind(self, partitions: Collection[TopicPartition]) -> None:
        self._metrics.left_behind.inc(len(partitions))
