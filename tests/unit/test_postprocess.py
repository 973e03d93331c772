"""What is done to every detector's scores before they are evaluated."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainer.datasets.series import LabelledSeries
from trainer.postprocess import (
    HIGHER,
    REPEAT,
    levels,
    postprocess,
    suppress_repeats,
    without_repeats,
)


def test_a_score_counts_when_it_is_well_above_what_is_left_of_those_before() -> None:
    later = 64 * np.log(2)  # half is left of a score
    score = np.zeros(200)
    score[[0, 1, 2, 2 + int(later), 150]] = 0.4, 0.5, 0.8, 0.65, 0.65
    counted = suppress_repeats(score)
    assert np.flatnonzero(counted).tolist() == [0, 2, 2 + int(later), 150]
    np.testing.assert_array_equal(counted[counted > 0], score[counted > 0])


@given(hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)))
def test_it_is_what_the_definition_says(score: np.ndarray) -> None:
    found = suppress_repeats(score)
    for t, value in enumerate(score):
        left = max((other * REPEAT ** (t - i) for i, other in enumerate(score[:t])), default=0.0)
        assume(abs(value - HIGHER * left) > 1e-9 or value == left == 0)
        assert found[t] == (value if value > HIGHER * left else 0.0)


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
    assert found["b"].tolist() == [0.2, 0.0, 0.3]  # half as much again as what is left of 0.2


def test_levels_rise_at_once_fall_with_the_score_and_fade_from_there() -> None:
    found = levels(series("a"), np.array([0.1, 0.9, 0.0, 0.0, 0.95, 0.2]))
    np.testing.assert_allclose(found[[0, 1, 4]], [0.1, 0.9, 0.95])
    assert 0.26 < found[3] < found[2] < 0.27  # what is left of .3 * .9
    assert 0.42 < found[5] < 0.425
