"""How anomalous a series is by now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.level import FADE, Level


def test_half_is_what_the_newest_point_says_and_half_what_is_left_of_the_highest() -> None:
    level = Level().after(0.6)
    assert level.value == 0.6
    assert level.after(0.2).value == pytest.approx((0.2 + FADE * 0.6) / 2)
    assert level.after(0.8).value == 0.8
    assert Level().value == Level().after(0.0).value == 0.0


@given(st.lists(st.floats(0, 1), min_size=1))
def test_it_lies_between_the_newest_score_and_the_highest(scores: list[float]) -> None:
    level = Level()
    for score in scores:
        level = level.after(score)
    assert scores[-1] <= level.value <= max(scores)


def test_the_highest_is_half_forgotten_after_89_points() -> None:
    level = Level().after(1.0)
    for _ in range(89):
        level = level.after(0.0)
    assert level.value == pytest.approx(0.25, abs=0.002)
