"""What is done to every detector's scores before they are evaluated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainer.datasets.series import LabelledSeries
from trainer.postprocess import as_logits, levels, postprocess, suppress_repeats, without_repeats


def test_a_score_counts_when_it_exceeds_all_of_the_memory() -> None:
    score = np.array([0.5, 0.4, 0.5, 0.6, 0.2, 0.1, 0.3, 0.3])
    expected = [0.5, 0.0, 0.0, 0.6, 0.0, 0.0, 0.3, 0.0]
    np.testing.assert_array_equal(suppress_repeats(score, memory=2), expected)


@given(hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)), st.integers(1, 50))
def test_it_is_what_the_definition_says(score: np.ndarray, memory: int) -> None:
    found = suppress_repeats(score, memory)
    for t, value in enumerate(score):
        before = score[max(0, t - memory) : t]
        assert found[t] == (value if all(value > other for other in before) else 0.0)


def test_what_comes_later_changes_nothing() -> None:
    score = np.random.default_rng(1).random(300)
    changed = np.concatenate((score[:200], np.ones(100)))
    np.testing.assert_array_equal(suppress_repeats(score)[:200], suppress_repeats(changed)[:200])


def series(name: str) -> LabelledSeries:
    flat = np.zeros(3)
    return LabelledSeries(name, np.arange(3), flat, flat.astype(bool), 0, ())


def test_series_are_processed_one_by_one() -> None:
    corpus = [series("a"), series("b")]
    scores = {"a": np.array([0.1, 0.9, 0.8]), "b": np.array([0.2, 0.1, 0.3])}
    found = postprocess(corpus, scores, without_repeats)
    assert found["a"].tolist() == [0.1, 0.9, 0.0]
    assert found["b"].tolist() == [0.2, 0.0, 0.3]


def test_levels_fade_after_a_peak_and_rise_at_once() -> None:
    found = levels(series("a"), np.array([0.1, 0.9, 0.0, 0.0, 0.95, 0.2]))
    assert found[[0, 1, 4]].tolist() == [0.1, 0.9, 0.95]
    assert 0.8 < found[3] < found[2] < 0.9


def test_scores_of_baselines_become_logits_in_their_order() -> None:
    logits = as_logits(np.array([-3.0, 0.0, 1.0, 10.0, 1e12]))
    assert logits[0] == logits[1] == -4
    assert (np.diff(logits[1:]) > 0).all()
    assert logits[-1] == pytest.approx(np.log(1e12) - 4)
