"""Workers and brokers that are killed leave no trace in the alert topic."""

from pathlib import Path

import pytest
from e2e.load import SERIES
from e2e.soak import Plan, soak
from integration.kafka_broker import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("plan", [Plan(rounds=10), Plan(rounds=3, kill="broker")], ids=["workers", "broker"])
def test_no_kill_loses_or_doubles_an_event(mortal_broker: KafkaBroker, tmp_path: Path, plan: Plan) -> None:
    tally, verdict = soak(mortal_broker, tmp_path / plan.kill, plan)
    assert verdict.clean, verdict
    assert verdict.events >= 2 * SERIES * (plan.rounds - 1), "every series that ended had a spike"
    assert tally.restarts == 0
