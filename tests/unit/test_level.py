"""How anomalous a series is by now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.level import FADE, NEWEST, Level

ROUNDING = 1e-12


def test_most_is_what_the_newest_point_says_and_the_rest_what_is_left_of_the_highest() -> None:
    level = Level().after(0.6)
    assert level.value == pytest.approx(0.6)
    assert level.after(0.2).value == pytest.approx(NEWEST * 0.2 + (1 - NEWEST) * FADE * 0.6)
    assert level.after(0.8).value == pytest.approx(0.8)
    assert Level().value == Level().after(0.0).value == 0.0


@given(st.lists(st.floats(0, 1), min_size=1))
def test_it_lies_between_the_newest_score_and_the_highest(scores: list[float]) -> None:
    level = Level()
    for score in scores:
        level = level.after(score)
    assert scores[-1] - ROUNDING <= level.value <= max(scores) + ROUNDING


def test_the_highest_is_half_forgotten_after_89_points() -> None:
    level = Level().after(1.0)
    for _ in range(89):
        level = level.after(0.0)
    assert level.value == pytest.approx((1 - NEWEST) / 2, abs=0.002)


def test_a_spike_that_comes_again_stands_out_of_what_is_left_of_the_first() -> None:
    """Though it counts a quarter of it, being less new."""
    level, shown = Level(), list[float]()
    for score in [0.9] + [0.01] * 30 + [0.22]:
        level = level.after(score)
        shown.append(level.value)
    assert shown[-1] > 1.2 * max(shown[2:-1])
