"""VUS-PR by hand and against the definition written out point by point."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from trainer.datasets.series import mark, runs
from trainer.metrics.range_based import DEFAULT_BUFFER, THRESHOLDS, buffer_length, vus_pr


def defined_vus_pr(label: np.ndarray, score: np.ndarray, buffer: int) -> float:
    """The definition with one loop per buffer, threshold and anomaly."""
    ranks = np.linspace(0, len(score) - 1, THRESHOLDS).astype(int)
    thresholds = np.sort(score)[::-1][ranks]
    return float(np.mean([defined_area(label, score, thresholds, width) for width in range(buffer + 1)]))


def defined_area(label: np.ndarray, score: np.ndarray, thresholds: np.ndarray, width: int) -> float:
    faded, segments = fade(label, width), merge(label, width // 2)
    area, last_recall = 0.0, 0.0
    for threshold in thresholds:
        predicted = score >= threshold
        true_positives = (faded * predicted).sum()
        counted = np.where(label, 1.0, faded * predicted).sum()
        existence = np.mean([predicted[start : end + 1].any() for start, end in segments])
        recall = min(true_positives / ((label.sum() + counted) / 2), 1) * existence
        area += (recall - last_recall) * true_positives / predicted.sum()
        last_recall = recall
    return area


def fade(label: np.ndarray, width: int) -> np.ndarray:
    faded = label.astype(float)
    for start, end in runs(label):
        for distance in range(1, width // 2 + 1):
            for point in (start - distance, end + distance):
                if 0 <= point < len(label):
                    faded[point] += math.sqrt(1 - distance / width)
    return np.minimum(faded, 1)


def merge(label: np.ndarray, reach: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in runs(label):
        low, high = max(start - reach, 0), min(end + reach, len(label) - 1)
        if merged and merged[-1][1] >= low:
            low = merged.pop()[0]
        merged.append((low, high))
    return merged


def test_a_case_by_hand() -> None:
    label = np.array([0, 0, 1, 0, 0], dtype=bool)
    score = np.array([0.0, 5.0, 4.0, 1.0, 2.0])
    near = math.sqrt(1 - 1 / 2)
    # Widths 0 and 1 have no buffer: the anomaly comes second, precision 1/2.
    # Width 2: first its neighbour is predicted, then both.
    recall = near / (1 + near / 2)
    faded = recall * near + (1 - recall) * (1 + near) / 2
    assert vus_pr(label, score, 2) == pytest.approx((0.5 + 0.5 + faded) / 3)


def test_without_buffer_one_anomaly_gives_average_precision() -> None:
    generator = np.random.default_rng(0)
    label, score = mark(200, [(80, 99)]), generator.normal(size=200)
    assert vus_pr(label, score, 0) == pytest.approx(average_precision_score(label, score))


@pytest.mark.parametrize("seed", range(12))
def test_it_follows_the_definition(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points = int(generator.integers(20, 400))
    starts = generator.integers(points, size=generator.integers(1, 6)).tolist()
    label = mark(points, [(start, min(start + int(generator.integers(12)), points - 1)) for start in starts])
    score = np.round(generator.normal(size=points) + label, int(generator.integers(1, 4)))
    buffer = int(generator.integers(25))
    assert vus_pr(label, score, buffer) == pytest.approx(defined_vus_pr(label, score, buffer), abs=1e-12)


def test_a_near_miss_is_worth_more_than_a_far_one() -> None:
    label = mark(300, [(150, 160)])
    near, far = mark(300, [(163, 173)]).astype(float), mark(300, [(230, 240)]).astype(float)
    assert vus_pr(label, near, 20) > 1.5 * vus_pr(label, far, 20)


def test_noise_scores_about_the_prevalence_and_labels_score_high() -> None:
    label = mark(5000, [(1000, 1249), (3000, 3249)])
    noise = np.random.default_rng(1).random(5000)
    assert vus_pr(label, noise, 50) == pytest.approx(0.1, abs=0.03)
    assert vus_pr(label, label.astype(float), 50) > 0.95


def test_a_series_without_anomaly_is_undefined() -> None:
    assert math.isnan(vus_pr(np.zeros(10, dtype=bool), np.arange(10.0), 5))


@pytest.mark.parametrize("period", [12, 48, 150])
def test_the_buffer_is_the_period(period: int) -> None:
    time = np.arange(6000)
    noise = np.random.default_rng(2).normal(scale=0.2, size=len(time))
    # The peak of a pure sine is flat; the harmonic makes it sharp.
    value = np.sin(2 * np.pi * time / period) + np.sin(4 * np.pi * time / period + 1) + noise
    assert buffer_length(value) == pytest.approx(period, abs=1)


@pytest.mark.parametrize("value", [np.ones(500), np.arange(500.0), np.zeros(2)])
def test_the_buffer_without_a_period_is_the_default(value: np.ndarray) -> None:
    assert buffer_length(value) == DEFAULT_BUFFER
