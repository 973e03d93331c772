"""Changes of the pattern and calms are anomalies only where they stand out."""

import numpy as np
import pytest

from trainer.injection import ONSET, TYPES, inject
from trainer.placement import Place, in_season
from trainer.visibility import STANDS_OUT, at_once, calmer, out_of_season

PERIOD, START = 40, 400
PATTERNS = tuple(name for name, type_ in TYPES.items() if type_.visible is out_of_season)
CALMS = tuple(name for name, type_ in TYPES.items() if type_.visible is calmer)


def cycles() -> np.ndarray:
    wave = np.sin(2 * np.pi * np.arange(600) / PERIOD)
    return np.asarray(wave + 0.05 * np.random.default_rng(0).normal(size=600))


PLACE = Place(START, START + ONSET, 0.1, 1.0, 1.0, PERIOD)


def changed(by: float) -> np.ndarray:
    values = cycles()
    values[START : START + ONSET] += by
    return values


def test_what_is_further_from_a_season_ago_than_ever_stands_out() -> None:
    usual = cycles()[PERIOD:START] - cycles()[: START - PERIOD]
    most = max(np.sqrt(np.mean(usual[i : i + ONSET] ** 2)) for i in range(len(usual) - ONSET))

    assert out_of_season(cycles(), changed(2 * STANDS_OUT * most), PLACE, ONSET)
    assert not out_of_season(cycles(), changed(most), PLACE, ONSET)
    assert not out_of_season(cycles(), cycles(), PLACE, ONSET)


def test_only_the_first_points_must_stand_out() -> None:
    late = cycles()
    late[START + ONSET :] += 5.0
    assert not out_of_season(cycles(), late, PLACE, ONSET)


def test_without_a_past_as_long_nothing_can_stand_out() -> None:
    early = Place(PERIOD + 5, PERIOD + 5 + ONSET, 0.1, 1.0, 1.0, PERIOD)
    assert not out_of_season(cycles(), cycles() + 9.0, early, ONSET)
    assert not calmer(cycles(), np.zeros(600), Place(10, 34, 0.1, 1.0, 1.0), ONSET)


def test_a_calm_is_calmer_than_any_stretch_as_long_was() -> None:
    noise = np.random.default_rng(1).normal(size=600)
    calm, calmest = noise.copy(), noise.copy()
    calm[START : START + ONSET] *= 0.7
    calmest[START : START + ONSET] *= 0.1

    assert calmer(noise, calmest, PLACE, ONSET)
    assert not calmer(noise, calm, PLACE, ONSET)


def test_size_stands_out_by_itself() -> None:
    assert at_once(cycles(), cycles(), PLACE, 1)
    assert {TYPES[name].kind for name in PATTERNS} == {"pattern"}
    assert {TYPES[name].kind for name in CALMS} == {"volatility"}


@pytest.mark.parametrize("name", PATTERNS + CALMS)
def test_what_is_injected_can_be_seen(name: str) -> None:
    before = cycles()
    found = inject(np.random.default_rng(3), before, 200, (name,))
    assert found.types
    first = int(np.flatnonzero(found.label)[0])
    seen = in_season(before, Place(first, first + ONSET, 0.1, 1.0, 1.0))
    onset = int(found.label[first : first + ONSET].sum())
    assert seen is not None
    assert TYPES[name].visible(before, found.values, seen, onset)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("seed", range(3))
def test_where_the_season_failed_lately_no_change_of_it_is_an_anomaly(name: str, seed: int) -> None:
    failed = cycles()
    failed[190:230] *= -1  # one round upside down: nothing after it is further from a season ago
    found = inject(np.random.default_rng(seed), failed, 260, (name,))
    assert not found.types
    np.testing.assert_array_equal(found.values, failed)


@pytest.mark.parametrize("seed", range(20))
def test_a_later_anomaly_takes_no_earlier_one_from_its_label(seed: int) -> None:
    before = cycles()
    found = inject(np.random.default_rng(seed), before, 200, ("spike", "phase_shift"))
    leaps = np.flatnonzero(np.abs(np.diff(found.values)) > 5 * np.abs(np.diff(before)).max())
    assert found.types
    assert all(found.label[max(0, at - 2) : at + 8].any() for at in leaps)
