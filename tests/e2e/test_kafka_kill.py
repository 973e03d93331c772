"""Workers that are killed leave no trace in the alert topic."""

from pathlib import Path

import pytest
from e2e.soak import SERIES, soak
from integration.kafka_broker import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROUNDS = 10


def test_no_kill_loses_or_doubles_an_event(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    verdict = soak(kafka_broker, tmp_path, ROUNDS)
    assert verdict.clean, verdict
    assert verdict.events >= 2 * SERIES * (ROUNDS - 1), "every series that ended had a spike"
