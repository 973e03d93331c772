"""What lasts opens alerts, a moved level and a model that stays sure, and none stays open for ever."""

from dataclasses import replace

import numpy as np
import pytest
from streams import SETTINGS, SPEC, batch, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.evidence import MOVED, SURE, Evidence
from spear_stream.core.explain import side_of
from spear_stream.core.migrations import m004_what_lasts
from spear_stream.core.records import AlertEvent, Float64Array
from spear_stream.core.shift import FAR
from spear_stream.core.spec import WindowSpec

NOTHING = -6.0
"""Logit of a model that sees nothing."""
LONG = 2000


def events_of(
    values: list[float], logit: float = NOTHING, direction: str = "both", spec: WindowSpec = SPEC
) -> list[AlertEvent]:
    """With a model that always says the same."""
    detector = make_detector(replace(SETTINGS, spec=spec, policy=AlertPolicy(direction=direction)))
    windows = detector.observe(batch(rows({"a": values})), 0).windows
    return detector.judge(windows, np.full(len(windows), logit, np.float32))[1]


def moved(size: float, points: int = 300) -> list[float]:
    return quiet(LONG) + [value + size for value in quiet(points, seed=1)]


@pytest.mark.parametrize("size", [20.0, -20.0])
def test_a_level_that_moves_is_one_alert_that_ends(size: float) -> None:
    opened, *_, closed = found = events_of(moved(size))
    assert [event.type for event in found if event.type != "updated"] == ["opened", "closed"]
    assert opened.peak_score == closed.peak_score == MOVED
    assert opened.position.offset in range(LONG, LONG + 10)
    assert closed.severity == "info"


@pytest.mark.parametrize("size", [20.0, -20.0])
def test_a_level_that_moves_is_called_a_shift(size: float) -> None:
    """In windows as long as those that kinds were learnt from."""
    opened, *_, closed = events_of(moved(size), spec=WindowSpec())
    assert (opened.kind, closed.type, closed.kind) == ("shift", "closed", "shift")


def test_ordinary_points_behind_a_move_lie_to_the_side_of_the_move() -> None:
    windows = np.zeros(4, SPEC.dtype)
    windows["scale"], windows["shift"] = 1.0, [20.0, -20.0, 20.0, 1.0]
    windows["value"] = [-0.5, 0.5, -9.0, -0.5]
    assert (side_of(windows, windows["value"]) > 0).tolist() == [True, False, False, False], "a dip is a dip"


@pytest.mark.parametrize("behind", [15, 40])
def test_a_dip_behind_a_move_up_is_an_alert_of_its_direction(behind: int) -> None:
    values, at = moved(20.0), LONG + behind
    values[at] -= 200.0
    detector = make_detector(replace(SETTINGS, policy=AlertPolicy(direction="down")))
    windows = detector.observe(batch(rows({"a": values})), 0).windows
    logits = np.where(windows["offset"] == at, 8.0, NOTHING).astype(np.float32)
    assert "opened" in [event.type for event in detector.judge(windows, logits)[1]]


def test_the_first_event_of_a_silent_series_moves_no_level() -> None:
    silent = [0.0] * LONG
    silent[1000] = 1.0
    assert events_of(silent) == []
    assert [event.type for event in events_of([0.0] * LONG + [1.0] * 300)][:1] == ["opened"]


@pytest.mark.parametrize("direction", ["up", "down", "both"])
@pytest.mark.parametrize("size", [60.0, 1e4, 1e30])
def test_one_far_point_moves_no_level(size: float, direction: str) -> None:
    assert events_of(quiet(LONG, {1000: size}), direction=direction) == []


@pytest.mark.parametrize("at", [3, 10, 31, 100])
def test_after_an_absurd_value_a_move_is_still_seen(at: int) -> None:
    values = moved(20.0)
    values[at] = 1e30
    assert [event.type for event in events_of(values) if event.type != "updated"] == ["opened", "closed"]


def test_a_captured_window_keeps_the_shift_of_its_time() -> None:
    detector = make_detector()
    before = detector.observe(batch(rows({"a": quiet(LONG)})), 0).windows
    kept = before["shift"].copy()
    after = detector.observe(batch(rows({"a": moved(20.0)[LONG:]}, start=10**13), LONG), 0).windows
    assert (before["shift"] == kept).all()
    assert np.abs(kept).max() < FAR < after["shift"].max()


def probabilities(p: float, points: int, fresh: int = 1) -> Float64Array:
    """Scores of a model that is this sure from the start, on points that are neither rare nor new."""
    evidence = Evidence(SPEC)
    evidence.table.resize(1)
    windows = np.zeros(1, SPEC.dtype)
    windows["fresh"] = fresh
    scores = np.empty(points)
    for point in range(points):
        evidence.unusual(windows, np.zeros(1), np.full(1, p, np.float32))
        [scores[point]] = evidence.lasting(windows)
    return scores


def test_a_model_that_becomes_sure_opens_an_alert() -> None:
    policy = AlertPolicy()
    assert probabilities(0.79, 60).max() > policy.open_score
    assert probabilities(0.74, 60).max() < policy.open_score
    assert policy.warning_score > SURE


def test_a_model_that_is_half_sure_for_long_says_next_to_nothing() -> None:
    assert 0.01 < probabilities(0.6, 60).max() < 0.07


@pytest.mark.parametrize("fresh", [1, 8])
def test_a_model_that_is_always_sure_ends_its_alert(fresh: int) -> None:
    assert probabilities(0.97, 3000 // fresh, fresh)[-1] < AlertPolicy().close_score


def test_older_state_begins_without_a_shift_and_cannot_make_one_up() -> None:
    """A sparse series has a robust scale of almost 0, and its centre is not its mean."""
    columns = {
        "quantizer.centre": np.array([0.0, 10.0]),
        "quantizer.scale": np.array([[1e-9, 2.0], [3.0, 1.0]]),
    }
    header, found = m004_what_lasts("snapshot", {"a": 1}, columns)
    assert header == {"a": 1}
    assert found["windows.newest_mean"].tolist() == found["windows.long_mean"].tolist() == [0.0, 10.0]
    assert found["windows.spread"].tolist() == [2.0, 3.0]
    assert not found["windows.shift"].any()
    assert found["evidence.usual"].dtype == np.float32
    assert m004_what_lasts("journal", {}, {}) == ({}, {})
