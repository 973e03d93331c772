"""What came before is known, what did not is new, and a second time is still half new."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.novelty import BITS, BLOCK, FORGET_EVERY, SIZES, VISITED, Novelty
from spear_stream.core.table import SeriesTable

ORIGIN, ELSEWHERE = [0.0, 0.0, 0.0], [9.0, -9.0, 4.0]
EVERYTHING_NEW = SIZES[0]


def fresh(series: int = 1) -> Novelty:
    table = SeriesTable(visited=VISITED)
    table.resize(series)
    return Novelty(table)


def fed(novelty: Novelty, points: list[list[float]], seen: int = 0) -> list[float]:
    """Novelty of points of one series that follow `seen` others."""
    one = np.array([0])
    return [
        float(novelty.update(one, np.array([point]), np.array([seen + i]))[0])
        for i, point in enumerate(points)
    ]


def test_the_first_point_is_new_and_the_usual_one_is_not() -> None:
    found = fed(fresh(), [ORIGIN] * (2 * BLOCK + 1))
    assert found[0] == EVERYTHING_NEW
    assert found[-1] == 0.0


def test_a_new_combination_of_usual_values_is_new() -> None:
    novelty = fresh()
    high, low = [4.0, 0.0, 4.0], [-4.0, 0.0, -4.0]
    fed(novelty, [high, low] * BLOCK)
    assert fed(novelty, [high], 2 * BLOCK) == [0.0]
    assert fed(novelty, [[4.0, 0.0, -4.0]], 2 * BLOCK)[0] >= 2.0


def test_what_comes_a_second_time_is_half_new_and_later_known() -> None:
    novelty = fresh()
    fed(novelty, [ORIGIN] * (2 * BLOCK))
    found = [fed(novelty, [ELSEWHERE], 2 * BLOCK + visit * (BLOCK + 1))[0] for visit in range(4)]
    assert found[0] == EVERYTHING_NEW
    assert found[1] >= EVERYTHING_NEW / 2
    assert found[3] == 0.0


def test_distances_beyond_the_last_cell_are_alike() -> None:
    novelty = fresh()
    fed(novelty, [[1e9, 1e9, 1e9]] * (2 * BLOCK))
    assert fed(novelty, [[1e12, 1e12, 1e12]], 2 * BLOCK) == [0.0]


def test_a_visit_is_forgotten_after_a_long_time() -> None:
    novelty = fresh()
    fed(novelty, [ELSEWHERE] * (2 * BLOCK))
    seen = np.array([0])
    for turn in range(1, BITS.max() + 1):
        seen = np.array([turn * FORGET_EVERY])
        novelty.update(np.array([0]), np.array([ORIGIN]), seen)
    assert fed(novelty, [ELSEWHERE], int(seen[0]) + 1)[0] >= EVERYTHING_NEW / 2


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_series_do_not_share_what_they_know(series: int, seed: int) -> None:
    """All together in whatever rows, or alone: the same novelty."""
    points = np.random.default_rng(seed).standard_t(2, (80, series, 3))
    order = np.random.default_rng(seed).permutation(series)
    together = fresh(series)
    for t, row in enumerate(points):
        found = together.update(order, row, np.full(series, t))
    assert found[0] == fed(fresh(), points[:, 0].tolist())[-1]
