"""Metrics and log lines of prompt roll-outs; labels hold tenants and checkpoints, which are few."""

from collections.abc import Sequence

import structlog
from prometheus_client import CollectorRegistry

from spear_stream.core.comparison import Comparison
from spear_stream.core.control import PromptUse
from spear_stream.core.roles import Role
from spear_stream.ops.metric_set import MetricSet

DISTANCE_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


class RolloutMetrics(MetricSet):
    """Registered under their names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.prompts = self._gauge(
            "spear_prompt_info",
            "1 per prompt that the control topic has put in use.",
            "tenant",
            "role",
            "checkpoint",
            "backbone",
        )
        self.trouble = self._counter(
            "spear_control_refused_total", "Control records and checkpoints that were refused.", "reason"
        )
        self.windows = self._counter(
            "spear_shadow_windows_total",
            "Windows that champion and challenger scored, by who of them found it anomalous "
            "(none, champion, challenger, both).",
            "tenant",
            "checkpoint",
            "anomalous",
        )
        self.opened = self._counter(
            "spear_shadow_opened_total",
            "Alerts opened on these windows, by role.",
            "tenant",
            "checkpoint",
            "role",
        )
        self.distance = self._histogram(
            "spear_shadow_score_distance",
            "Distance between both scores of such a window.",
            DISTANCE_BUCKETS,
            "tenant",
            "checkpoint",
        )


WHO = {
    (False, False): "none",
    (True, False): Role.CHAMPION,
    (False, True): Role.CHALLENGER,
    (True, True): "both",
}


class LoggedRollout:
    """core.control.RolloutTelemetry on metrics, and a log for what a person should read."""

    def __init__(self, registry: CollectorRegistry, logger: structlog.stdlib.BoundLogger) -> None:
        self._metrics = RolloutMetrics(registry)
        self._logger = logger
        self._told: set[PromptUse] = set()

    def prompts(self, uses: Sequence[PromptUse]) -> None:
        self._metrics.prompts.clear()
        for use in uses:
            labels = (use.tenant, use.role, use.model.checkpoint, use.model.backbone)
            self._metrics.prompts.labels(*labels).set(1)
            if use not in self._told:
                self._logger.info(
                    "prompt in use", tenant=use.tenant, role=use.role, checkpoint=use.model.checkpoint
                )
        for use in self._told - set(uses):
            self._logger.info(
                "prompt no more in use", tenant=use.tenant, role=use.role, checkpoint=use.model.checkpoint
            )
        self._told = set(uses)

    def control_trouble(self, reason: str, detail: str) -> None:
        self._metrics.trouble.labels(reason).inc()
        self._logger.warning("roll-out refused, what was in use stays", reason=reason, detail=detail)

    def challenged(self, comparison: Comparison) -> None:
        labels = (comparison.tenant, comparison.checkpoint)
        for pair, count in comparison.windows.items():
            self._metrics.windows.labels(*labels, WHO[pair]).inc(count)
        for role, count in comparison.opened.items():
            self._metrics.opened.labels(*labels, role).inc(count)
        distance = self._metrics.distance.labels(*labels)
        for value in comparison.distances.tolist():
            distance.observe(value)
