"""Generated series of means: what the daemon's coarse windows hold."""

import numpy as np
import pytest

from trainer import synthetic
from trainer.recipe import Recipe
from trainer.synthetic import BLOCKS, generate

POINTS = 300


def alternating(
    rng: np.random.Generator, ts: np.ndarray, interval_s: int, kinds: tuple[str, ...]
) -> np.ndarray:
    return np.resize([1.0, -1.0], len(ts))


@pytest.mark.parametrize(("share", "fewest", "most"), [(0.0, 0, 0), (0.3, 4, 20), (1.0, 40, 40)])
def test_what_alternates_from_point_to_point_is_gone_in_means(
    monkeypatch: pytest.MonkeyPatch, share: float, fewest: int, most: int
) -> None:
    monkeypatch.setattr(synthetic, "normal_values", alternating)
    recipe = Recipe(means_share=share)
    made = [generate(np.random.default_rng(seed), POINTS, 0.0, recipe).values for seed in range(40)]
    assert fewest <= sum(np.ptp(values) == 0 for values in made) <= most


def test_a_mean_is_told_at_the_time_of_its_last_point(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[np.ndarray] = []

    def seen(rng: np.random.Generator, ts: np.ndarray, interval_s: int, kinds: tuple[str, ...]) -> np.ndarray:
        used.append(ts)
        return alternating(rng, ts, interval_s, kinds)

    monkeypatch.setattr(synthetic, "normal_values", seen)
    recipe = Recipe(inexact_share=0.0, irregular_share=0.5, means_share=1.0)
    made = [generate(np.random.default_rng(seed), POINTS, 0.0, recipe) for seed in range(40)]
    blocks = [len(ts) // len(one.ts) for ts, one in zip(used, made, strict=True)]
    assert set(blocks) == set(BLOCKS)
    for ts, one, block in zip(used, made, blocks, strict=True):
        np.testing.assert_array_equal(one.ts, ts.reshape(POINTS, block)[:, -1])


def test_anomalies_go_into_the_means_and_last_as_long_as_in_points() -> None:
    made = [generate(np.random.default_rng(seed), POINTS, 1.0, Recipe(means_share=1.0)) for seed in range(20)]
    assert all(len(one.values) == len(one.label) == len(one.ts) == POINTS for one in made)
    assert sum(one.label.any() for one in made) >= 15
