"""What a person reads in the log of the happenings that are counted."""

import pytest
import structlog
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from spear_stream.core.errors import BrokerUnavailable, PartitionsLost, SpearError
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.telemetry import LoggedTelemetry


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
