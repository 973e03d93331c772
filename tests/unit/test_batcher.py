from collections.abc import Iterable

import numpy as np
import pytest

from spear_stream.core.batcher import PROMPT_POSITIONS, Batcher, BatchLimits
from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=64, patch=8, min_points=8)


def windows(count: int, points: int = 64, owner: int = 0) -> StructArray:
    made = np.zeros(count, SPEC.dtype)
    made["points"], made["owner"] = points, owner
    return made


def sizes(batches: Iterable[StructArray]) -> list[int]:
    return [len(batch) for batch in batches]


def test_a_full_batch_is_due_at_once_and_the_rest_waits() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=4, max_delay=1.0))
    batcher.add(windows(3), 0.0)
    assert sizes(batcher.due(0.0)) == []
    batcher.add(windows(6), 0.5)
    assert sizes(batcher.due(0.5)) == [4, 4]
    assert batcher.pending == 1


def test_the_oldest_window_decides_when_a_part_of_a_batch_is_due() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=10, max_delay=1.0))
    assert batcher.patience(0.0) == np.inf
    batcher.add(windows(1), 2.0)
    batcher.add(windows(1), 2.9)
    assert batcher.patience(2.5) == 0.5
    assert sizes(batcher.due(2.99)) == []
    assert sizes(batcher.due(3.0)) == [2]
    assert batcher.patience(9.0) == np.inf


def test_the_budget_of_positions_bounds_a_batch() -> None:
    cost = PROMPT_POSITIONS + SPEC.patches
    batcher = Batcher(SPEC, BatchLimits(max_windows=100, max_tokens=3 * cost + 1))
    batcher.add(windows(7), 0.0)
    assert sizes(batcher.drain()) == [3, 3, 1]


def test_a_short_window_costs_as_much_as_the_full_one_it_is_padded_to() -> None:
    cost = PROMPT_POSITIONS + SPEC.patches
    batcher = Batcher(SPEC, BatchLimits(max_windows=100, max_tokens=5 * cost))
    batcher.add(windows(6, points=8), 0.0)
    assert sizes(batcher.drain()) == [5, 1]


def test_a_window_over_the_budget_goes_alone() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_tokens=1))
    batcher.add(windows(2), 0.0)
    assert sizes(batcher.drain()) == [1, 1]


def test_overload_makes_all_due_at_once() -> None:
    batcher = Batcher(SPEC, BatchLimits(max_windows=100, max_pending=5, max_delay=60.0))
    batcher.add(windows(4), 0.0)
    assert not batcher.overloaded
    assert sizes(batcher.due(0.0)) == []
    batcher.add(windows(4), 0.0)
    assert batcher.overloaded
    assert sizes(batcher.due(0.0)) == [8]
    assert not batcher.overloaded


@pytest.mark.parametrize("waiting", [[(0, 3), (1, 2)], [(1, 2), (0, 3), (1, 4)]])
def test_windows_of_a_lost_partition_are_forgotten(waiting: list[tuple[int, int]]) -> None:
    batcher = Batcher(SPEC, BatchLimits())
    for owner, count in waiting:
        batcher.add(windows(count, owner=owner), 0.0)
    batcher.drop(1)
    assert batcher.pending == 3
    assert [batch["owner"].tolist() for batch in batcher.drain()] == [[0, 0, 0]]
    batcher.drop(0)
    assert batcher.pending == 0
