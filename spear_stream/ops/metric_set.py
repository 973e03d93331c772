"""Metrics that remember what they are, for the generated documentation."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """A metric for people."""

    name: str
    type: str
    labels: tuple[str, ...]
    description: str


class MetricSet:
    """Registers metrics under their names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.infos: list[MetricInfo] = []

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        self.infos.append(MetricInfo(name, "counter", labels, description))
        return Counter(name, description, labels, registry=self._registry)

    def _gauge(self, name: str, description: str, *labels: str) -> Gauge:
        self.infos.append(MetricInfo(name, "gauge", labels, description))
        return Gauge(name, description, labels, registry=self._registry)

    def _histogram(self, name: str, description: str, buckets: Sequence[float], *labels: str) -> Histogram:
        self.infos.append(MetricInfo(name, "histogram", labels, description))
        return Histogram(name, description, labels, registry=self._registry, buckets=buckets)
