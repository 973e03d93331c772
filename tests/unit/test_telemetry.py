"""What is counted, and what a person reads of it in the log."""

from itertools import product

import pytest
import structlog
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from spear_stream.core.errors import BrokerUnavailable, PartitionsLost, SpearError
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.telemetry import LoggedTelemetry
from spear_stream.transport.events import alert_event_schema


@pytest.mark.parametrize(
    ("happening", "error", "event"),
    [
        ("poll_failed", BrokerUnavailable("away"), "reading failed, it is tried again"),
        ("commit_put_off", BrokerUnavailable("away"), "commit put off, it is tried again"),
        ("commit_put_off", PartitionsLost("away"), "commit put off, it is tried again"),
    ],
)
def test_the_log_says_whether_reading_or_a_commit_failed(
    happening: str, error: SpearError, event: str
) -> None:
    with capture_logs() as lines:
        telemetry = LoggedTelemetry(PrometheusTelemetry(CollectorRegistry()), structlog.get_logger())
        getattr(telemetry, happening)(error)
    assert lines == [{"event": event, "reason": "away", "log_level": "warning"}]


def test_alerts_that_open_are_counted_from_zero_whatever_they_are_of() -> None:
    """rate() misses the first ones of a counter that is born with them."""
    registry = CollectorRegistry()
    PrometheusTelemetry(registry)
    told = alert_event_schema()["properties"]
    for severity, kind in product(told["severity"]["enum"], told["kind"]["enum"]):
        labels = {"type": "opened", "severity": severity, "kind": kind}
        assert registry.get_sample_value("spear_alerts_total", labels) == 0, labels
