"""Windows of means on their way through a worker: scored among the others, and nobody's point."""

from typing import Any

import numpy as np
import pytest
from streams import METRICS, SETTINGS, START, batch, make_detector, polls_of, quiet, rows, run_on

from spear_stream.core.coarse import BLOCK
from spear_stream.core.fleet import Fleet
from spear_stream.core.migrations import m005_coarse
from spear_stream.core.records import ModelInfo
from spear_stream.testing import ListRecorder, ListSource, RecordingTelemetry

POINTS = 120
WARMING_UP = SETTINGS.spec.min_points - 1
COARSE = POINTS // BLOCK - SETTINGS.spec.min_points + 1


def test_they_are_counted_and_recorded_for_no_point() -> None:
    recorder, telemetry = ListRecorder(), RecordingTelemetry()
    source = ListSource(polls_of(rows({"a": quiet(POINTS)}), 50))
    run_on(source, recorder=recorder, telemetry=telemetry)
    fine = POINTS - WARMING_UP
    assert sum(count for call, count in recorder.told if call == "scores") == fine == len(recorder.names)
    assert (telemetry.totals["windows"], telemetry.totals["coarse"]) == (fine + COARSE, COARSE)
    assert telemetry.totals["scored"] == fine + COARSE
    (checkpoint,) = telemetry.judged_windows
    assert telemetry.judged_windows[checkpoint] == fine
    assert 0 < telemetry.probabilities[checkpoint] < fine


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet(SETTINGS, lambda _: 3, lambda _: ModelInfo("m", "b"), lambda *_: None)
    fleet.assign(METRICS)
    return fleet


def test_one_without_a_logit_is_no_dead_letter(fleet: Fleet) -> None:
    windows = fleet.observe(batch(rows({"a": quiet(POINTS)})), START).windows
    logits = np.full(len(windows), np.nan, np.float32)
    assert windows["coarse"].any()
    assert len(fleet.unscored(windows, logits)) == POINTS - WARMING_UP


def test_they_are_scored_by_the_prompt_of_their_series(fleet: Fleet) -> None:
    assert (fleet.observe(batch(rows({"a": quiet(POINTS)})), START).windows["prompt"] == 3).all()


def test_a_series_keeps_its_row_until_they_are_judged() -> None:
    detector = make_detector()
    windows = detector.observe(batch(rows({"a": quiet(POINTS)})), START).windows
    coarse, waiting = windows["coarse"], detector.windows.table["waiting"]
    detector.judge(windows[~coarse], np.zeros((~coarse).sum(), np.float32))
    assert waiting[0] == coarse.sum() > 0
    detector.judge(windows[coarse], np.zeros(coarse.sum(), np.float32))
    assert waiting[0] == 0


def test_a_journal_of_before_there_were_any_is_replayed_without() -> None:
    header: dict[str, Any] = {"settings": {"spec": {"length": 16, "patch": 4}}}
    columns = {"windows.points": np.zeros(2), "quantizer.seen": np.zeros(2, np.int64)}
    migrated, found = m005_coarse("snapshot", header, columns)
    assert migrated["settings"]["coarse"] is False
    assert found["coarse.codes"].shape == (2, 5 * 8)
    assert found["coarse_quantizer.seen"].tolist() == [0, 0]
