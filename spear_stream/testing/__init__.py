"""Fakes of every port, shipped so that programs built on spear-stream can be tested without a broker.

They keep the contracts of core.ports; tests/contract runs over them too. A crash test
takes four lines, where `run` steps and drains a Service built on the fakes:

    source, sink = ListSource([polled, CRASH, *more]), ListSink()
    with pytest.raises(SimulatedKill):
        run(source, sink)
    run(source, sink)  # resumes from what the first one committed
"""

from spear_stream.testing.control import ListControl, RecordingRollout, checkpoint_ref
from spear_stream.testing.fakes import FakeClock, ListForwarder, ListRecorder, ListSink
from spear_stream.testing.scorers import ConstantScorer, PromptedStepScorer, StepScorer
from spear_stream.testing.source import CRASH, ListSource, Polled, Rebalance, SimulatedKill, json_records
from spear_stream.testing.state import ListTransaction, MemoryState
from spear_stream.testing.telemetry import RecordingTelemetry

__all__ = [
    "CRASH",
    "ConstantScorer",
    "FakeClock",
    "ListControl",
    "ListForwarder",
    "ListRecorder",
    "ListSink",
    "ListSource",
    "ListTransaction",
    "MemoryState",
    "Polled",
    "PromptedStepScorer",
    "Rebalance",
    "RecordingRollout",
    "RecordingTelemetry",
    "SimulatedKill",
    "StepScorer",
    "checkpoint_ref",
    "json_records",
]
