"""The daemon's service on a real broker, in the process of the test."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
from integration.kafka_broker import USERS, KafkaBroker
from prometheus_client import CollectorRegistry

from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.rollout_metrics import LoggedRollout
from spear_stream.ops.settings import Settings, load_settings
from spear_stream.ops.telemetry import LoggedTelemetry
from spear_stream.service import Service
from spear_stream.wiring.kafka import kafka_service

PATIENCE = 30.0


def login(broker: KafkaBroker, user: str, mechanism: str = "PLAIN") -> dict[str, object]:
    """Settings of an account on the TLS listener."""
    return {
        "kafka.bootstrap_servers": broker.sasl_tls_bootstrap,
        "kafka.security_protocol": "SASL_SSL",
        "kafka.tls_ca_file": broker.ca_file,
        "kafka.sasl_mechanism": mechanism,
        "kafka.username": user,
        "kafka.password": USERS[user],
    }


class Life:
    """One worker, from its start to its end; commits with every step."""

    def __init__(self, values: Mapping[str, object], checkpoint: Path) -> None:
        quick = {
            "model.checkpoint": checkpoint,
            "service.commit_interval_seconds": 0.1,
            "service.drain_seconds": 5,
            "kafka.session_timeout_seconds": 6,
            "kafka.request_timeout_seconds": 5,
        }
        self.settings: Settings = load_settings({k: str(v) for k, v in {**quick, **values}.items()}, None)
        self._registry = CollectorRegistry()
        self.service: Service | None = None

    def begin(self) -> "Life":
        log, registry = structlog.stdlib.get_logger(), self._registry
        telemetry = LoggedTelemetry(PrometheusTelemetry(registry), log)
        self.service = kafka_service(self.settings, telemetry, LoggedRollout(registry, log))
        self.service.start()
        return self

    def until(self, happened: Callable[[], bool]) -> "Life":
        """Raises whatever stops the worker."""
        assert self.service
        limit = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < limit, "it did not happen"
            self.service.step()
        return self

    def until_points(self, count: int) -> "Life":
        return self.until(lambda: self.metric("spear_points_total") >= count)

    def end(self) -> None:
        service, self.service = self.service, None
        if service:
            service.drain()

    def metric(self, name: str, **labels: str) -> float:
        samples: list[Any] = [s for family in self._registry.collect() for s in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())
