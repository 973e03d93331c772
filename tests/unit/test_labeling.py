"""Automatic labels: the published tests, point by point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spear_stream.core.errors import ConfigError
from trainer.labeling import CHUNK, KINDS, LabelRule, is_anomalous, label_kinds, scaled

RULE = LabelRule()


def one_by_one(window: np.ndarray, rule: LabelRule) -> list[bool]:
    """The published tests on one window, as SciPy has them."""
    fit = stats.linregress(np.arange(len(window)), window)
    steps, half = np.abs(np.diff(window)), len(window) // 2
    return [
        abs(fit.slope) > rule.slope and fit.pvalue < rule.p_value,
        steps[-1] > steps.mean() + rule.deviations * steps.std(),
        stats.ttest_ind(window[:half], window[half:]).pvalue < rule.p_value,
        stats.levene(window[:half], window[half:]).pvalue < rule.p_value,
    ]


@pytest.mark.parametrize("rule", [RULE, LabelRule(window=20, slope=0.002, p_value=0.2, deviations=2)])
def test_every_point_is_judged_by_the_window_that_ends_with_it(rule: LabelRule) -> None:
    values = np.cumsum(np.random.default_rng(1).standard_t(3, 400))
    found = label_kinds(values, rule)
    assert not found[: rule.window - 1].any()
    for point in range(rule.window - 1, 400, 7):
        window = scaled(values)[point + 1 - rule.window : point + 1]
        assert found[point].tolist() == one_by_one(window, rule)
    assert found.any(axis=0).all()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("trend", lambda t: np.clip(t - 100, 0, 40) / 40),
        ("spike", lambda t: np.where(t == 120, 1.0, 0)),
        ("shift", lambda t: np.where(t >= 120, 1.0, 0)),
        ("volatility", lambda t: np.where(t >= 120, (-1.0) ** t, 0)),
    ],
)
def test_what_a_test_is_for_is_found_when_it_begins(kind: str, change: object) -> None:
    t = np.arange(200)
    values = 0.001 * np.random.default_rng(0).normal(size=200) + change(t)  # type: ignore[operator]
    found = label_kinds(values, LabelRule(kinds=(kind,)))[:, 0]
    assert found[118:140].any()


@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), max_size=90))
def test_labels_never_fail_and_do_not_depend_on_the_unit(values: list[float]) -> None:
    assert label_kinds(np.array(values), RULE).shape == (len(values), len(KINDS))
    plain = np.round(np.clip(np.array(values), -1e3, 1e3))
    np.testing.assert_array_equal(label_kinds(plain, RULE), label_kinds(plain * 2.0**7, RULE))


def test_a_constant_series_has_no_label() -> None:
    assert not label_kinds(np.full(100, 7.0), RULE).any()


def test_long_series_are_tested_in_parts_without_a_seam() -> None:
    values = np.random.default_rng(2).normal(size=CHUNK + 100)
    values[[0, 1]] = -9, 9  # both have the same range, so the same scale
    late = np.concatenate([[-9.0, 9.0], values[CHUNK - 50 :]])
    np.testing.assert_array_equal(label_kinds(values, RULE)[CHUNK:], label_kinds(late, RULE)[52:])


def test_several_tests_can_be_asked_for() -> None:
    kinds = np.array([[True, False, True, False], [True, False, False, False], [False] * 4])
    assert is_anomalous(kinds, RULE).tolist() == [True, True, False]
    assert is_anomalous(kinds, LabelRule(min_kinds=2)).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [{"window": 4}, {"p_value": 0.0}, {"kinds": ("jump",)}, {"min_kinds": 5}, {"deviations": 0.0}],
)
def test_a_rule_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        LabelRule(**wrong)  # type: ignore[arg-type]
