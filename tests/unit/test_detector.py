"""From samples to windows, from scores to events; the property tests have the invariants."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from streams import METRICS, MINUTE, OTHER, SETTINGS, SPEC, START, batch, feed, make_detector, quiet, rows

from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.records import ModelInfo
from spear_stream.core.spec import WindowSpec
from spear_stream.testing import ConstantScorer

SERIES_BYTES = 2831
"""What docs/operations.md says a series takes."""


def test_a_series_warms_up_and_then_every_point_has_a_window() -> None:
    observed = make_detector().observe(batch(rows({"a": quiet(12)})), START)
    assert observed.warming_up.tolist() == [True] * 7 + [False] * 5
    assert observed.windows["offset"].tolist() == [7, 8, 9, 10, 11]
    assert observed.windows["points"].tolist() == [8, 9, 10, 11, 12]
    assert observed.accepted.all()
    assert not observed.rejections


def test_a_window_carries_its_newest_point_and_what_was_known_before_it() -> None:
    values = quiet(20)
    detector = Detector(METRICS, 7, SETTINGS, len, lambda _: ModelInfo("m", "b"))
    before = detector.observe(batch(rows({"four": values})), START)
    known = detector.quantizer.expect(np.array([0]))
    window = detector.observe(batch([("four", START + 20 * MINUTE, 99.0)], first=500), START).windows[0]
    assert (window["owner"], window["slot"], window["prompt"]) == (7, 0, 4)
    assert (window["offset"], window["ts"], window["value"]) == (500, START + 20 * MINUTE, 99.0)
    assert (window["centre"], window["scale"]) == (known[0][0], known[1][0])
    assert window["tail_value"].tolist() == [*values[-7:], 99.0]
    assert (window["codes"][:-1] == before.windows[-1]["codes"][1:]).all()


def test_the_hop_leaves_windows_out() -> None:
    detector = make_detector(replace(SETTINGS, hop=3))
    observed = detector.observe(batch(rows({"a": quiet(20)})), START)
    assert observed.windows["points"].tolist() == [9, 12, 15, 16]
    assert observed.windows["offset"].tolist() == [8, 11, 14, 17]


def test_late_and_duplicate_samples_are_refused_and_change_nothing() -> None:
    times = [START, START + MINUTE, START + MINUTE, START, START + 2 * MINUTE]
    detector, plain = make_detector(), make_detector()
    observed = detector.observe(batch([("a", ts, float(i)) for i, ts in enumerate(times)]), START)
    assert [(r.row, r.reason) for r in observed.rejections] == [(2, "duplicate"), (3, "late")]
    assert "60.000 s behind" in observed.rejections[1].detail
    plain.observe(batch([("a", times[i], float(i)) for i in (0, 1, 4)]), START)
    assert detector.quantizer.expect(np.array([0])) == plain.quantizer.expect(np.array([0]))


def test_the_first_sample_of_a_series_may_be_older_than_those_of_others() -> None:
    observed = make_detector().observe(batch([("a", START, 1.0), ("b", 0, 1.0), ("c", 1, 1.0)]), START)
    assert observed.accepted.all()


def test_samples_ahead_of_the_clock_are_refused() -> None:
    detector = make_detector(replace(SETTINGS, max_future_ms=1000))
    observed = detector.observe(batch([("a", START + 1000, 1.0), ("a", START + 1001, 1.0)]), START)
    assert [(r.row, r.reason) for r in observed.rejections] == [(1, "in_the_future")]
    assert detector.observe(batch([("a", START + 1001, 1.0)]), START + 1).accepted.all()


def test_samples_ahead_of_the_clock_lock_no_other_series_out() -> None:
    detector = make_detector(replace(SETTINGS, max_series=1, max_future_ms=1000))
    observed = detector.observe(batch([("a", START + 1001, 1.0), ("b", START, 1.0)]), START)
    assert [(r.row, r.reason) for r in observed.rejections] == [(0, "in_the_future")]
    assert detector.roster.state().names == ["b"]


def test_series_beyond_the_limit_are_refused_and_the_limit_is_named() -> None:
    detector = make_detector(replace(SETTINGS, max_series=2))
    observed = detector.observe(batch([(name, START, 1.0) for name in "abca"]), START)
    assert [(r.row, r.reason) for r in observed.rejections] == [(2, "too_many_series"), (3, "duplicate")]
    assert "limit is 2 series" in observed.rejections[0].detail


def test_an_old_backlog_does_not_make_its_own_series_idle() -> None:
    """Idle is who is silent now, not who has old times: else a backfill would throw itself out."""
    detector = make_detector(replace(SETTINGS, max_series=2, idle_ms=1000))
    detector.observe(batch([("a", 0, 1.0), ("b", 0, 1.0)]), START)
    observed = detector.observe(batch([("c", 0, 1.0), ("a", 1, 1.0)]), START + 10)
    assert observed.accepted.tolist() == [False, True]


def test_a_series_whose_windows_wait_for_the_model_keeps_its_row() -> None:
    detector = make_detector(replace(SETTINGS, max_series=1, idle_ms=1000))
    observed = detector.observe(batch(rows({"a": quiet(10)})), START)
    later = START + 5000
    assert not detector.observe(batch([("b", later, 1.0)]), later).accepted.any()
    detector.judge(observed.windows, ConstantScorer().score(observed.windows))
    assert detector.observe(batch([("b", later, 1.0)]), later).accepted.all()


def test_a_series_that_died_in_an_alert_makes_room_too() -> None:
    detector = make_detector(replace(SETTINGS, max_series=1, idle_ms=1000))
    _, events = feed(detector, batch(rows({"a": quiet(20, {19: 50.0})})))
    assert [event.type for event in events] == ["opened"]
    assert detector.observe(batch([("b", START, 1.0)]), START + 5000).accepted.all()
    assert not detector.alerts.table["is_open"].any()


def test_a_jump_opens_an_alert_at_its_point() -> None:
    detector = make_detector()
    observed, events = feed(detector, batch(rows({"a": quiet(40, {30: 50.0}), "b": quiet(40, seed=1)})))
    assert [(event.series, event.type) for event in events if event.type == "opened"] == [("a", "opened")]
    assert events[0].started_at == START + 30 * MINUTE
    assert events[0].position.offset == 60
    assert (~observed.windows["coarse"]).sum() == 2 * 33


def test_scores_come_back_row_for_row() -> None:
    detector = make_detector()
    observed = detector.observe(batch(rows({"a": quiet(20), "b": quiet(20, seed=1)})), START)
    observed.windows["shift"] = 0.0
    logits = np.arange(len(observed.windows), dtype=np.float32) - 15
    scored, _ = detector.judge(observed.windows, logits)
    assert scored.model.tolist() == pytest.approx((1 / (1 + np.exp(-logits))).tolist())
    for slot in (0, 1):
        assert (np.diff(scored.score[observed.windows["slot"] == slot]) >= 0).all()


def test_extreme_logits_do_not_overflow() -> None:
    detector = make_detector()
    observed = detector.observe(batch(rows({"a": quiet(9)})), START)
    with np.errstate(all="raise", under="ignore"):
        scored, _ = detector.judge(observed.windows, np.array([-3e4, 3e4], np.float32))
    assert scored.model.tolist() == [0.0, 1.0]


def test_nothing_in_gives_nothing_out() -> None:
    detector = make_detector()
    observed = detector.observe(batch([]), START)
    assert len(observed.windows) == len(observed.accepted) == len(observed.rejections) == 0
    assert observed.windows.dtype == SPEC.dtype
    scored, events = detector.judge(observed.windows, np.zeros(0, np.float32))
    assert (len(scored.score), events) == (0, [])


def test_state_is_small_and_linear_in_the_series() -> None:
    detector = make_detector(DetectorSettings(WindowSpec(), SETTINGS.policy))
    assert detector.state_bytes == 0
    detector.observe(batch([(f"s{i}", START, 1.0) for i in range(1000)]), START)
    assert 1000 < detector.state_bytes / 1000 <= SERIES_BYTES


def test_two_partitions_are_two_detectors() -> None:
    one, two = make_detector(), make_detector(source=OTHER)
    samples = rows({"a": quiet(20, {19: 50.0})})
    (opened,), (again,) = feed(one, batch(samples))[1], feed(two, batch(samples, source=OTHER))[1]
    assert opened.alert_id != again.alert_id


def test_the_alert_of_a_forgotten_series_closes_with_its_newest_score() -> None:
    detector = make_detector(replace(SETTINGS, max_series=1, idle_ms=MINUTE))
    (opened,) = feed(detector, batch(rows({"a": quiet(20, {19: 50.0})})))[1]
    after = detector.observe(batch([("a", START + 20 * MINUTE, 60.5)], first=20), START)
    scored, events = detector.judge(after.windows, np.array([1.5], np.float32))
    assert (events, 0 < scored.score[0] < opened.score) == ([], True)
    (closed,) = detector.observe(batch([("b", START + 90 * MINUTE, 1.0)], first=21), START + 90 * MINUTE).told
    assert (closed.type, closed.score, closed.peak_score) == ("closed", scored.score[0], opened.score)


def test_an_alert_that_a_wrong_clock_opened_goes_on_when_time_goes_back() -> None:
    detector = make_detector()
    feed(detector, batch(rows({"a": quiet(30)})))
    ahead = detector.observe(batch([("a", START + 70 * MINUTE, 60.0)], first=30), START)
    (opened,) = detector.judge(ahead.windows, np.array([8.0], np.float32))[1]
    back = batch(rows({"a": quiet(30, seed=1)}, START + 31 * MINUTE), first=31)
    observed, events = feed(detector, back)
    assert observed.accepted.all()
    assert [(event.type, event.alert_id) for event in events] == [("closed", opened.alert_id)]


def test_the_last_window_of_a_forgotten_series_is_about_as_many_points_as_the_others() -> None:
    seen: list[int] = []

    class Reader:
        def kind_of(self, figures: Mapping[str, float]) -> str:
            seen.append(len(figures))
            return "spike"

    settings = replace(SETTINGS, max_series=1, idle_ms=MINUTE, hop=4)
    detector = Detector(
        METRICS, 0, settings, lambda _: 0, lambda _: ModelInfo("test", "none"), kinds=Reader()
    )
    feed(detector, batch(rows({"a": quiet(20, {19: 50.0})})))
    (closed,) = detector.observe(batch([("b", START + 90 * MINUTE, 1.0)], first=20), START + 90 * MINUTE).told
    assert (closed.kind, len(seen)) == ("spike", 2), "whoever reads the kinds is asked for every event"
