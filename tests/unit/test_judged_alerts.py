"""What verdicts say of thresholds, and whether the precision has changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets.feedback import Alert, Verdict
from trainer.judged_alerts import LEAST_PART, LOST, JudgedAlerts, Precision, judged_alerts

HOUR = 3_600_000


def judged(true: list[bool], peaks: list[float] | None = None) -> JudgedAlerts:
    """An alert an hour."""
    given = peaks or [0.5] * len(true)
    alerts = [Alert(f"s{nth % 3}", nth * HOUR, nth * HOUR, peak) for nth, peak in enumerate(given)]
    return JudgedAlerts(tuple(alerts), np.array(true, np.bool_))


def drawn(*parts: tuple[int, float], seed: int = 0) -> JudgedAlerts:
    rng = np.random.default_rng(seed)
    return judged(np.concatenate([rng.random(count) < share for count, share in parts]).tolist())


def test_alerts_are_joined_with_their_verdicts_in_the_order_of_their_beginnings() -> None:
    alerts = {"a": Alert("x", 2 * HOUR, 3 * HOUR), "b": Alert("y", HOUR, HOUR), "c": Alert("z", 0, 0)}
    verdicts = [Verdict("a", "true_positive"), Verdict("b", "false_positive"), Verdict("?", "true_positive")]
    found = judged_alerts(alerts, verdicts)
    assert [alert.series for alert in found.alerts] == ["y", "x"]
    assert found.true.tolist() == [False, True]
    assert found.precision == Precision(1, 2)


def test_the_interval_holds_the_precision_and_narrows() -> None:
    few, many = Precision(3, 4).interval, Precision(300, 400).interval
    assert few[0] < many[0] < 0.75 < many[1] < few[1]
    assert Precision(0, 0).interval == (0.0, 1.0)


def test_groups_have_most_verdicts_first() -> None:
    found = judged([True, False, True, True]).by(lambda alert: alert.series)
    assert list(found.items()) == [
        ("s0", Precision(2, 2)),
        ("s1", Precision(0, 1)),
        ("s2", Precision(1, 1)),
    ]


def test_the_best_threshold_spares_false_alerts_and_hardly_a_true_one() -> None:
    found = judged([True] * 4 + [False] * 3, [0.9, 0.8, 0.7, 0.607, 0.5, 0.4, 0.95])
    best = found.best_threshold
    assert best is not None
    assert (best.score, best.false_spared, best.true_lost) == (0.6, 2, 0)
    assert best.kept == Precision(4, 5)
    assert found.auc == pytest.approx(8 / 12)


@pytest.mark.parametrize("true", [[True] * 5, [False] * 5, [True, False] * 3])
def test_there_is_none_where_none_spares_anything(true: list[bool]) -> None:
    assert judged(true).best_threshold is None


@given(st.lists(st.tuples(st.booleans(), st.floats(0.3, 1.0)), min_size=1, max_size=60))
def test_a_threshold_loses_no_more_than_it_may(alerts: list[tuple[bool, float]]) -> None:
    found = judged([true for true, _ in alerts], [peak for _, peak in alerts])
    if best := found.best_threshold:
        assert best.true_lost <= LOST * found.precision.true
        assert best.false_spared + best.true_lost + best.kept.judged == len(alerts)
        assert best.false_spared > 0


def test_a_fall_is_found_about_where_it_was() -> None:
    change = drawn((120, 0.8), (60, 0.3)).change
    assert change is not None
    assert abs(change.at - 120 * HOUR) < 15 * HOUR
    assert change.before.value > 0.7
    assert change.after.value < 0.45
    assert change.p_value <= 0.01
    assert change.before.judged + change.after.judged == 180


def test_chance_is_seldom_taken_for_a_change() -> None:
    assert sum(drawn((80, 0.6), seed=seed).change is not None for seed in range(20)) <= 1


@pytest.mark.parametrize("count", [0, 1, LEAST_PART, 2 * LEAST_PART - 1])
def test_of_few_verdicts_nothing_is_said(count: int) -> None:
    half = count // 2
    assert judged([True] * half + [False] * (count - half)).change is None


def test_verdicts_of_one_sort_change_nothing() -> None:
    found = judged([True] * 50)
    assert found.change is None
    assert np.isnan(found.auc)


def test_parts_are_all_alerts_in_order() -> None:
    found = drawn((53, 0.5))
    parts = found.parts(4)
    assert [alert for part in parts for alert in part.alerts] == list(found.alerts)
    assert {len(part.alerts) for part in parts} <= {13, 14}
