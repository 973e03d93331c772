"""Kind, expected range and contributing points of windows made by the real detector."""

import numpy as np
import pytest
from shapes import NOISE, SPEC, jump, window_of
from streams import MINUTE, START

from spear_stream.core.explain import CONTRIBUTORS, Explanation, explain
from spear_stream.core.kinds import KINDS, kind_trees
from spear_stream.core.records import Float64Array
from spear_stream.core.spec import WindowSpec

CASES = {
    "spike": (jump(30, 1), 0),
    "spike that is over": (np.concatenate([NOISE, [9.0, 8.0, 9.0], NOISE[:5]]), 7),
    "shift": (jump(30, 12), 11),
    "shift that is old": (jump(6, 45), 44),
    "trend": (np.concatenate([NOISE, np.arange(32) * 0.4 + NOISE[:32] / 4]), 24),
    "volatility": (np.concatenate([NOISE, np.resize([2.7, -2.7], 16)]), 12),
    "volatility that is less": (np.concatenate([NOISE, NOISE[:30] / 50]), 16),
    "pattern": (np.sin(np.concatenate([np.arange(300), 12 + np.arange(306, 330)]) * 2 * np.pi / 24), 20),
}


def explained(values: Float64Array, since: int = 0, spec: WindowSpec = SPEC) -> Explanation:
    """Of an alert at the last value that opened so many points before it."""
    window = window_of(values, spec)
    return explain(window, spec, kind_trees(), int(window["ts"]) - since * MINUTE)


@pytest.mark.parametrize("kind", CASES)
def test_plain_cases_are_called_what_they_are(kind: str) -> None:
    assert explained(*CASES[kind]).kind == kind.partition(" ")[0]


def test_a_level_that_moved_long_ago_is_still_a_shift_and_a_dip_in_it_a_spike() -> None:
    before, after = np.random.default_rng(4).normal(size=4000), np.random.default_rng(5).normal(size=100)
    moved = np.concatenate([before, 12 + after])
    assert explained(moved, 99).kind == "shift"
    assert explained(np.concatenate([moved, [-40.0]])).kind == "spike"


@pytest.mark.parametrize("points", range(8, 45))
@pytest.mark.parametrize("since", [0, 3, 1000])
def test_a_window_of_any_length_has_a_kind(points: int, since: int) -> None:
    with np.errstate(all="raise", under="ignore"):
        assert explained(NOISE[:points], since, WindowSpec(min_points=8)).kind in KINDS


def test_the_expected_range_holds_nearly_all_of_what_is_usual() -> None:
    why = explained(5 * NOISE + 1000)
    inside = (why.expected.low < 5 * NOISE + 1000) & (why.expected.high > 5 * NOISE + 1000)
    assert inside.mean() > 0.97
    assert why.expected.high - why.expected.low < 60
    assert why.expected.mid == pytest.approx(1000, abs=3)


def test_the_point_that_stands_out_contributes_most() -> None:
    why = explained(np.concatenate([NOISE, [40.0], NOISE[:3]]))
    assert len(why.points) == CONTRIBUTORS
    top = max(why.points, key=lambda point: point.weight)
    assert (top.ts, top.value) == (START + 300 * MINUTE, 40.0)
    assert top.weight > 0.4
    assert sum(point.weight for point in why.points) <= 1
    assert [point.ts for point in why.points] == sorted(point.ts for point in why.points)


@pytest.mark.parametrize("value", [0.0, 7.0, -0.1, 1234.5678, 4294967295.0, 1e-20])
def test_behind_a_burst_a_constant_is_expected_as_it_is_written(value: float) -> None:
    why = explained(np.concatenate([np.full(100, value), np.full(3, value + 1), np.full(40, value)]))
    assert (why.expected.low, why.expected.mid, why.expected.high) == (value, value, value)


@pytest.mark.parametrize("value", [0.0, 5e-324, 1.7e308, -1.7e308])
def test_a_constant_series_of_any_size_is_explained(value: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        why = explained(np.full(100, value))
    numbers = [why.expected.low, why.expected.high, *(point.weight for point in why.points)]
    assert np.isfinite(numbers).all()
