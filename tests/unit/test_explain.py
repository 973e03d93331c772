"""Kind, expected range and contributing points of windows made by the real detector."""

import numpy as np
import pytest
from streams import MINUTE, START, batch, make_detector, rows

from spear_stream.core.alerts import AlertPolicy
from spear_stream.core.detector import DetectorSettings
from spear_stream.core.explain import CONTRIBUTORS, explain
from spear_stream.core.records import Float64Array
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec()
NOISE = np.random.default_rng(1).normal(size=300)


def window_of(values: Float64Array, spec: WindowSpec = SPEC) -> np.void:
    """The window that ends at the last value."""
    settings = DetectorSettings(spec, AlertPolicy(), max_future_ms=None)
    observed = make_detector(settings).observe(batch(rows({"a": values.tolist()})), START)
    window: np.void = observed.windows[-1]
    return window


def jump(size: float, points: int) -> Float64Array:
    return np.concatenate([NOISE, size + np.random.default_rng(2).normal(size=points)])


CASES = {
    "spike": jump(30, 1),
    "shift": jump(30, 12),
    "trend": np.concatenate([NOISE, np.arange(32) * 0.2 + NOISE[:32] / 4]),
    "trend that is over": np.concatenate([NOISE, np.arange(20) * 0.5, NOISE[:5]]),
    "spike that is over": np.concatenate([NOISE, [9.0, 8.0, 9.0], NOISE[:5]]),
    "volatility": np.concatenate([NOISE, np.resize([2.7, -2.7], 16)]),
    "pattern": np.sin(np.concatenate([np.arange(300), 12 + np.arange(306, 330)]) * 2 * np.pi / 24),
}


@pytest.mark.parametrize("kind", CASES)
def test_the_kind_is_the_simplest_story_that_fits(kind: str) -> None:
    assert explain(window_of(CASES[kind]), SPEC).kind == kind.partition(" ")[0]


def test_the_kind_of_an_anomaly_becomes_known_as_it_goes_on() -> None:
    kinds = [explain(window_of(jump(30, points)), SPEC).kind for points in (1, 4, 12)]
    assert kinds == ["spike", "shift", "shift"]


def test_a_level_that_moved_long_ago_is_still_a_shift() -> None:
    before, after = np.random.default_rng(4).normal(size=4000), np.random.default_rng(5).normal(size=45)
    window = window_of(np.concatenate([before, 12 + after]))
    assert explain(window, SPEC).kind == "shift"
    window["shift"] = 0.0
    assert explain(window, SPEC).kind != "shift", "by the newest points alone nothing has moved"


@pytest.mark.parametrize(("opened", "kind"), [(45, "shift"), (0, "pattern")])
def test_the_kind_of_an_open_alert_is_looked_for_back_to_its_opening(opened: int, kind: str) -> None:
    window = window_of(jump(6, 45))
    assert explain(window, SPEC, int(window["ts"]) - opened * MINUTE).kind == kind


def test_where_not_every_point_is_scored_an_anomaly_is_looked_for_further_back() -> None:
    window = window_of(np.concatenate([NOISE, [30.0] * 3, NOISE[:40] / 2]))
    assert explain(window, SPEC).kind != "spike"
    window["fresh"] = 4
    assert explain(window, SPEC).kind == "spike"


@pytest.mark.parametrize("points", range(5, 13))
def test_a_constant_that_goes_to_another_value_has_shifted(points: int) -> None:
    values = np.concatenate([np.full(200, 5.0), np.full(points, 6.0)])
    assert explain(window_of(values), SPEC).kind == "shift"


@pytest.mark.parametrize("points", range(8, 45))
def test_a_window_of_any_length_has_a_kind(points: int) -> None:
    spec = WindowSpec(min_points=8)
    with np.errstate(all="raise", under="ignore"):
        kind = explain(window_of(NOISE[:points], spec), spec).kind
    assert kind == "spike" if points < 12 else kind in CASES


def test_the_expected_range_holds_nearly_all_of_what_is_usual() -> None:
    why = explain(window_of(5 * NOISE + 1000), SPEC)
    inside = (why.expected.low < 5 * NOISE + 1000) & (why.expected.high > 5 * NOISE + 1000)
    assert inside.mean() > 0.97
    assert why.expected.high - why.expected.low < 60
    assert why.expected.mid == pytest.approx(1000, abs=3)


def test_the_point_that_stands_out_contributes_most() -> None:
    why = explain(window_of(np.concatenate([NOISE, [40.0], NOISE[:3]])), SPEC)
    assert len(why.points) == CONTRIBUTORS
    top = max(why.points, key=lambda point: point.weight)
    assert (top.ts, top.value) == (START + 300 * MINUTE, 40.0)
    assert top.weight > 0.4
    assert sum(point.weight for point in why.points) <= 1
    assert [point.ts for point in why.points] == sorted(point.ts for point in why.points)


@pytest.mark.parametrize("value", [0.0, 5e-324, 1.7e308, -1.7e308])
def test_a_constant_series_of_any_size_is_explained(value: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        why = explain(window_of(np.full(100, value)), SPEC)
    numbers = [why.expected.low, why.expected.high, *(point.weight for point in why.points)]
    assert np.isfinite(numbers).all()
