"""What /metrics exports, from the metrics that the code registers."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from deploy.promql import Asked
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from spear_stream.core import order
from spear_stream.core.admission import Admission
from spear_stream.core.alert_policy import SEVERITIES
from spear_stream.core.alerts import AlertBook
from spear_stream.core.challenge import Challenge
from spear_stream.core.dead_letters import SCORER_FAILED
from spear_stream.core.kinds import KINDS
from spear_stream.ops.metrics import STAGES
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.rollout_metrics import WHO, RolloutMetrics
from spear_stream.transport.faults import Reason

HISTOGRAM_SUFFIX = re.compile("_(bucket|sum|count)$")
BY_OTHERS = {"job", "instance", "le", "topic", "partition", "tenant", "checkpoint", "backbone"}
"""Labels whose values the code does not choose."""


def _words(*functions: Callable[..., Any]) -> set[str]:
    """For values that the code writes where it needs them and has no list of."""
    return set(re.findall(r'"(\w+)"', "".join(inspect.getsource(function) for function in functions)))


VALUES = {
    ("spear_dead_letters_total", "reason"): {
        *(reason.value for reason in Reason),
        *_words(order._refused, Admission._refusal),
        SCORER_FAILED,
    },
    ("spear_stage_seconds", "stage"): STAGES,
    ("spear_alerts_total", "type"): {"opened", "updated", "closed"}
    & _words(AlertBook.update, AlertBook._open, AlertBook._close),
    ("spear_alerts_total", "severity"): SEVERITIES,
    ("spear_alerts_total", "kind"): KINDS,
    ("spear_state_written_bytes_total", "kind"): _words(PrometheusTelemetry.state_saved),
    ("spear_transactions_total", "outcome"): _words(PrometheusTelemetry.transaction),
    ("spear_shadow_windows_total", "anomalous"): set(WHO.values()),
    ("spear_shadow_opened_total", "role"): {"champion", "challenger"} & _words(Challenge),
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
