"""Every metric of the main loop, in one place; labels have few values and are never series names."""

from prometheus_client import CollectorRegistry

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
            "spear_points_held_total",
            "Of these, those between two scored ones (scoring.hop, scoring.calm_hop).",
        )
        self.windows = self._counter("spear_windows_total", "Windows that new points made due for scoring.")
        self.coarse = self._counter(
            "spear_windows_coarse_total",
            "Of these, those of means of four points (docs/adr/0010-coarse.md).",
        )
        self.scored = self._counter("spear_windows_scored_total", "Windows scored by the model.")
        self.judged = self._counter(
            "spear_model_windows_total", "Of these, windows of points, for their champion.", "checkpoint"
        )
        self.probability = self._counter(
            "spear_model_probability_total",
            "Sum of the probabilities that the model gave these; the mean moves when series are no more what "
            "they were.",
            "checkpoint",
        )
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
        self.overload = self._gauge(
            "spear_overload", "1 when windows that are due were left at the end of a step, else 0."
        )
        self.windows_skipped = self._counter(
            "spear_windows_skipped_total", "Windows not scored, by scoring.overload=skip_windows."
        )
        self.alerts = self._counter("spear_alerts_total", "Alert events.", "type", "severity", "kind")
        self.checkpoint = self._gauge(
            "spear_checkpoint_info", "1 per prompt checkpoint of the settings.", "checkpoint", "backbone"
        )
        self.series = self._gauge("spear_series", "Series tracked.")
        self.series_bytes = self._gauge("spear_series_state_bytes", "Mean bytes of state per series.")
        self.split_series = self._counter(
            "spear_split_series_total",
            "Series found in more than one partition of a topic; their windows are incomplete.",
        )
        self.key_changes = self._counter(
            "spear_key_changes_total",
            "Records seen, in a sample of all, whose key differs from an earlier one of their series.",
        )
        self.commits = self._counter(
            "spear_commits_total", "Commits of what was read; without input there are none."
        )
        self.commits_put_off = self._counter(
            "spear_commit_retries_total",
            "Commits that were put off and tried again: the broker was away, slow or refused for a while, "
            "or the group moved partitions.",
        )
        self.polls_failed = self._counter(
            "spear_poll_retries_total",
            "Polls that failed, because the broker was away, and were tried again.",
        )
        self.left_behind = self._counter(
            "spear_partitions_left_behind_total",
            "Partitions that went before all that was read of them was scored and committed.",
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
