"""Rounds of normal behaviour, from exact to erratic, and seasons that are not exact."""

import numpy as np
import pytest

from trainer.cycles import duty_cycles, fill_and_drain, rounds_of
from trainer.recipe import Recipe
from trainer.synthetic import generate, inexact_times

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


def test_a_switch_has_a_value_for_on_and_one_for_off() -> None:
    series = [duty_cycles(np.random.default_rng(seed), SECONDS, 60) for seed in range(40)]
    assert sum(len(np.unique(values)) == 2 for values in series) >= 4


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
        wave = np.sin(inexact_times(np.random.default_rng(seed), ts, 60) / 60_000 * 2 * np.pi / 40)
        rises = np.flatnonzero((wave[1:] > 0) & (wave[:-1] <= 0))
        begins = rises[np.diff(rises, prepend=-40) > 20]
        assert abs(len(begins) - POINTS / 40) <= 4
        spreads.append(np.diff(begins).std())
    assert min(spreads) < 1 < max(spreads) < 12


def test_all_some_or_no_seasons_are_inexact() -> None:
    alike = [_same_as_exact(share) for share in (0.0, 0.5, 1.0)]
    assert alike[0] == 40
    assert 10 < alike[1] < 30
    assert alike[2] == 0


def _same_as_exact(share: float) -> int:
    """Of 40 series, those that are what they are when all seasons are exact."""
    recipes = [Recipe(("office_hours",), ("all",), 0.0, inexact) for inexact in (share, 0.0)]
    return sum(
        np.array_equal(*(generate(np.random.default_rng(seed), 300, 0.0, one).values for one in recipes))
        for seed in range(40)
    )
