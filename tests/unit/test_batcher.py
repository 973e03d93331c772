"""Which windows come next, and which of them are not worth scoring any more."""

import numpy as np
import pytest

from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=64, patch=8, min_points=8)
PROMPT = 12
COST = PROMPT + SPEC.patches
SKIPS = BatchLimits(max_windows=4, max_pending=20, skip_after=2.0)


def windows(count: int, points: int = 64, owner: int = 0) -> StructArray:
    made = np.zeros(count, SPEC.dtype)
    made["points"], made["owner"] = points, owner
    return made


def of_series(*slots: int, owner: int = 0) -> StructArray:
    made = windows(len(slots), owner=owner)
    made["slot"] = slots
    return made


def due(batcher: Batcher, now: float) -> list[int]:
    """Sizes of the batches that are due."""
    sizes = []
    while batcher.is_due(now):
        sizes.append(len(batcher.take(now).windows))
    return sizes


def everything(batcher: Batcher, now: float = 0.0) -> list[StructArray]:
    taken = []
    while batcher.pending:
        taken.append(batcher.take(now).windows)
    return taken


def test_a_full_batch_is_due_at_once_and_the_rest_waits() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=4, max_delay=1.0))
    batcher.add(windows(3), 0.0)
    assert due(batcher, 0.0) == []
    batcher.add(windows(6), 0.5)
    assert due(batcher, 0.5) == [4, 4]
    assert batcher.pending == 1


def test_the_oldest_window_decides_when_a_part_of_a_batch_is_due() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=10, max_delay=1.0))
    assert batcher.patience(0.0) == np.inf
    batcher.add(windows(1), 2.0)
    batcher.add(windows(1), 2.9)
    assert batcher.patience(2.5) == 0.5
    assert due(batcher, 2.99) == []
    assert due(batcher, 3.0) == [2]
    assert batcher.patience(9.0) == np.inf


@pytest.mark.parametrize("points", [8, 64], ids=["a short window is padded", "full"])
def test_the_budget_of_positions_bounds_a_batch(points: int) -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=100, max_tokens=3 * COST + 1, prompt_positions=PROMPT))
    batcher.add(windows(7, points), 0.0)
    assert [len(batch) for batch in everything(batcher)] == [3, 3, 1]


def test_a_window_over_the_budget_goes_alone() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_tokens=1))
    batcher.add(windows(2), 0.0)
    assert [len(batch) for batch in everything(batcher)] == [1, 1]


def test_it_is_laden_with_a_batch_that_must_be_scored_and_with_more_when_windows_are_skipped() -> None:
    for limits, most in ((BatchLimits(max_windows=4), 4), (SKIPS, 20)):
        batcher = Batcher(SPEC, limits)
        batcher.add(windows(most - 1), 0.0)
        assert not batcher.laden
        batcher.add(windows(1), 0.0)
        assert batcher.laden


@pytest.mark.parametrize("waiting", [[(0, 3), (1, 2)], [(1, 2), (0, 3), (1, 4)]])
def test_windows_of_a_lost_partition_are_forgotten(waiting: list[tuple[int, int]]) -> None:
    batcher = Batcher(SPEC, BatchLimits())
    for owner, count in waiting:
        batcher.add(windows(count, owner=owner), 0.0)
    assert batcher.waits_for(1)
    batcher.drop(1)
    assert not batcher.waits_for(1)
    assert batcher.pending == 3
    assert [batch["owner"].tolist() for batch in everything(batcher)] == [[0, 0, 0]]
    batcher.drop(0)
    assert batcher.pending == 0


def test_a_window_that_waited_too_long_is_skipped_when_a_newer_one_of_its_series_waits() -> None:
    batcher = Batcher(SPEC, SKIPS)
    batcher.add(of_series(0, 1, 0), 0.0)
    batcher.add(of_series(0, 2, 2), 3.0)
    found, skipped = batcher.take(3.0)
    assert found["slot"].tolist() == [0, 1, 0, 0, 2, 2]
    assert skipped.tolist() == [True, False, True, False, False, False]


def test_the_same_row_of_another_partition_is_another_series() -> None:
    batcher = Batcher(SPEC, SKIPS)
    batcher.add(of_series(0, owner=1), 0.0)
    batcher.add(of_series(0, owner=2), 3.0)
    assert batcher.take(3.0).skipped.tolist() == [False, False]


def test_windows_that_are_skipped_take_no_place_in_the_batch() -> None:
    batcher = Batcher(SPEC, SKIPS)
    batcher.add(of_series(*[0] * 50, 1, 2, 3, 4, 5), 0.0)
    found, skipped = batcher.take(3.0)
    assert found["slot"][~skipped].tolist() == [0, 1, 2, 3]
    assert batcher.pending == 2


@pytest.mark.parametrize("limits", [BatchLimits(max_windows=4), SKIPS], ids=["delay", "not yet too long"])
def test_no_window_is_skipped_otherwise(limits: BatchLimits) -> None:
    batcher = Batcher(SPEC, limits)
    batcher.add(of_series(0, 0, 0), 0.0)
    assert not batcher.take(2.0).skipped.any()
