"""What holds for the metrics whatever the labels and scores are."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spear_stream.core.records import BoolArray, Float64Array
from trainer.datasets.series import LabelledSeries, mark, runs
from trainer.metrics.events import count_events
from trainer.metrics.nab import PROFILES, sweep
from trainer.metrics.point import point_figures
from trainer.metrics.range_based import vus_pr

POINTS = 60
labels = arrays(bool, POINTS, elements=st.booleans())
# Whole numbers stay distinct under the transforms below.
scores = arrays(np.float64, POINTS, elements=st.integers(-50, 50).map(float))


def series(label: BoolArray) -> LabelledSeries:
    return LabelledSeries("a", np.arange(POINTS) * 1000, np.zeros(POINTS), label, 0, runs(label))


def nab(label: BoolArray, score: Float64Array) -> list[float]:
    prepared = sweep([series(label)], {"a": score})
    return [prepared.best(profile).score for profile in PROFILES]


@given(labels, scores, st.sampled_from([np.arctan, np.cbrt, lambda score: 7 * score - 3]))
@settings(deadline=None)
def test_a_rising_transform_of_the_scores_changes_nothing(
    label: BoolArray, score: Float64Array, transform: Callable[[Float64Array], Float64Array]
) -> None:
    assume(label.any() and not label.all())
    assert vus_pr(label, transform(score), 10) == vus_pr(label, score, 10)
    assert point_figures(label, transform(score)) == point_figures(label, score)
    assert nab(label, transform(score)) == nab(label, score)


@given(labels)
@settings(deadline=None)
def test_the_labels_themselves_are_a_perfect_score(label: BoolArray) -> None:
    assume(label.any())
    assert nab(label, label.astype(float)) == pytest.approx([100, 100, 100])
    assert point_figures(label, label.astype(float)).auc_pr == 1
    assert vus_pr(label, label.astype(float), 0) == pytest.approx(1)


@given(labels, scores, st.integers(0, 30))
@settings(deadline=None)
def test_figures_stay_within_their_range(label: BoolArray, score: Float64Array, buffer: int) -> None:
    assume(label.any())
    assert 0 <= vus_pr(label, score, buffer) <= 1 + 1e-9
    assert all(0 <= value <= 100 + 1e-9 for value in nab(label, score))


@given(labels, scores)
@settings(deadline=None)
def test_raising_the_score_of_a_window_never_lowers_nab(label: BoolArray, score: Float64Array) -> None:
    assume(label.any())
    start, end = runs(label)[0]
    better = score + 200 * mark(POINTS, [(start, end)])
    assert all(high >= low - 1e-9 for high, low in zip(nab(label, better), nab(label, score), strict=True))


@given(labels, scores, st.integers(-60, 60))
def test_event_counts_are_consistent(label: BoolArray, score: Float64Array, threshold: int) -> None:
    one = series(label)
    alerts = [(int(one.clock[start]), int(one.clock[end])) for start, end in runs(score >= threshold)]
    counts = count_events(one, alerts)
    assert counts.alerts == len(alerts)
    assert counts.points_in_alert == (score >= threshold).sum()
    assert counts.detected == len(counts.delays_share) <= counts.windows
    assert 0 <= counts.false_alarms <= counts.alerts
    assert all(0 <= share <= 1 for share in counts.delays_share)


@given(labels)
def test_marking_the_runs_gives_the_labels_back(label: BoolArray) -> None:
    assert np.array_equal(mark(POINTS, runs(label)), label)
