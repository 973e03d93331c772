"""Windows that the model fails on, and batches that do not fit into memory."""

import json
from typing import Any

import numpy as np
import pytest
from brittle import POISON, Brittle
from streams import METRICS, SPEC, make_service, polls_of, quiet, rows, run, run_on

from spear_stream.core.errors import ConfigError, OutOfMemory
from spear_stream.core.records import Float32Array, StructArray
from spear_stream.core.tolerant import FittingScorer, TolerantScorer
from spear_stream.testing import (
    CRASH,
    ListSink,
    ListSource,
    ListTransaction,
    MemoryState,
    RecordingTelemetry,
    SimulatedKill,
    StepScorer,
)

SAMPLES = rows({"a": quiet(60, {30: 50.0}), "b": [*quiet(40, seed=1), POISON, *quiet(19, seed=2)]})
POISONED = 2 * 40 + 1
"""Offset of the record whose window the model fails on."""


def lived(scorer: Any, samples: Any = SAMPLES, size: int = 20) -> tuple[ListSink, RecordingTelemetry]:
    telemetry = RecordingTelemetry()
    tolerant = TolerantScorer(FittingScorer(scorer, telemetry), telemetry)
    return run_on(ListSource(polls_of(samples, size)), scorer=tolerant, telemetry=telemetry), telemetry


def test_the_point_at_fault_is_dead_lettered_and_all_others_are_judged_as_without_it() -> None:
    sink, telemetry = lived(Brittle())
    [letter] = sink.acknowledged_letters
    assert (letter.source, letter.offset, letter.reason) == (METRICS, POISONED, "scorer_failed")
    assert json.loads(letter.value or b"")["value"] == POISON
    assert letter.key == b"b"
    [fault] = telemetry.unscorables
    assert str(fault) == "index out of range in self"
    without = [row for row in SAMPLES if row[0] == "a"]
    assert [e.alert_id for e in sink.acknowledged if e.series == "a"] == [
        e.alert_id for e in run_on(ListSource(polls_of(SAMPLES, 20))).acknowledged if e.series == "a"
    ]
    assert [e.type for e in lived(Brittle(), without)[0].acknowledged] == ["opened", "closed"]


def test_a_record_at_fault_is_no_restart_loop_and_its_series_goes_on_from_the_same_state() -> None:
    polls = polls_of(SAMPLES, 20)
    source, state, sinks = ListSource([*polls[:5], CRASH, *polls[5:]]), MemoryState(), list[ListSink]()

    def life() -> None:
        sinks.append(ListSink())
        telemetry = RecordingTelemetry()
        tolerant = TolerantScorer(Brittle(), telemetry)
        transaction = ListTransaction(source, sinks[-1], state)
        run(make_service(
            source, sinks[-1], scorer=tolerant, telemetry=telemetry, state=state, transaction=transaction
        ))  # fmt: skip

    with pytest.raises(SimulatedKill):
        life()
    life()
    letters = [letter for sink in sinks for letter in sink.acknowledged_letters]
    assert [letter.offset for letter in letters] == [POISONED]
    assert [e for sink in sinks for e in sink.acknowledged] == lived(Brittle())[0].acknowledged
    assert source.committed == {METRICS: len(SAMPLES)}


def test_a_model_that_scores_nothing_stops_the_worker_and_dead_letters_nothing() -> None:
    sink, telemetry, source = ListSink(), RecordingTelemetry(), ListSource(polls_of(SAMPLES, 20))
    tolerant = TolerantScorer(Brittle(broken=True), telemetry)
    with pytest.raises(RuntimeError, match="index out of range"):
        run(make_service(source, sink, scorer=tolerant, telemetry=telemetry))
    assert sink.letters == []
    assert source.committed.get(METRICS, 0) < len(SAMPLES)


class Deadly(Brittle):
    """As a library that crashes: POISON ends the process."""

    def score(self, windows: StructArray) -> Float32Array:
        if (windows["value"] == POISON).any():
            raise SimulatedKill
        return super().score(windows)


def test_a_record_that_kills_the_process_is_at_the_committed_offset_and_can_be_stepped_over() -> None:
    """As docs/operations.md says; here every record has a commit of its own."""
    source, state, sink = ListSource(polls_of(SAMPLES, 1)), MemoryState(), ListSink()

    def live() -> None:
        run(
            make_service(
                source, sink, scorer=Deadly(), state=state, transaction=ListTransaction(source, sink, state)
            )
        )

    for _ in range(3):
        with pytest.raises(SimulatedKill):
            live()
        assert source.committed == {METRICS: POISONED}
    source.committed = {METRICS: POISONED + 1}
    live()
    assert source.committed == {METRICS: len(SAMPLES)}
    undisturbed = run_on(ListSource(polls_of([row for row in SAMPLES if row[2] != POISON], 1)))
    keys = [(event.series, event.type, event.started_at) for event in sink.acknowledged]
    assert keys == [(event.series, event.type, event.started_at) for event in undisturbed.acknowledged]


def test_a_batch_too_large_for_memory_is_split_and_later_ones_are_no_larger() -> None:
    windows = np.zeros(100, SPEC.dtype)
    telemetry, scorer = RecordingTelemetry(), Brittle(most=30)
    tolerant = TolerantScorer(FittingScorer(scorer, telemetry), telemetry)
    assert (tolerant.score(windows) == StepScorer(SPEC).score(windows)).all()
    assert telemetry.batch_sizes == [50, 25]
    scorer.sizes.clear()
    assert len(tolerant.score(windows)) == 100
    assert scorer.sizes == [25, 25, 25, 25]
    assert len(tolerant.score(windows[:0])) == 0


def test_memory_that_becomes_less_later_costs_no_window() -> None:
    windows, scorer = np.zeros(100, SPEC.dtype), Brittle(most=50)
    fitting = FittingScorer(scorer, RecordingTelemetry())
    for scorer.most in (50, 20):
        assert (fitting.score(windows) == StepScorer(SPEC).score(windows)).all()


def test_a_window_too_large_for_memory_stops_the_worker_with_the_cure() -> None:
    with pytest.raises(OutOfMemory) as stopped:
        lived(Brittle(most=0))
    assert stopped.value.exit_code == ConfigError.exit_code
