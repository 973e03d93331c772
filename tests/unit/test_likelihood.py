"""Scores against a series' own history; what the constants are may change, this may not."""

import numpy as np
import pytest

from spear_stream.core.likelihood import PRIOR_MEAN, TAIL_FLOOR, Likelihood
from spear_stream.core.records import Float64Array


def surprises(logits: list[float] | Float64Array) -> Float64Array:
    """Scores of one series."""
    likelihood = Likelihood()
    likelihood.table.resize(1)
    slot = np.array([0])
    return np.concatenate([likelihood.update(slot, np.array([x], np.float32)) for x in logits])


def noise(points: int, spread: float = 1.0, seed: int = 0) -> list[float]:
    return [float(x) for x in PRIOR_MEAN + spread * np.random.default_rng(seed).normal(size=points)]


def test_scores_are_in_the_unit_interval_and_grow_with_the_logit() -> None:
    scores = [surprises([*noise(200), logit])[-1] for logit in (-50, -8, -4, 0, 4, 50, 3000)]
    assert scores == sorted(scores)
    assert scores[0] >= 0
    assert scores[1] < 0.1
    assert scores[-1] == 1.0


def test_logits_of_another_checkpoint_are_judged_by_the_old_calibration_at_first_and_soon_by_their_own() -> (
    None
):
    def scores(mark: int) -> Float64Array:
        likelihood, slot = Likelihood(), np.array([0])
        likelihood.table.resize(1)
        for logit in noise(3000):
            likelihood.update(slot, np.array([logit], np.float32), np.uint32(1))
        shifted = [x + 5.0 for x in noise(400, seed=1)]
        return np.concatenate(
            [likelihood.update(slot, np.array([x], np.float32), np.uint32(mark)) for x in shifted]
        )

    same, other = scores(1), scores(2)
    assert other[0] == same[0]
    assert (other[200:] > 0.2).sum() <= 2 < (same[200:] > 0.2).sum()


@pytest.mark.parametrize(("before", "after"), [(0, 7), (7, 7)])
def test_a_calibration_goes_on_under_the_same_or_a_first_mark(before: int, after: int) -> None:
    likelihood, slot = Likelihood(), np.array([0])
    likelihood.table.resize(1)
    for mark in [before] * 100 + [after] * 100:
        likelihood.update(slot, np.array([PRIOR_MEAN], np.float32), np.uint32(mark))
    assert likelihood.table["seen"][0] == 200


def test_an_ordinary_history_makes_one_high_logit_stand_out() -> None:
    scores = surprises([*noise(300), 8.0])
    assert scores[-1] > 0.5
    assert (scores[:-1] > 0.5).sum() == 0


def test_a_series_that_often_scores_high_must_score_higher() -> None:
    often = [8.0 if i % 20 == 0 else x for i, x in enumerate(noise(600))]
    assert surprises([*often, 8.0])[-1] < surprises([*noise(600), 8.0])[-1] - 0.2


def test_how_high_one_score_was_does_not_hide_the_next() -> None:
    scores = surprises([*noise(200), 60.0, *noise(100, seed=1), 20.0, *noise(100, seed=2), 20.0])
    assert scores[[301, 402]].min() > 0.5


def test_what_comes_again_and_again_becomes_usual() -> None:
    scores = surprises([8.0 if i > 4000 and i % 100 == 0 else x for i, x in enumerate(noise(7000))])
    first, *_, last = scores[4100::100]
    assert first > 0.9
    assert last < first - 0.25


def test_a_score_is_compared_with_what_was_before_it() -> None:
    history = noise(100)
    assert surprises([*history, 6.0, 30.0])[100] == surprises([*history, 6.0])[-1]


def test_a_very_quiet_series_is_not_surprised_by_less_than_the_floor() -> None:
    quiet = [PRIOR_MEAN] * 8000
    assert surprises([*quiet, PRIOR_MEAN + TAIL_FLOOR])[-1] < 0.2


def test_the_first_score_is_judged_by_the_prior() -> None:
    assert surprises([PRIOR_MEAN])[0] < 0.1
    assert surprises([PRIOR_MEAN + 30])[0] > 0.5


def test_a_lasting_change_becomes_usual() -> None:
    scores = surprises([*noise(300), *(x + 6 for x in noise(2000, seed=1))])
    assert scores[-50:].mean() < 0.15


def test_series_do_not_mix() -> None:
    likelihood = Likelihood()
    likelihood.table.resize(2)
    for x in noise(300):
        likelihood.update(np.array([0, 1]), np.array([x, x + 6], np.float32))
    low, high = likelihood.update(np.array([0, 1]), np.array([2.0, 2.0], np.float32))
    assert low > high


@pytest.mark.parametrize("extreme", [-3e38, 3e38])
def test_extreme_logits_leave_finite_numbers(extreme: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        scores = surprises([*noise(10), extreme, *noise(10)])
    assert np.isfinite(scores).all()


def test_a_score_that_stands_for_several_is_learnt_as_often() -> None:
    """Of series in which nothing is new some windows are left out (gate.py); what is usual stays the same."""
    at_once, one_by_one, slot = Likelihood(), Likelihood(), np.array([0])
    logit = np.array([PRIOR_MEAN + 1.0], np.float32)
    for likelihood, turns, times in ((at_once, 16.0, 5), (one_by_one, 1.0, 80)):
        likelihood.table.resize(1)
        for _ in range(times):
            likelihood.update(slot, logit, turns=turns)
    for column, within in (("seen", 0.0), ("mean", 1e-5), ("tail", 0.1)):
        assert at_once.table[column][0] == pytest.approx(one_by_one.table[column][0], abs=within), column


def test_however_many_it_stands_for_it_teaches_no_more_than_itself() -> None:
    likelihood, slot = Likelihood(), np.array([0])
    likelihood.table.resize(1)
    for logit in (-1.0, -4.0):
        likelihood.update(slot, np.array([logit], np.float32), turns=1e6)
        assert likelihood.table["mean"][0] == pytest.approx(logit, abs=1e-3)
        likelihood.table["last"][0] = 0.0


def test_a_rare_score_counts_once_whatever_it_stands_for() -> None:
    """The calm points before a spike are no spikes: it must not become usual by them."""
    once, often, slot = Likelihood(), Likelihood(), np.array([0])
    for likelihood, turns in ((once, 1.0), (often, 16.0)):
        likelihood.table.resize(1)
        likelihood.update(slot, np.array([6.0], np.float32), turns=turns)
    for column in ("seen", "mean", "tail"):
        assert once.table[column][0] == often.table[column][0]
