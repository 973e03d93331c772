"""Metrics and logs of the same happenings."""

from collections.abc import Collection, Sequence

import structlog

from spear_stream.core.errors import SpearError
from spear_stream.core.records import AlertEvent, ModelInfo, TopicPartition
from spear_stream.ops.logs import WarnOnce
from spear_stream.ops.prometheus import PrometheusTelemetry


class LoggedTelemetry:
    """core.ports.Telemetry: everything goes to the metrics, what a person should read to the log as well."""

    def __init__(self, metrics: PrometheusTelemetry, logger: structlog.stdlib.BoundLogger) -> None:
        self._metrics = metrics
        self._logger = logger
        self._warn_once = WarnOnce(logger)
        self.observed = metrics.observed
        self.scored = metrics.scored
        self.judged = metrics.judged
        self.stage = metrics.stage
        self.load = metrics.load
        self.committed = metrics.committed
        self.lag = metrics.lag
        self.state_saved = metrics.state_saved
        self.transaction = metrics.transaction

    def polled(self, partition: TopicPartition, records: int, size: int) -> None:
        """The last line before a crash in native code tells whose records it met (docs/operations.md)."""
        self._metrics.polled(partition, records, size)
        where = {"topic": partition.topic, "partition": partition.partition}
        self._logger.debug("read", **where, records=records)

    def checkpoint(self, info: ModelInfo) -> None:
        self._metrics.checkpoint(info)
        self._logger.info("checkpoint loaded", checkpoint=info.checkpoint, backbone=info.backbone)

    def rejected(self, reason: str) -> None:
        self._metrics.rejected(reason)
        self._warn_once(
            ("rejected", reason),
            "records are being dead-lettered; see the dead-letter topic and spear_dead_letters_total",
            reason=reason,
        )

    def batch_split(self, windows: int) -> None:
        self._metrics.batch_split(windows)
        self._logger.warning(
            "a batch did not fit into memory; batches are smaller from now on: "
            "lower SPEAR_SCORING__MAX_BATCH_WINDOWS or SPEAR_SCORING__MAX_BATCH_TOKENS",
            windows=windows,
        )

    def unscorable(self, error: Exception) -> None:
        fault = f"{type(error).__name__}: {error}"
        self._warn_once(
            ("unscorable", type(error)),
            "the model failed on a window; its newest point is dead-lettered as scorer_failed "
            "(not of a window of means: the point has one of its own)",
            fault=fault,
        )

    def alert(self, event: AlertEvent) -> None:
        self._metrics.alert(event)
        self._logger.info(
            "alert",
            event_type=event.type,
            series=event.series,
            severity=event.severity,
            kind=event.kind,
            score=round(event.score, 3),
            observed=event.observed,
            alert_id=event.alert_id,
        )

    def windows_skipped(self, windows: int) -> None:
        self._metrics.windows_skipped(windows)
        self._warn_once(
            "windows_skipped",
            "the model is too slow for the input, so windows are skipped (scoring.overload): add workers, "
            "raise SPEAR_SCORING__HOP, or see spear_windows_skipped_total",
        )

    def left_behind(self, partitions: Collection[TopicPartition]) -> None:
        self._metrics.left_behind(partitions)
        self._logger.warning(
            "partitions left before all that was read of them was scored and committed; their next worker "
            "reads it again: SPEAR_SERVICE__DRAIN_SECONDS is how long scoring and commit may take",
            partitions=[f"{p.topic}-{p.partition}" for p in sorted(partitions)],
        )

    def poll_failed(self, error: SpearError) -> None:
        self._metrics.poll_failed(error)
        self._logger.warning("reading failed, it is tried again", reason=str(error))

    def commit_put_off(self, error: SpearError) -> None:
        self._metrics.commit_put_off(error)
        self._logger.warning("commit put off, it is tried again", reason=str(error))

    def restored(self, series: int, seconds: float) -> None:
        self._metrics.restored(series, seconds)
        self._logger.info("state restored", series=series, seconds=round(seconds, 3))

    def skipped(self, records: int) -> None:
        self._metrics.skipped(records)
        self._logger.info("records that the restored state knows are skipped", records=records)

    def split_series(self, series: str, partitions: Sequence[TopicPartition]) -> None:
        self._metrics.split_series(series, partitions)
        self._warn_once(
            "split_series",
            "a series arrives in more than one partition, so each sees only a part of it: "
            "let producers key records by series, or set SPEAR_KAFKA__REPARTITION_TOPIC",
            series=series,
            partitions=[f"{p.topic}-{p.partition}" for p in partitions],
        )

    def key_changed(self, series: str, topic: str) -> None:
        self._metrics.key_changed(series, topic)
        self._warn_once(
            ("key_changed", topic),
            "records of one series carry different keys, so the series may be spread over partitions and "
            "workers, each of which sees only a part of it: let producers key records by series, or set "
            "SPEAR_KAFKA__REPARTITION_TOPIC",
            series=series,
            topic=topic,
        )
