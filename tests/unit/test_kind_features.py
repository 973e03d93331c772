"""Figures of the window of an alert: always the same, finite, and about the time since it opened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapes import NOISE, SPEC, jump, window_of

from spear_stream.core.alert_window import FEWEST_BEFORE, alert_window
from spear_stream.core.excursion import Excursion, excursion_of, steepness
from spear_stream.core.kind_features import GRID, NONE, kind_features
from spear_stream.core.kinds import FIGURES, kind_trees
from spear_stream.core.quantizer import KNOWN
from spear_stream.core.seasonality import season_of
from spear_stream.core.spec import WindowSpec

WAVE = np.sin(np.arange(300) * 2 * np.pi / 24)


@given(
    codes=arrays(np.uint8, (SPEC.length, 5), elements=st.integers(0, SPEC.codes - 1)),
    points=st.integers(1, SPEC.length),
    fresh=st.integers(0, SPEC.length),
    since=st.integers(-(10**6), 10**6),
    scaling=st.sampled_from(["robust", "unit"]),
)
def test_any_window_has_the_same_finite_figures(
    codes: np.ndarray, points: int, fresh: int, since: int, scaling: str
) -> None:
    spec = WindowSpec(scaling=scaling)  # type: ignore[arg-type]  # one of the two
    window = np.zeros(1, spec.dtype)[0]
    window["codes"], window["points"], window["fresh"] = codes, points, fresh
    with np.errstate(all="raise", under="ignore"):
        figures = kind_features(window, spec, since)
    assert tuple(figures) == FIGURES
    values = np.array(list(figures.values()))
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values * GRID, np.round(values * GRID), atol=1e-6)


def test_what_was_before_the_alert_is_told_from_what_came_since() -> None:
    figures = kind_features(window_of(jump(30, 12)), SPEC, 11)
    assert figures["points_since"] == 11
    assert figures["median"] > 3 > figures["reach_before"]
    assert figures["foot"] < 1
    assert (figures["excursion_length"], figures["excursion_ends_ago"]) == (12, 0)


@pytest.mark.parametrize("hop", [1, 8, 64, 128, 500])
@pytest.mark.parametrize("since", [-5, 0, 40, 10_000])
def test_something_is_left_of_the_time_before(hop: int, since: int) -> None:
    window = window_of(NOISE)
    window["fresh"] = hop
    split = alert_window(window, SPEC, since)
    assert len(split.level[split.before]) >= FEWEST_BEFORE
    assert split.before.stop < split.start < SPEC.length - 1


def test_the_first_points_of_which_nothing_is_known_do_not_count() -> None:
    split = alert_window(window_of(NOISE[:40]), SPEC, 0)
    assert len(split.level) == 40 - KNOWN


SHAPES = {
    "spike": (jump(30, 1), 0),
    "shift": (jump(30, 12), 11),
    "trend": (np.concatenate([NOISE, np.arange(32) * 0.4 + NOISE[:32] / 4]), 24),
    "volatility": (np.concatenate([NOISE, np.resize([4.0, -4.0], 24)]), 20),
}


@pytest.mark.parametrize("scaling", ["robust", "window"])
@pytest.mark.parametrize("kind", SHAPES)
def test_plain_cases_are_told_whatever_the_scaling(kind: str, scaling: str) -> None:
    values, since = SHAPES[kind]
    spec = WindowSpec(scaling=scaling, recent=128)  # type: ignore[arg-type]  # one of the two
    assert kind_trees().kind_of(kind_features(window_of(values, spec), spec, since)) == kind


@pytest.mark.parametrize("hop", [2, 4, 8, 16])
@pytest.mark.parametrize("kind", SHAPES)
def test_plain_cases_are_told_at_every_hop(kind: str, hop: int) -> None:
    values, since = SHAPES[kind]
    window = window_of(values)
    window["fresh"] = hop
    assert kind_trees().kind_of(kind_features(window, SPEC, since)) == kind


def test_the_season_says_how_late_a_round_is() -> None:
    late = np.concatenate([WAVE, np.sin((np.arange(300, 330) - 6) * 2 * np.pi / 24)])
    figures = kind_features(window_of(late), SPEC, 29)
    assert figures["season_lag"] == 24
    assert figures["season_delay"] == pytest.approx(6 / 24, abs=1 / 24)
    assert figures["season_gain"] < -1
    assert kind_features(window_of(NOISE), SPEC, 29)["season_lag"] == NONE


def test_a_season_is_the_shortest_lag_that_repeats() -> None:
    found = season_of(WAVE[:96])
    assert found is not None
    assert (found.lag, found.difference) == (24, pytest.approx(0, abs=1e-9))
    assert season_of(NOISE[:96]) is None
    assert season_of(np.arange(96.0)) is None, "what only grows never comes back"
    assert season_of(np.full(96, 3.0)) is None
    assert season_of(WAVE[:20]) is None


def test_an_excursion_is_the_longest_stretch_on_one_side() -> None:
    level = np.zeros(30)
    level[10:18], level[25] = 5.0, -4.0
    found = excursion_of(level, 1.0)
    assert found is not None
    assert (found.start, found.end) == (10, 18)
    assert 0.8 < found.share < 1.0
    assert excursion_of(np.full(30, 0.9), 1.0) is None


@pytest.mark.parametrize(("level", "least"), [(np.repeat([0.0, 6.0], 15), 1.0), (np.arange(30.0), 0.0)])
def test_a_step_is_steeper_than_a_slope(level: np.ndarray, least: float) -> None:
    found = excursion_of(level, 1.0)
    assert found is not None
    assert least <= steepness(level, found) <= least + 0.15


def test_a_single_point_is_as_steep_as_can_be() -> None:
    assert steepness(np.array([0.0, 9.0, 0.0]), Excursion(1, 2, 1.0)) == 1.0
    assert steepness(np.array([9.0]), Excursion(0, 1, 1.0)) == 0.0
