"""T-SMOTE against its definition, and what the trainer makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import PAD, WindowSpec
from trainer.batches import BatchPlan, make_batch
from trainer.cutting import TrainingBatch
from trainer.oversampling import mix
from trainer.tsmote import TSmotePlan, kept_leads, sample, spy_threshold, synthesize

SPEC = WindowSpec()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_threshold_is_the_highest_score_of_a_spy() -> None:
    positive, negative = np.full((10, 1), 9.0, np.float32), np.arange(100, dtype=np.float32)[:, None]
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def fit(windows: np.ndarray, labels: np.ndarray) -> object:
        seen.append((windows, labels))
        return lambda rows: rows[:, 0] / 100

    scorer, threshold = spy_threshold(rng(), positive, negative, 0.15, fit)  # type: ignore[arg-type]
    windows, labels = seen[0]
    spies = windows[10:25, 0]
    assert labels.tolist() == [True] * 25 + [False] * 85  # 15 spies among the positives
    assert sorted(np.concatenate([spies, windows[25:, 0]])) == list(range(100))
    assert threshold == pytest.approx(spies.max() / 100)
    assert scorer(positive)[0] == pytest.approx(0.09)
    _, lower = spy_threshold(rng(), positive, negative, 0.15, fit, quantile=0.5)  # type: ignore[arg-type]
    assert lower == pytest.approx(np.median(spies) / 100)


def test_leads_are_kept_while_their_mean_score_reaches_the_threshold() -> None:
    scores = np.array([[0.9, 0.8, 0.6, 0.9], [0.9, 0.6, 0.2, 0.9]])
    assert kept_leads(scores, 0.7) == 2  # the fourth is high again, but behind a gap
    assert kept_leads(scores, 0.95) == 0
    assert kept_leads(scores, 0.1) == 4


def test_neighbours_are_mixed_by_a_beta_draw_of_their_scores() -> None:
    scores = np.array([[0.9, 0.1, 0.3]])
    made = synthesize(rng(), scores, 40_000)
    first = made.lead == 0
    # The count of a pair goes with the score of its nearer window: 0.9 to 0.1.
    assert first.mean() == pytest.approx(0.9, abs=0.01)
    # Beta(a, b) has mean a / (a + b) and variance ab / ((a + b)^2 (a + b + 1)).
    assert made.alpha[first].mean() == pytest.approx(0.9, abs=0.01)
    assert made.alpha[first].var() == pytest.approx(0.9 * 0.1 / 2, abs=0.005)
    assert made.alpha[~first].mean() == pytest.approx(0.25, abs=0.02)
    near, far = scores[0, made.lead], scores[0, made.lead + 1]
    np.testing.assert_allclose(made.score, made.alpha * near + (1 - made.alpha) * far)


def test_neighbours_belong_to_one_event() -> None:
    made = synthesize(rng(), np.full((5, 4), 0.5), 1000)
    assert set(made.event) == set(range(5))
    assert set(made.lead) == {0, 1, 2}  # the last lead has no later neighbour


def test_sampling_weighs_by_what_a_score_exceeds_the_threshold() -> None:
    drawn = sample(rng(), np.array([0.5, 0.6, 0.9, 0.2]), 0.5, 40_000)
    assert set(drawn) == {1, 2}
    assert (drawn == 2).mean() == pytest.approx(0.8, abs=0.01)
    assert len(sample(rng(), np.array([0.1]), 0.5, 10)) == 0


def window(code: int, *, anomalous: bool) -> TrainingBatch:
    flags = np.full((1, SPEC.length), anomalous)
    codes = np.full((1, SPEC.length, 4), code, np.uint8)
    return TrainingBatch(codes, flags, np.full_like(flags, fill_value=True))


def test_codes_are_mixed_only_where_both_are_bins() -> None:
    near, far = window(100, anomalous=True), window(20, anomalous=False)
    near.codes[0, 0], far.codes[0, 1] = PAD, SPEC.bins + 3
    mixed = mix(SPEC, near, far, np.array([0.75]))
    assert mixed.codes[0, :3, 0].tolist() == [PAD, 100, 80]
    assert mixed.label[0, -1]
    assert mixed.counts[0].tolist() == [False] * (SPEC.length - 1) + [True]


def test_the_trainer_adds_early_windows_that_are_positive_and_repeats_them() -> None:
    plain = BatchPlan(series=4, windows_per_series=4, points=400)
    plan = replace(plain, tsmote_share=0.5, tsmote_leads=4, tsmote_spy_quantile=0.5)
    without, batch = make_batch(SPEC, plain, 3, 5), make_batch(SPEC, plan, 3, 5)
    assert (len(without), len(batch)) == (16, 24)
    np.testing.assert_array_equal(batch.codes[:16], without.codes)
    assert batch.label[16:, -1].all()
    assert batch.counts[16:, -1].all()
    again = make_batch(SPEC, plan, 3, 5)
    np.testing.assert_array_equal(batch.codes, again.codes)
    assert not np.array_equal(batch.codes[16:], make_batch(SPEC, plan, 3, 6).codes[16:])


@pytest.mark.parametrize("wrong", [{"share": 2.0}, {"spies": 0.0}, {"leads": 1}, {"spy_quantile": 0.0}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        TSmotePlan(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        BatchPlan(**{f"tsmote_{name}": value for name, value in wrong.items()})  # type: ignore[arg-type]


def test_series_that_are_younger_than_the_first_window_are_no_obstacle() -> None:
    plan = BatchPlan(series=4, points=256, young_share=0.5, tsmote_share=0.1)
    assert len(make_batch(WindowSpec(min_points=128), plan, 0, 0)) >= 4 * plan.windows_per_series
