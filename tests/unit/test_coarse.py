"""Series watched by means of points: what a block is, when its window is due, what it does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streams import SETTINGS, SPEC, batch, make_detector, quiet, rows

from spear_stream.core.coarse import BLOCK, Coarse
from spear_stream.core.detector import Detector
from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import Float64Array, StructArray

KEPT = SPEC.length // 2
"""Blocks that a coarse window shows."""
NOTHING, SURE = -6.0, 8.0


def windows_of(values: list[float], **settings: Any) -> tuple[Detector, StructArray]:
    detector = make_detector(replace(SETTINGS, **settings))
    return detector, detector.observe(batch(rows({"a": values})), 0).windows


def codes_of(values: Float64Array) -> np.ndarray:
    """(n, channels) of one series on its own."""
    quantizer, slot = Quantizer(SPEC), np.array([0])
    quantizer.table.resize(1)
    ts = 1_700_000_000_000 + 60_000 * (BLOCK * np.arange(1, len(values) + 1) - 1)
    return np.concatenate([quantizer.update(slot, t[None], x[None]) for t, x in zip(ts, values, strict=True)])


def test_a_coarse_window_holds_the_codes_of_the_means_of_blocks() -> None:
    values = quiet(BLOCK * 20 + 3)
    _, windows = windows_of(values)
    (*_, last) = windows[windows["coarse"]]
    means = np.array(values[: BLOCK * 20]).reshape(-1, BLOCK).mean(axis=1)
    np.testing.assert_array_equal(last["codes"][-KEPT:], codes_of(means)[-KEPT:])
    assert (last["codes"][:-KEPT] == 0).all()
    assert (last["points"], last["offset"]) == (KEPT, BLOCK * 20 - 1)


@pytest.mark.parametrize(("hop", "blocks"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (32, 8)])
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


def test_a_window_of_means_comes_before_the_window_of_its_newest_point() -> None:
    _, windows = windows_of(quiet(BLOCK * 30))
    for at in np.flatnonzero(windows["coarse"]):
        assert windows["offset"][at + 1] == windows["offset"][at]
        assert not windows["coarse"][at + 1]


def test_what_a_coarse_window_shows_holds_until_the_next_one() -> None:
    values = quiet(BLOCK * 60)
    values[BLOCK * 50 : BLOCK * 51] = [value + 40.0 for value in values[BLOCK * 50 : BLOCK * 51]]
    _, windows = windows_of(values)
    fine, newest = ~windows["coarse"], BLOCK * 51 - 1
    logits = np.full(len(windows), NOTHING, np.float32)
    without = windows_of(values)[0].judge(windows, logits)[0].score[fine]
    logits[windows["coarse"] & (windows["offset"] == newest)] = SURE
    raised = windows_of(values)[0].judge(windows, logits)[0].score[fine] - without
    offset = windows["offset"][fine]
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
    assert not windows_of(quiet(BLOCK * 40), coarse=False)[1]["coarse"].any()
    unit = replace(SPEC, scaling="unit")
    assert not windows_of(quiet(BLOCK * 40), spec=unit)[1]["coarse"].any()


def test_a_window_without_a_logit_leaves_what_was_shown() -> None:
    values = quiet(BLOCK * 60)
    _, windows = windows_of(values)
    nothing, missing = np.full(len(windows), NOTHING, np.float32), np.full(len(windows), NOTHING, np.float32)
    missing[windows["coarse"]] = np.nan
    one, other = (windows_of(values)[0].judge(windows, logits)[0].score for logits in (nothing, missing))
    np.testing.assert_allclose(one[~windows["coarse"]], other[~windows["coarse"]], atol=0.01)


def test_absurd_values_make_finite_means() -> None:
    coarse = Coarse(SPEC, 1)
    for table in coarse.tables.values():
        table.resize(1)
    for point in range(BLOCK * SPEC.min_points):
        coarse.append(np.array([0]), np.array([point]), np.array([1.7e308 * (-1) ** (point // BLOCK)]))
    columns = [column for table in coarse.tables.values() for column in table.state().values()]
    assert all(np.isfinite(column).all() for column in columns)
