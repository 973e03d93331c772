"""How ordinary a point is among the bursts of its series, and what the detector makes of it."""

from dataclasses import replace

import numpy as np
import pytest
from streams import METRICS, SETTINGS, SPEC, START, batch, make_detector, rows

from spear_stream.core import bursts
from spear_stream.core.bursts import HEIGHTS, OVER, RARE, Bursts
from spear_stream.core.judge import Judge
from spear_stream.core.records import Float64Array, StructArray
from spear_stream.core.windows import WindowStore

APART = OVER + 1


def windows_of(value: float, fresh: int = 1, ago: int = 0) -> StructArray:
    """One of a series whose centre is zero, as all its new points are but one, `ago` before the newest."""
    found = np.zeros(1, SPEC.dtype)
    found["fresh"] = fresh
    found["tail_value"][0, SPEC.recent - 1 - ago] = value
    return found


class Series:
    """Bursts of a series, one behind the other."""

    def __init__(self) -> None:
        self.bursts = Bursts()
        self.bursts.table.resize(1)

    @property
    def lowest(self) -> float:
        """Of the heights above the centre that are remembered."""
        return float(self.bursts.table["heights"][0, :HEIGHTS].min())

    @property
    def running(self) -> list[float]:
        found: list[float] = self.bursts.table["running"][0].tolist()
        return found

    def ordinary(self, value: float, fresh: int = APART) -> float:
        """Of a burst so high, behind `fresh` points."""
        found = windows_of(value, fresh)
        self.bursts.stamp(found)
        return float(found["ordinary"][0])


def pareto(alpha: float, count: int, seed: int = 0) -> Float64Array:
    return 1.0 + np.random.default_rng(seed).pareto(alpha, count)


def known(heights: Float64Array) -> Series:
    series = Series()
    for height in heights.tolist():
        series.ordinary(height)
    return series


def test_until_enough_bursts_are_known_none_is_ordinary() -> None:
    series = Series()
    assert [series.ordinary(float(height)) for height in pareto(1.0, HEIGHTS)] == [0.0] * HEIGHTS


def test_a_record_of_a_heavy_tail_is_ordinary_and_one_of_a_light_tail_is_not() -> None:
    heavy, light = known(pareto(1.0, 200)), known(pareto(30.0, 200))
    for series, share in ((heavy, True), (light, False)):
        assert (series.ordinary(3 * series.lowest) > 0.3) == share


def test_it_is_the_chance_by_hills_estimator() -> None:
    """Of eight heights, seven of them twice the lowest: the chance of `x` times that is x ** (-1 / ln 2)."""
    heights = np.array([2.0] * (HEIGHTS - 1) + [1.0, 0.1])
    for times, chance in ((2.0, np.exp(-1)), (4.0, np.exp(-2))):
        series = known(heights)
        expected = 1 + np.log(chance) / np.log(RARE)
        assert series.ordinary(times * series.lowest) == pytest.approx(expected, abs=1e-2)
    assert known(heights).ordinary(100.0) == 0.0


def test_lower_than_all_of_them_is_no_matter_of_height() -> None:
    series = known(pareto(1.0, 200))
    assert series.ordinary(0.9 * series.lowest) == 0.0


def test_both_sides_have_bursts_of_their_own() -> None:
    series = known(pareto(1.0, 200))
    assert series.ordinary(-3 * series.lowest) == 0.0
    assert series.ordinary(3 * series.lowest) > 0.3


def test_a_burst_that_goes_on_is_one() -> None:
    """Its own points are not those that make it ordinary."""
    series = Series()
    for height in np.linspace(10.0, 20.0, 50).tolist():
        assert series.ordinary(height, fresh=1) == 0.0
    assert series.bursts.table["heights"].max() == 0.0
    assert series.ordinary(1.0) == 0.0
    assert sorted(series.bursts.table["heights"][0, :HEIGHTS])[-2:] == [0.0, 20.0]


def test_a_plateau_is_one_burst() -> None:
    series = Series()
    for noise in np.random.default_rng(0).normal(size=200).tolist():
        assert series.ordinary(20.0 + noise, fresh=1) == 0.0
    assert series.bursts.table["heights"].max() == 0.0


def test_points_are_counted_from_the_farthest_of_a_window() -> None:
    for apart, known in ((OVER, 0.0), (OVER + 1, 5.0)):
        series = Series()
        series.bursts.stamp(windows_of(5.0, fresh=9, ago=3))
        series.bursts.stamp(windows_of(6.0, fresh=apart, ago=3))
        assert series.bursts.table["heights"].max() == known
        assert series.running == [6.0, 0.0]


@pytest.mark.parametrize("fresh", [1, SPEC.recent, 4 * SPEC.recent])
def test_every_new_point_that_a_window_has_the_value_of_is_looked_at(fresh: int) -> None:
    series = Series()
    series.bursts.stamp(windows_of(7.0, fresh, ago=min(fresh, SPEC.recent) - 1))
    assert series.running == [7.0, 0.0]


def test_points_that_an_earlier_window_was_stamped_for_are_not_looked_at_again() -> None:
    series = Series()
    series.bursts.stamp(windows_of(7.0, fresh=2, ago=2))
    assert series.running == [0.0, 0.0]


def test_heights_without_bound_and_constant_series_give_numbers() -> None:
    for values in ([0.0] * 40, [1e308, -1e308, 1e-300] * 40, [1e80 * 2**n for n in range(40)]):
        series = Series()
        found = [series.ordinary(value) for value in values]
        assert np.isfinite(found).all()
        assert min(found) >= 0.0
        assert max(found) <= 1.0


def test_great_bursts_of_long_ago_fade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bursts, "FADE", 0.9)
    series = known(np.concatenate([1000.0 * pareto(1.0, 20), pareto(1.0, 200)]))
    assert series.bursts.table["heights"].max() < 100.0


def test_what_is_ordinary_scores_less() -> None:
    found = np.zeros(3, SPEC.dtype)
    found["slot"], found["fresh"] = np.arange(3), 1
    found["ordinary"] = 0.0, 0.4, 1.0
    judging = Judge(SPEC, block=0, hop=1)
    for table in judging.tables.values():
        table.resize(3)
    logits, marks = np.full(3, 4.0, np.float32), np.zeros(3, np.uint32)
    score = judging.update(found, logits, np.full(3, 0.5, np.float32), marks)
    assert score[0] > 0.1
    assert score.tolist() == pytest.approx([score[0], 0.6 * score[0], 0.0], abs=1e-6)


def test_the_detector_says_it_of_the_windows_of_points_and_forgets_it_with_the_series() -> None:
    values = np.random.default_rng(2).normal(size=40 * APART)
    values[APART::APART] += 100.0 * pareto(1.0, 39)
    values[-5] = 2.0 * np.sort(values)[-HEIGHTS]
    detector = make_detector(replace(SETTINGS, max_series=1, idle_ms=1))
    windows = detector.observe(batch(rows({"a": values.tolist()})), START).windows
    fine = windows[~windows["coarse"]]
    assert fine["ordinary"][-5] > 0.2
    assert not fine["ordinary"][: HEIGHTS * (OVER + 1) - SPEC.min_points].any(), "too few can be over"
    assert not windows["ordinary"][windows["coarse"]].any()
    logits = np.full(len(windows), -4.0, np.float32)
    detector.judge(windows, logits)
    detector.observe(batch([("b", START, 1.0)], len(values), METRICS), START + 2)
    assert detector.roster.state().names == ["b"]
    assert not detector.tables["bursts"]["heights"][0].any()


def test_a_scaling_without_a_robust_centre_has_no_bursts() -> None:
    assert "bursts" not in make_detector(replace(SETTINGS, spec=replace(SPEC, scaling="unit"))).tables


def test_the_window_store_knows_nothing_of_it() -> None:
    store = WindowStore(SPEC)
    store.table.resize(1)
    assert store.capture(np.zeros(1, np.intp))["ordinary"] == 0.0
