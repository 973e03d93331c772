"""The NAB score: its formulas by hand, and published scores from published detector outputs."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erfc

from trainer.datasets import load
from trainer.datasets.series import LabelledSeries, mark
from trainer.metrics.nab import PROFILES, NabScore, sweep

NAB = Path(__file__).parents[2].parent / "shared" / "data" / "NAB"
needs_nab = pytest.mark.skipif(not NAB.is_dir(), reason=f"{NAB} is missing")

WINDOW = (10, 14)
STANDARD, LOW_FP, LOW_FN = (profile.name for profile in PROFILES)
PUBLISHED = {
    "ARTime": (74.9, 65.1, 80.4),
    "numenta": (70.1, 63.1, 74.3),
    "randomCutForest": (51.7, 38.4, 59.7),
}
WINDOWED_GAUSSIAN = (39.6, 20.9, 47.4)
ROUNDED = 0.05
"""Published figures have one digit."""


def series(
    *windows: tuple[int, int], points: int = 40, probation: int = 0, name: str = "a"
) -> LabelledSeries:
    label = mark(points, windows)
    return LabelledSeries(name, np.arange(points), np.zeros(points), label, probation, windows)


def fires(points: int, *indices: int) -> np.ndarray:
    score = np.zeros(points)
    score[list(indices)] = 1.0
    return score


def sigmoid(position: float) -> float:
    return 2 / (1 + math.exp(5 * position)) - 1


def nab_scores(corpus: list[LabelledSeries], scores: dict[str, np.ndarray]) -> dict[str, NabScore]:
    prepared = sweep(corpus, scores)
    return {profile.name: prepared.best(profile) for profile in PROFILES}


def standard(corpus: LabelledSeries, score: np.ndarray) -> float:
    return nab_scores([corpus], {corpus.name: score})[STANDARD].score


def test_one_detection_at_the_left_edge_is_perfect() -> None:
    scores = nab_scores([series(WINDOW)], {"a": fires(40, 10)})
    assert [scores[profile.name].score for profile in PROFILES] == pytest.approx([100, 100, 100])
    assert scores[STANDARD].threshold == 1.0


def test_a_later_detection_earns_less() -> None:
    worth = sigmoid(-3 / 5) / sigmoid(-1)
    assert standard(series(WINDOW), fires(40, 12)) == pytest.approx(100 * (1 + worth) / 2)


def test_only_the_earliest_detection_of_a_window_counts() -> None:
    assert standard(series(WINDOW), fires(40, 11, 12, 14)) == standard(series(WINDOW), fires(40, 11))


@pytest.mark.parametrize(("index", "cost"), [(5, 1.0), (16, -sigmoid(2 / 4)), (39, 1.0)])
def test_a_false_alarm_costs_by_its_distance_behind_a_window(index: int, cost: float) -> None:
    assert standard(series(WINDOW), fires(40, 10, index)) == pytest.approx(100 - 100 * 0.11 * cost / 2)


def test_profiles_weigh_false_alarms_and_missed_windows() -> None:
    corpus = [series(WINDOW, (30, 34))]
    scores = nab_scores(corpus, {"a": fires(40, 5, 10)})
    assert scores[STANDARD].score == pytest.approx(100 * (2 - 0.11) / 4)
    assert scores[LOW_FP].score == pytest.approx(100 * (2 - 0.22) / 4)
    assert scores[LOW_FN].score == pytest.approx(100 * (3 - 0.11) / 6)


def test_the_best_threshold_of_the_corpus_is_found() -> None:
    first, second = series(WINDOW, name="a"), series(WINDOW, name="b")
    scores = {"a": fires(40, 10) * 0.9, "b": fires(40, 10) * 0.6 + fires(40, 5, 6) * 0.5}
    result = nab_scores([first, second], scores)[STANDARD]
    assert result.score == pytest.approx(100)
    assert result.threshold == 0.6


def test_points_of_equal_score_are_detected_together() -> None:
    constant = standard(series(WINDOW), np.ones(40))
    behind = sum(sigmoid(min((index - 14) / 4, 3.0)) for index in range(15, 27)) - 13
    assert constant == pytest.approx(max(0.0, 100 * (2 + 0.11 * (behind - 10)) / 2), abs=0.01)


def test_silence_is_worth_nothing_and_never_less() -> None:
    worst = nab_scores([series(WINDOW)], {"a": fires(40, *range(10), *range(15, 40))})
    assert [worst[profile.name].score for profile in PROFILES] == [0.0, 0.0, 0.0]
    assert math.isinf(worst[LOW_FP].threshold)


def test_the_probation_is_not_scored() -> None:
    assert standard(series(WINDOW, probation=8), fires(40, 2, 5, 10)) == pytest.approx(100)


def test_a_corpus_without_windows_has_no_score() -> None:
    assert math.isnan(standard(series(), fires(40, 3)))


def test_a_repeated_series_counts_as_often_as_it_is_repeated() -> None:
    good, bad = series(WINDOW, name="good"), series(WINDOW, name="bad")
    prepared = sweep([good, bad], {"good": fires(40, 10), "bad": np.zeros(40)})
    scores = [prepared.best(PROFILES[0], np.array(copies)).score for copies in ([1, 1], [2, 0], [3, 1])]
    assert scores == pytest.approx([50, 100, 75])


@pytest.fixture(scope="module")
def corpus() -> list[LabelledSeries]:
    return load(f"nab:{NAB}")


def published_outputs(detector: str) -> dict[str, np.ndarray]:
    with np.load(NAB / "published_scores" / f"{detector}.npz") as outputs:
        return {key.replace("|", "/"): outputs[key].astype(np.float64) for key in outputs}


@needs_nab
@pytest.mark.nab
@pytest.mark.parametrize("detector", PUBLISHED)
def test_published_scores_are_reproduced(detector: str, corpus: list[LabelledSeries]) -> None:
    scores = nab_scores(corpus, published_outputs(detector))
    found = [scores[profile.name].score for profile in PROFILES]
    assert found[0] == pytest.approx(PUBLISHED[detector][0], abs=0.1)
    assert found[1:] == pytest.approx(PUBLISHED[detector][1:], abs=0.1 + ROUNDED)


def windowed_gaussian(value: np.ndarray, memory: int = 6400, step: int = 100) -> np.ndarray:
    """1 - tail probability under a Gaussian of the last 6400 values, moved on every 100 points."""
    count = np.arange(1, len(value) + 1)
    mean = np.cumsum(value) / count
    before = np.concatenate((value[:1], mean[:-1]))
    deviation = np.sqrt(np.cumsum((value - before) * (value - mean)) / count)
    index = np.arange(len(value))
    ends = np.where(index <= memory, index, memory + (index - memory) // step * step)
    mean, deviation = mean[ends - 1], deviation[ends - 1]
    for end in np.unique(ends[memory + 1 :]):
        mean[ends == end] = value[end - memory : end].mean()
        deviation[ends == end] = value[end - memory : end].std()
    distance = np.abs(value - mean) / np.where(deviation > 0, deviation, 1e-6)
    return np.where(index > 0, 1 - erfc(distance / math.sqrt(2)) / 2, 0.0)


@needs_nab
@pytest.mark.nab
def test_published_scores_of_the_windowed_gaussian_are_reproduced(corpus: list[LabelledSeries]) -> None:
    """The file at hand is float32, where 1900 different tail probabilities are 1.0; NAB's had 12 digits."""
    outputs = published_outputs("windowedGaussian")
    again = {one.name: windowed_gaussian(one.value) for one in corpus}
    assert max(np.abs(again[name] - outputs[name]).max() for name in outputs) < 1e-6
    scores = nab_scores(corpus, {name: np.round(score, 12) for name, score in again.items()})
    found = [scores[profile.name].score for profile in PROFILES]
    assert found == pytest.approx(WINDOWED_GAUSSIAN, abs=0.1)
