"""What /metrics exports, from the metrics that the code registers."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.rollout_metrics import RolloutMetrics

PACKAGE = Path(__file__).parents[2] / "spear_stream"


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


def unknown_values(values: Iterable[str]) -> set[str]:
    """Those that the code cannot give to a label, as they are no string of its."""
    code = "".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    return set(values) - set(re.findall(r'"([\w-]+)"', code))


def _show(metric: object) -> None:
    """A metric with labels exports nothing until it has values for them."""
    if isinstance(metric, MetricWrapperBase) and metric._labelnames:
        metric.labels(*metric._labelnames)
