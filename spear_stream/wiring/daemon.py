"""The daemon: logs, health endpoints and the service on Kafka, together.

The endpoints answer before the model's libraries are imported, which takes seconds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry

from spear_stream.ops.http import Health, OpsServer
from spear_stream.ops.logs import configure_logs
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.rollout_metrics import LoggedRollout
from spear_stream.ops.settings import Settings, require_input, secret_values
from spear_stream.ops.telemetry import LoggedTelemetry
from spear_stream.wiring.loop import reporter, run, stopped_by_signals

log = structlog.stdlib.get_logger(__name__)


def run_daemon(settings: Settings) -> None:
    """Run until a signal. Raises SpearError; nothing uncommitted is lost by it."""
    require_input(settings)
    configure_logs(settings.log.level, settings.log.format, secret_values(settings))
    registry = CollectorRegistry()
    health = Health(settings.http.stall_seconds, time.monotonic)
    logger = structlog.stdlib.get_logger("spear_stream")
    telemetry = LoggedTelemetry(PrometheusTelemetry(registry), logger)
    with stopped_by_signals() as stop, _endpoints(settings, health, registry):
        health.ready("the model is being loaded")
        log.info("loading the model")
        from spear_stream.wiring.kafka import kafka_service  # noqa: PLC0415 - see the module's docstring

        def is_stopping() -> bool:
            health.beat(time.monotonic())  # who asks this, in a restore for minutes, is alive
            return stop.is_set()

        service = kafka_service(settings, telemetry, LoggedRollout(registry, logger), is_stopping)
        health.ready("still reading the control topic, if there is one, or joining the group")
        log.info("joining", group=settings.kafka.group_id, topics=settings.kafka.input_topics)
        run(service, stop, reporter(service, health))
    log.info("stopped; all that was scored is committed")


@contextmanager
def _endpoints(settings: Settings, health: Health, registry: CollectorRegistry) -> Iterator[None]:
    if settings.http.port == 0:
        yield
        return
    with OpsServer(settings.http.host, settings.http.port, health, registry):
        yield
