"""Series watched by means of points: what a block is, when its window is due, what it does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streams import MINUTE, SETTINGS, SPEC, START, batch, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.coarse import BLOCK, EARLIER, blocks_shown
from spear_stream.core.detector import Detector
from spear_stream.core.migrations import m005_coarse
from spear_stream.core.quantizer import LEVEL, Quantizer
from spear_stream.core.records import Float64Array, Int64Array, SampleBatch, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.testing import StepScorer

KEPT = blocks_shown(SPEC, BLOCK)
"""Blocks that a coarse window shows."""
NOTHING, SURE = -6.0, 8.0


def windows_of(values: list[float], **settings: Any) -> tuple[Detector, StructArray]:
    detector = make_detector(replace(SETTINGS, **settings))
    return detector, detector.observe(batch(rows({"a": values})), 0).windows


def raises(values: list[float], told: int, *, alone: bool = False) -> tuple[Int64Array, Float64Array]:
    """Offsets and by how much a sure coarse window that ends at `told` raises their scores. alone: no later
    coarse window is scored.
    """
    _, windows = windows_of(values)
    fine = ~windows["coarse"]
    logits = np.full(len(windows), NOTHING, np.float32)
    without = windows_of(values)[0].judge(windows, logits)[0].score[fine]
    logits[~fine & (windows["offset"] == told)] = SURE
    if alone:
        logits[~fine & (windows["offset"] > told)] = np.nan
    return windows["offset"][fine], windows_of(values)[0].judge(windows, logits)[0].score[fine] - without


def codes_of(values: Float64Array) -> np.ndarray:
    """(n, channels) of one series on its own."""
    quantizer, slot = Quantizer(SPEC), np.array([0])
    quantizer.table.resize(1)
    ts = START + MINUTE * (BLOCK * np.arange(1, len(values) + 1) - 1)
    return np.concatenate([quantizer.update(slot, t[None], x[None]) for t, x in zip(ts, values, strict=True)])


def test_a_coarse_window_holds_the_codes_of_the_means_of_blocks() -> None:
    values = quiet(BLOCK * 20 + 3)
    _, windows = windows_of(values)
    (*_, last) = windows[windows["coarse"]]
    means = np.array(values[: BLOCK * 20]).reshape(-1, BLOCK).mean(axis=1)
    np.testing.assert_array_equal(last["codes"][-KEPT:], codes_of(means)[-KEPT:])
    assert (last["codes"][:-KEPT] == 0).all()
    assert (last["points"], last["offset"]) == (KEPT, BLOCK * 20 - 1)


@pytest.mark.parametrize(("hop", "blocks"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (32, 16)])
def test_a_coarse_window_is_due_with_a_full_block_and_never_more_often_than_half_of_the_others(
    hop: int, blocks: int
) -> None:
    points = BLOCK * blocks * 40
    _, windows = windows_of(quiet(points), hop=hop)
    coarse = windows[windows["coarse"]]
    first = -(-max(SPEC.min_points, blocks) // blocks) * blocks
    assert coarse["offset"].tolist() == list(range(BLOCK * first - 1, points, BLOCK * blocks))
    assert (coarse["fresh"] == np.minimum(blocks, coarse["points"])).all()
    assert len(coarse) <= (len(windows) - len(coarse)) / 2


@pytest.mark.parametrize(("hop", "blocks"), [(1, 1), (4, 1), (5, 2), (9, 3)])
def test_means_of_before_were_due_half_as_often(hop: int, blocks: int) -> None:
    coarse = windows_of(quiet(EARLIER * 60), hop=hop, block=EARLIER)[1]
    assert set(np.diff(coarse["offset"][coarse["coarse"]]).tolist()) == {EARLIER * blocks}


def test_a_window_of_means_comes_before_the_window_of_its_newest_point() -> None:
    _, windows = windows_of(quiet(BLOCK * 30))
    coarse = np.flatnonzero(windows["coarse"])
    assert len(coarse) > 10
    for at in coarse:
        assert windows["offset"][at + 1] == windows["offset"][at]
        assert not windows["coarse"][at + 1]


def test_what_a_coarse_window_shows_holds_until_the_next_one() -> None:
    values = quiet(BLOCK * 60)
    values[BLOCK * 50 : BLOCK * 51] = [value + 40.0 for value in values[BLOCK * 50 : BLOCK * 51]]
    newest = BLOCK * 51 - 1
    offset, raised = raises(values, newest)
    holds = (offset >= newest) & (offset < newest + BLOCK)
    assert raised[holds].min() > 0.3
    assert np.abs(raised[~holds]).max() < 0.01


def test_coarse_windows_have_no_score_and_no_alert_of_their_own() -> None:
    detector, windows = windows_of(quiet(BLOCK * 40))
    logits = np.where(windows["coarse"], SURE, NOTHING).astype(np.float32)
    scored, events = detector.judge(windows, logits)
    assert (np.isnan(scored.score) == windows["coarse"]).all()
    assert {event.position.offset for event in events} <= set(windows["offset"][~windows["coarse"]].tolist())


def test_without_them_there_are_none() -> None:
    assert not windows_of(quiet(BLOCK * 40), block=0)[1]["coarse"].any()
    unit = replace(SPEC, scaling="unit")
    assert not windows_of(quiet(BLOCK * 40), spec=unit)[1]["coarse"].any()


EARLY, MOVED_AT = BLOCK * 30, BLOCK * 100
RISING = quiet(MOVED_AT) + [value + 6.0 for value in quiet(BLOCK * 20, seed=1)]


def spiked(at: int, points: int = BLOCK * 120) -> list[float]:
    return quiet(points, {at: 40.0})


@pytest.mark.parametrize("hop", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("gap", [0, EARLY - 3])
def test_a_spike_that_its_point_has_told_is_not_told_again_by_the_mean(hop: int, gap: int) -> None:
    for at in range(EARLY + 5 * BLOCK, EARLY + 7 * BLOCK, 3):
        detector, windows = with_gap(spiked(at, EARLY + 14 * BLOCK), gap, hop)
        since = windows["offset"] - at
        told = np.flatnonzero(~windows["coarse"] & (since >= 0))[0]
        mean = np.flatnonzero(windows["coarse"] & (since >= 0))[0]
        logits = np.full(len(windows), NOTHING, np.float32)
        logits[[told, mean]] = SURE
        score = detector.judge(windows, logits)[0].score
        later = ~windows["coarse"] & (np.arange(len(windows)) > max(told, mean))
        assert score[told] > 0.5 > score[later].max(), at


def with_gap(values: list[float], gap: int, hop: int = 1) -> tuple[Detector, StructArray]:
    """With a long gap before point `gap`; 0 for none."""
    times = START + MINUTE * (np.arange(len(values)) + 1000 * (np.arange(len(values)) >= gap))
    detector = make_detector(replace(SETTINGS, hop=hop))
    return detector, detector.observe(timed(values, times), 0).windows


def timed(values: list[float], times: Int64Array) -> SampleBatch:
    return batch(("a", int(at), value) for at, value in zip(times, values, strict=True))


def test_it_holds_no_longer_when_the_next_one_is_not_scored() -> None:
    told = MOVED_AT + BLOCK - 1
    for alone in (False, True):
        offset, raised = raises(RISING, told, alone=alone)
        assert offset[raised > 0.1].tolist() == list(range(told, told + BLOCK))


def test_it_ends_with_a_long_gap_and_so_does_a_block() -> None:
    told = MOVED_AT + BLOCK - 1
    detector, broken = with_gap(RISING, told + 2)
    logits = np.where(broken["coarse"] & (broken["offset"] == told), SURE, NOTHING).astype(np.float32)
    score = detector.judge(broken, logits)[0].score[~broken["coarse"]]
    held = dict(zip(broken["offset"][~broken["coarse"]].tolist(), score.tolist(), strict=True))
    assert min(held[at] for at in range(told, told + 2)) > 0.3 > held[told + 2]
    later = broken[broken["coarse"] & (broken["offset"] > told)]
    assert later["offset"][:3].tolist() == [told + 1 + BLOCK * block for block in (1, 2, 3)]
    means = np.array(RISING[: told + 1] + RISING[told + 2 : told + 2 + BLOCK]).reshape(-1, BLOCK).mean(axis=1)
    assert later["codes"][0, -1, LEVEL] == codes_of(means)[-1, LEVEL]


@pytest.mark.parametrize("burst", [3, 5, 7, 12])
def test_series_that_come_in_bursts_have_means_too(burst: int) -> None:
    values = quiet(burst * 200)
    place = np.arange(len(values))
    samples = timed(values, START + 1000 * (place + 600 * (place // burst)))
    windows = make_detector().observe(samples, START).windows
    assert windows["coarse"].sum() > len(values) // BLOCK // 3


@pytest.mark.parametrize(("direction", "opens"), [("up", True), ("down", False), ("both", True)])
def test_the_side_of_the_mean_counts_for_the_points_that_it_raises(direction: str, opens: bool) -> None:
    values = quiet(MOVED_AT) + [value + 1.5 for value in quiet(BLOCK, seed=1)] + quiet(BLOCK * 4, seed=2)
    detector, windows = windows_of(values, policy=AlertPolicy(direction=direction))
    told = windows["coarse"] & (windows["offset"] == MOVED_AT + BLOCK - 1)
    events = detector.judge(windows, np.where(told, SURE, NOTHING).astype(np.float32))[1]
    assert ("opened" in [event.type for event in events]) == opens


def test_polls_and_restarts_change_nothing() -> None:
    samples = rows({"a": RISING, "b": spiked(MOVED_AT)})
    scores = []
    for size, restarts in ((len(samples), False), (1, False), (97, True)):
        detector, found = make_detector(SETTINGS), dict[int, float]()
        for first in range(0, len(samples), size):
            windows = detector.observe(batch(samples[first : first + size], first), START).windows
            score = detector.judge(windows, StepScorer(SPEC).score(windows))[0].score
            fine = ~windows["coarse"]
            found |= dict(zip(windows["offset"][fine].tolist(), score[fine].tolist(), strict=True))
            if restarts:
                state, detector = detector.state(), make_detector(SETTINGS)
                detector.restore(state)
        scores.append(found)
    assert scores[0] == scores[1] == scores[2]


def test_absurd_values_make_finite_means() -> None:
    with np.errstate(over="raise", invalid="raise"):
        detector, _ = windows_of([1.7e308 * (-1) ** (point // BLOCK) for point in range(BLOCK * 20)])
    columns = [column for table in detector.tables.values() for column in table.state().values()]
    assert all(np.isfinite(column).all() for column in columns)


def test_the_smallest_windows_have_coarse_ones() -> None:
    assert blocks_shown(WindowSpec(length=2, patch=1, min_points=2), BLOCK) == 2
    assert blocks_shown(WindowSpec(length=16, patch=16, min_points=8), BLOCK) == 16
    assert blocks_shown(WindowSpec(), BLOCK) == 128


@pytest.mark.parametrize(
    ("length", "patch"), [(2, 1), (7, 7), (16, 16), (24, 8), (40, 8), (120, 8), (128, 8)]
)
def test_means_of_before_are_shown_as_their_state_has_them(length: int, patch: int) -> None:
    header = {"settings": {"spec": {"length": length, "patch": patch}}}
    found = m005_coarse("snapshot", header, {"windows.points": np.zeros(1)})[1]
    shown = blocks_shown(WindowSpec(length=length, patch=patch, min_points=2), EARLIER)
    assert found["coarse.codes"].shape == (1, 5 * shown)
