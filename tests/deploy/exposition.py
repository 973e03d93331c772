"""What /metrics exports, from the metrics that the code registers."""

import re
from collections import defaultdict
from collections.abc import Callable

from deploy.promql import Asked
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from spear_stream.core.alert_policy import SEVERITIES
from spear_stream.core.kinds import KINDS
from spear_stream.core.no_data import NO_DATA
from spear_stream.core.refusals import Refusal
from spear_stream.core.roles import Role
from spear_stream.ops.metrics import STAGES
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.rollout_metrics import WHO, RolloutMetrics
from spear_stream.transport.events import alert_event_schema
from spear_stream.transport.faults import Reason

HISTOGRAM_SUFFIX = re.compile("_(bucket|sum|count)$")
BY_OTHERS = {"job", "instance", "le", "topic", "partition", "tenant", "checkpoint", "backbone"}
"""Labels whose values the code does not choose."""


def _counted(metric: str, label: str, *calls: Callable[[PrometheusTelemetry], None]) -> set[str]:
    """The values that this label of a counter takes in these calls."""
    registry = CollectorRegistry()
    telemetry = PrometheusTelemetry(registry)
    for call in calls:
        call(telemetry)
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {sample.labels[label] for sample in samples if sample.name == metric}


SAVED, ENDED = ("spear_state_written_bytes_total", "kind"), ("spear_transactions_total", "outcome")
VALUES = {
    ("spear_dead_letters_total", "reason"): {*Reason, *Refusal},
    ("spear_stage_seconds", "stage"): STAGES,
    ("spear_alerts_total", "type"): {
        kind.rpartition(".")[2] for kind in alert_event_schema()["properties"]["type"]["enum"]
    },
    ("spear_alerts_total", "severity"): SEVERITIES,
    ("spear_alerts_total", "kind"): {*KINDS, NO_DATA},
    SAVED: _counted(
        *SAVED, lambda to: to.state_saved(1, snapshot=True), lambda to: to.state_saved(1, snapshot=False)
    ),
    ENDED: _counted(
        *ENDED, lambda to: to.transaction(committed=True), lambda to: to.transaction(committed=False)
    ),
    ("spear_shadow_windows_total", "anomalous"): set(WHO.values()),
    ("spear_shadow_opened_total", "role"): {Role.CHAMPION, Role.CHALLENGER},
}


def exported() -> dict[str, frozenset[str]]:
    """The labels of every name, with the suffixes of counters and histograms."""
    registry = CollectorRegistry()
    for metrics in (PrometheusTelemetry(registry)._metrics, RolloutMetrics(registry)):
        for metric in vars(metrics).values():
            _show(metric)
    found: dict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys()
    return {name: frozenset(labels) for name, labels in found.items()}


def is_given(asked: Asked) -> bool:
    """Whether the code can give this value to this label of this metric."""
    metric = HISTOGRAM_SUFFIX.sub("", asked.metric)
    return asked.label in BY_OTHERS or asked.value in VALUES.get((metric, asked.label), ())


def _show(metric: object) -> None:
    """A metric with labels exports nothing until it has values for them."""
    if isinstance(metric, MetricWrapperBase) and metric._labelnames:
        metric.labels(*metric._labelnames)
