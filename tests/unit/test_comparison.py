"""Paired comparison: what it calls better, worse, noise, and too little to tell."""

import math

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError
from trainer.comparison import Comparison, Difference, Verdict, _differences, as_json
from trainer.metrics.figures import Figures


def difference(
    figure: str = "vus_pr",
    first: float = 0.4,
    second: float = 0.5,
    low: float = 0.05,
    high: float = 0.15,
    series: int = 20,
) -> Difference:
    return Difference(figure, first, second, low, high, series, groups=series)


def means(values: np.ndarray) -> Figures:
    groups = tuple(map(str, range(len(values))))
    return Figures(("vus_pr",), groups, lambda draw: values[draw].mean(keepdims=True))


def test_pairing_sees_a_small_gain_that_separate_intervals_hide() -> None:
    rng = np.random.default_rng(0)
    hardness = rng.uniform(0, 1, 30)
    (found,) = _differences(means(hardness), means(hardness + rng.uniform(0.01, 0.03, 30)))
    assert found.verdict is Verdict.better
    assert found.change == pytest.approx(0.02, abs=0.005)
    assert found.low > 0.01
    assert found.high < 0.03


def test_equal_detectors_are_within_the_noise() -> None:
    values = np.random.default_rng(0).uniform(0, 1, 30)
    (same,) = _differences(means(values), means(values))
    (shuffled,) = _differences(means(values), means(np.roll(values, 1)))
    assert same.verdict is shuffled.verdict is Verdict.same
    assert same.change == 0


def test_two_series_prove_nothing_however_clear() -> None:
    (found,) = _differences(means(np.array([0.1, 0.2])), means(np.array([0.8, 0.9])))
    assert found.verdict is Verdict.unknown


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (difference(), Verdict.better),
        (difference(second=0.3, low=-0.2, high=-0.05), Verdict.worse),
        (difference(low=-0.01), Verdict.same),
        (difference("false_alarms_per_series_day"), Verdict.worse),
        (difference("false_alarms_per_series_day", second=0.3, low=-0.2, high=-0.05), Verdict.better),
        (difference(second=math.nan), Verdict.undefined),
        (difference(series=4), Verdict.unknown),
    ],
)
def test_the_verdict_knows_which_way_is_better(found: Difference, verdict: Verdict) -> None:
    assert found.verdict is verdict


def test_a_figure_that_does_not_exist_is_named_with_those_that_do() -> None:
    comparison = Comparison("csv:a", 20, 100, (difference(),))
    with pytest.raises(ConfigError, match="no figure 'accuracy' to compare by; there are vus_pr, auc_pr"):
        comparison.of("accuracy")


def test_json_spells_out_the_verdict() -> None:
    (found,) = as_json([Comparison("csv:a", 20, 100, (difference(),))])
    assert found["figures"]["vus_pr"]["second_is"] == "better"  # type: ignore[index]
