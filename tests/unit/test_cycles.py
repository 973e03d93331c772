"""Rounds of normal behaviour, from exact to erratic, and seasons that are not exact."""

import numpy as np
import pytest

from trainer import synthetic
from trainer.batches import BatchPlan
from trainer.cycles import duty_cycles, fill_and_drain, rounds_of
from trainer.normal import Maker, normal_values
from trainer.synthetic import inexact_times

POINTS = 2000
SECONDS = 60.0 * np.arange(POINTS)


@pytest.mark.parametrize("seed", range(20))
def test_every_point_lies_in_its_round_and_rounds_follow_each_other(seed: int) -> None:
    rounds = rounds_of(np.random.default_rng(seed), POINTS)
    assert set(np.diff(rounds.number)) <= {0, 1}
    assert ((rounds.since >= 0) & (rounds.since < rounds.length)).all()
    np.testing.assert_allclose(np.diff(rounds.since)[np.diff(rounds.number) == 0], 1.0)


def test_lengths_vary_from_not_to_be_seen_to_no_season_at_all() -> None:
    spreads = []
    for seed in range(60):
        rounds = rounds_of(np.random.default_rng(seed), POINTS)
        lengths = rounds.length[1:][np.diff(rounds.number) == 1]
        spreads.append(lengths.std() / lengths.mean())
    assert min(spreads) < 0.03
    assert max(spreads) > 0.6
    assert 0.05 < np.median(spreads) < 0.2


def test_some_switches_have_a_value_for_on_and_one_for_off() -> None:
    series = [duty_cycles(np.random.default_rng(seed), SECONDS, 60) for seed in range(40)]
    assert 2 <= sum(len(np.unique(values)) == 2 for values in series) <= 15


@pytest.mark.parametrize("make", [duty_cycles, fill_and_drain])
def test_a_young_series_is_finite_and_of_a_scale_of_about_one(make: Maker) -> None:
    for seed in range(40):
        values = make(np.random.default_rng(seed), SECONDS[:64], 60)
        assert values.shape == (64,)
        assert np.abs(values).max() < 30


def test_what_fills_slowly_is_drained_at_once() -> None:
    """But where its noise is larger than what it holds."""
    series = [fill_and_drain(np.random.default_rng(seed), SECONDS, 60) for seed in range(40)]
    assert sum(_steepest_are_alike(values) for values in series) >= 36


def _steepest_are_alike(values: np.ndarray) -> bool:
    """The three largest moves go the same way, and much further than most."""
    moves = np.diff(values)
    largest = moves[np.argsort(np.abs(moves))[-3:]]
    return len(set(np.sign(largest))) == 1 and np.abs(largest).min() > 3 * np.abs(moves).mean()


def test_inexact_seasons_come_sooner_or_later_by_some_points_and_never_drift_away() -> None:
    ts = 1_500_000_000_000 + 60_000 * np.arange(POINTS)
    spreads = []
    for seed in range(40):
        times = inexact_times(np.random.default_rng(seed), ts, 60)
        assert (np.diff(times) >= 0).all()
        wave = np.sin(times / 60_000 * 2 * np.pi / 40)
        rises = np.flatnonzero((wave[1:] > 0) & (wave[:-1] <= 0))
        begins = rises[np.diff(rises, prepend=-40) > 20]
        assert abs(len(begins) - POINTS / 40) <= 4
        spreads.append(np.diff(begins).std())
    assert min(spreads) < 1 < max(spreads) < 12


@pytest.mark.parametrize(("share", "fewest", "most"), [(0.0, 0, 0), (0.5, 10, 30), (1.0, 40, 40)])
def test_all_some_or_no_seasons_are_inexact(
    monkeypatch: pytest.MonkeyPatch, share: float, fewest: int, most: int
) -> None:
    used: list[np.ndarray] = []

    def seen(rng: np.random.Generator, ts: np.ndarray, interval_s: int, kinds: tuple[str, ...]) -> np.ndarray:
        used.append(ts)
        return normal_values(rng, ts, interval_s, kinds)

    monkeypatch.setattr(synthetic, "normal_values", seen)
    recipe = BatchPlan(inexact_share=share).recipe
    made = [synthetic.generate(np.random.default_rng(seed), 300, 0.0, recipe) for seed in range(40)]
    assert all((np.diff(one.ts) > 0).all() for one in made)
    wanders = [not np.array_equal(one.ts, times) for one, times in zip(made, used, strict=True)]
    assert fewest <= sum(wanders) <= most
