"""Anomalies are injected where they can be seen."""

from dataclasses import replace

import numpy as np
import pytest

from spear_stream.core.spec import WindowSpec
from trainer.batches import YOUNG_POINTS, BatchPlan, make_batch
from trainer.injection import TYPES, inject, inject_into
from trainer.normal import MAKERS
from trainer.placement import (
    CLEAR,
    HABIT,
    LONGEST_SEASON,
    Place,
    dominant_period,
    foretold,
    in_gap,
    in_motion,
    in_season,
)
from trainer.prediction import HISTORY, prediction_errors

PERIOD = 40
PLACE = Place(start=400, end=410, local=0.1, reach=1.0, sign=1.0)
SEASONAL = tuple(name for name, type_ in TYPES.items() if type_.where is in_season)


def cycles(period: int = PERIOD, points: int = 600) -> np.ndarray:
    noise = 0.05 * np.random.default_rng(0).normal(size=points)
    return np.asarray(np.sin(2 * np.pi * np.arange(points) / period) + noise)


def noise(points: int = 600) -> np.ndarray:
    return np.random.default_rng(1).normal(size=points)


def test_the_season_is_found() -> None:
    season = dominant_period(cycles())
    assert season is not None
    assert abs(season - PERIOD) <= 1
    assert dominant_period(noise()) is None
    assert dominant_period(np.zeros(600)) is None


def test_a_change_of_the_season_lasts_at_least_half_of_it() -> None:
    found = in_season(cycles(), PLACE)
    assert found is not None
    assert found.season == dominant_period(cycles()[: PLACE.start])
    assert found.end - found.start >= PERIOD // 2
    assert found.start == PLACE.start


@pytest.mark.parametrize("values", [noise(), cycles(2 * LONGEST_SEASON, 2000)])
def test_without_a_season_that_a_window_shows_there_is_no_place(values: np.ndarray) -> None:
    start = len(values) - 100
    assert in_season(values, Place(start, start + 20, 0.1, 1.0, 1.0)) is None


@pytest.mark.parametrize("kind", SEASONAL)
def test_a_series_without_a_season_keeps_its_pattern(kind: str) -> None:
    found = inject(np.random.default_rng(2), noise(), 200, (kind,))
    assert not found.types
    np.testing.assert_array_equal(found.values, noise())


@pytest.mark.parametrize("kind", ["phase_shift", "duplicate"])
@pytest.mark.parametrize("seed", range(5))
def test_what_comes_at_the_wrong_time_is_out_of_step(kind: str, seed: int) -> None:
    clean, values = cycles(), cycles()
    place = in_season(values, PLACE)
    assert place is not None
    TYPES[kind].inject(np.random.default_rng(seed), values, place)
    part = slice(place.start, place.end)
    assert np.abs(values[part] - clean[part]).max() > 0.5


def test_a_series_that_rests_is_not_calmed() -> None:
    resting = np.where(np.arange(600) % 50 < 20, 0.0, noise())
    assert in_motion(resting, PLACE) is None
    assert in_motion(noise(), PLACE) == PLACE


def switch(amount: float, points: int = 600) -> np.ndarray:
    """On for 20 of 50 points, with so much noise."""
    on = np.where(np.arange(points) % 50 < 20, 2.0, 0.0)
    return np.asarray(on + amount * np.random.default_rng(3).normal(size=points))


def test_the_noise_of_a_switch_is_no_motion() -> None:
    over_an_edge = Place(415, 425, 0.1, 1.0, 1.0)
    assert in_motion(switch(0.005), over_an_edge) is None
    assert in_motion(switch(0.1), over_an_edge) == over_an_edge


def test_what_moves_slowly_is_in_motion() -> None:
    counter = np.cumsum(np.random.default_rng(4).poisson(20, 600)).astype(np.float64)
    assert in_motion(counter, PLACE) == PLACE
    day = np.sin(2 * np.pi * np.arange(600) / 288)
    assert in_motion(day, Place(436, 460, 0.01, 1.0, 1.0)) is not None


def test_a_far_shift_before_it_does_not_make_a_series_rest() -> None:
    shifted = noise()
    shifted[300:330] += 1e4
    assert in_motion(shifted, Place(400, 410, 1.0, 1.0, 1.0)) is not None


@pytest.mark.parametrize("amount", [0.0, 0.1])
def test_between_on_and_off_a_switch_never_is(amount: float) -> None:
    found = in_gap(switch(amount), PLACE)
    assert found is not None
    assert 0.0 <= found.gap.low < 0.5
    assert 1.5 < found.gap.high <= 2.0
    assert found.gap.at(0.5) == pytest.approx(1.0, abs=0.1)


def test_where_every_value_between_is_usual_there_is_no_gap() -> None:
    ramp = np.arange(600) % 50 / 25
    few = np.where(np.arange(600) % 40 == 0, noise() ** 2 * 5, 0.0)  # rare values lie apart by chance
    for values in (noise(), cycles(), ramp, few, np.zeros(600)):
        assert in_gap(values, PLACE) is None
    assert in_gap(switch(0.0), Place(41, 60, 0.1, 1.0, 1.0)) is None


@pytest.mark.parametrize("kind", ["halfway", "stray"])
@pytest.mark.parametrize("seed", range(10))
def test_anomalies_between_the_usual_values_are_at_none_of_them(kind: str, seed: int) -> None:
    clean = switch(0.05)
    found = inject(np.random.default_rng(seed), clean, 200, (kind,))
    changed = found.values != clean
    assert found.types
    assert changed[found.label].mean() > 0.3
    assert changed[np.flatnonzero(np.diff(found.label.astype(int)) == 1) + 1].all()
    assert found.values[changed].min() > 0.2
    assert found.values[changed].max() < 1.8


def overlapping(points: int = 600) -> np.ndarray:
    """Seasons of 7, 12 and 40 points."""
    t = np.arange(points)
    return np.asarray(cycles() + 3 * np.sin(2 * np.pi * t / 12) + 2 * np.sin(2 * np.pi * t / 7))


def test_overlapping_seasons_are_foretold_and_noise_is_not() -> None:
    found = foretold(overlapping(), PLACE)
    assert found is not None
    assert 0.05 < found.error < 0.25, "its noise has a deviation of .05"
    slow = cycles(400)  # the last point foretells the next one as well as any prediction
    for values in (slow, np.zeros(600)):
        assert foretold(values, PLACE) is None
    assert foretold(overlapping(), replace(PLACE, start=HISTORY)) is not None
    assert foretold(overlapping(), replace(PLACE, start=HISTORY - 1)) is None, "too few points to fit one"


@pytest.mark.parametrize("huge", [1e156, np.finfo(np.float64).max])
def test_nothing_is_foretold_where_a_value_is_too_large_to_be_squared(huge: float) -> None:
    values = overlapping()
    values[100] = huge
    assert foretold(values, PLACE) is None


def test_short_seasons_are_foretold_where_times_are_exact() -> None:
    seconds = 60.0 * np.arange(600)
    made = [MAKERS["short_seasons"].make(np.random.default_rng(seed), seconds, 60) for seed in range(50)]
    assert sum(foretold(values, PLACE) is not None for values in made) >= 45


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("heavy", [False, True])
def test_noise_is_foretold_nowhere(seed: int, heavy: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_t(2, 1000) if heavy else rng.normal(size=1000)
    assert all(foretold(values, replace(PLACE, start=start)) is None for start in range(256, 1000, 16))


@pytest.mark.parametrize("seed", range(10))
def test_a_contextual_spike_is_amid_the_usual_values_and_steps(seed: int) -> None:
    clean = overlapping() + 0.25 * noise()
    place = foretold(clean, PLACE)
    assert place is not None
    values = clean.copy()
    width = TYPES["contextual"].inject(np.random.default_rng(seed), values, place) - 1
    moved = np.abs(values - clean)
    assert set(np.flatnonzero(moved)) == set(range(place.start, place.start + width))
    assert CLEAR * place.error <= moved.max() < np.abs(np.diff(clean[: place.start])).max()


def test_contextual_spikes_that_are_kept_take_usual_steps_and_are_not_foretold() -> None:
    clean = overlapping() + 0.25 * noise()
    largest = np.abs(np.diff(clean[: PLACE.start])).max()
    kept = 0
    for seed in range(40):
        found = inject_into(np.random.default_rng(seed), clean, [range(300, 500)], ("contextual",))
        if not found.types:
            continue
        values, changed = found.values, found.values != clean
        start, last = np.flatnonzero(changed)[[0, -1]]
        assert np.flatnonzero(found.label)[0] == start
        assert changed[found.label].mean() >= 0.5
        assert np.abs(np.diff(values[start - 1 : last + 2])).max() < largest
        *before, error = prediction_errors(values[: start + 1])
        assert error > np.sort(before)[-HABIT]
        kept += 1
    assert kept > 20


def test_young_series_have_anomalies_in_windows_that_are_not_full() -> None:
    spec = WindowSpec()
    batch = make_batch(spec, BatchPlan(series=16, windows_per_series=8, young_share=1.0), 0, 0)
    short = (batch.codes == 0).all(axis=2)[:, : spec.length - YOUNG_POINTS[0]].all(axis=1)
    assert 0.05 < short.mean() < 0.9
    assert batch.label[short].any()
