"""When a series has a window: at once where something is new, ever less often where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
import state_fixture
from hypothesis import given
from hypothesis import strategies as st
from streams import MINUTE, SETTINGS, SPEC, START, batch, feed, make_detector, quiet, rows

from spear_stream.core.detector_settings import CALM_MEANS_SINCE, RULES
from spear_stream.core.errors import StateError
from spear_stream.core.gate import AT_ONCE, DOUBLING, EveryHop, Gate, hops_of
from spear_stream.core.ledger import Restored, restore
from spear_stream.core.quantizer import NOVELTY, NOVELTY_UNIT, binned
from spear_stream.core.records import CodeArray
from spear_stream.core.spec import CHANNELS, LONGEST, WindowSpec

CALM = 16
NOT_ASKED = np.array([False])
SMALLEST = 0.35
"""Novelty of a point in a new cell of the smallest size, of one of both shifts (novelty.py)."""


def codes_of(news: list[bool]) -> CodeArray:
    novelty = np.where(news, SMALLEST, 0.0)
    codes = np.zeros((len(news), len(CHANNELS)), np.uint8)
    codes[:, NOVELTY] = binned(NOVELTY_UNIT * novelty, np.ones(len(news), np.bool_), SPEC.bins)
    return codes


def windows_of(gate: Gate, news: list[bool]) -> list[tuple[int, int]]:
    """Points after which one series has a window, and for how many of them."""
    gate.table.resize(1)
    slot, found = np.array([0]), []
    for points, codes in enumerate(codes_of(news), start=1):
        if gate.due(slot, codes[None], np.array([points]), NOT_ASKED)[0]:
            found.append((points, int(gate.fresh(slot)[0])))
    return found


def test_behind_a_new_point_windows_are_twice_as_far_apart_each_time() -> None:
    news = [False] * 40 + [True] + [False] * 70
    found = windows_of(Gate(SPEC.bins, 1, CALM), news)
    behind = [points - 41 for points, _ in found if points >= 41]
    assert behind == [0, 1, 2, 4, 8, 16, 32, 48, 64]


def test_without_the_doubling_there_is_none_until_the_calm_hop() -> None:
    news = [False] * 40 + [True] + [False] * 70
    found = windows_of(Gate(SPEC.bins, 1, CALM, back_off=AT_ONCE), news)
    assert [points - 41 for points, _ in found if points >= 41] == [0, 16, 32, 48, 64]


def test_a_new_point_has_a_window_at_once_however_calm_it_was() -> None:
    for at in range(100, 100 + CALM):
        news = [False] * at + [True]
        assert windows_of(Gate(SPEC.bins, 1, CALM), news)[-1][0] == at + 1


@pytest.mark.parametrize("back_off", [DOUBLING, AT_ONCE])
@pytest.mark.parametrize("at", range(100, 104))
def test_with_a_hop_it_has_one_with_the_next_that_is_due(at: int, back_off: float) -> None:
    found = [
        points
        for points, _ in windows_of(
            Gate(SPEC.bins, 4, CALM, back_off=back_off), [False] * at + [True] + [False] * 9
        )
    ]
    assert -(-(at + 1) // 4) * 4 in found
    assert all(points % 4 == 0 for points in found)


def test_a_young_series_has_one_every_hop() -> None:
    gate = Gate(SPEC.bins, 2, CALM, young=30)
    assert windows_of(gate, [False] * 30) == [(points, 2) for points in range(2, 31, 2)]


@given(
    st.lists(st.sampled_from([False] * 9 + [True]), min_size=1, max_size=200),
    st.integers(1, 5),
    st.integers(1, 20),
    st.integers(0, 40),
)
def test_every_point_belongs_to_one_window_and_none_waits_longer_than_the_calm_hop(
    news: list[bool], hop: int, more: int, young: int
) -> None:
    found = windows_of(Gate(SPEC.bins, hop, hop + more, young), news)
    starts = [points - fresh for points, fresh in found]
    assert starts == [0, *(points for points, _ in found)][: len(starts)]
    longest = -(-(hop + more) // hop) * hop
    assert all(fresh <= longest for _, fresh in found)
    assert len(news) - (found[-1][0] if found else 0) < longest


@pytest.mark.parametrize("calm_hop", [None, 1, 4])
def test_nothing_is_left_out_where_the_calm_hop_is_not_longer(calm_hop: int | None) -> None:
    hops = hops_of(SPEC, 4, calm_hop)
    assert isinstance(hops, EveryHop)
    assert hops.due(
        np.arange(3), codes_of([True] * 3), np.array([3, 4, 8]), np.ones(3, np.bool_)
    ).tolist() == [False, True, True]
    assert hops.table is None


def test_other_scalings_do_not_know_what_is_new_and_have_a_window_every_hop() -> None:
    assert isinstance(hops_of(WindowSpec(scaling="unit"), 1, CALM), EveryHop)


def test_who_asks_has_a_window_with_the_next_hop_and_only_one() -> None:
    gate, slot, calm = Gate(SPEC.bins, 4, 64), np.array([0]), codes_of([False])
    gate.table.resize(1)
    asked = {202}
    found = [
        points
        for points in range(1, 300)
        if gate.due(slot, calm, np.array([points]), np.array([points in asked]))[0]
    ]
    assert [points for points in found if points > 150] == [192, 204, 268]


def test_calm_of_any_length_is_counted_without_an_overflow() -> None:
    gate, slot, calm = Gate(SPEC.bins, 1, CALM), np.array([0]), codes_of([False])
    gate.table.resize(1)
    gate.table["calm"][:], gate.table["held"][:] = 2 * LONGEST, LONGEST
    with np.errstate(all="raise"):
        due = [bool(gate.due(slot, calm, np.array([n]), NOT_ASKED)[0]) for n in range(40_000, 40_100)]
    assert np.diff(np.flatnonzero(due)).tolist() == [CALM] * 6


@pytest.mark.parametrize("at", range(2000, 2004))
def test_a_spike_in_a_calm_series_is_told_with_its_point_for_a_part_of_the_windows(at: int) -> None:
    samples = batch(rows({"a": quiet(2100, {at: 50.0})}))
    told, windows = [], []
    for calm_hop in (None, 64):
        observed, events = feed(make_detector(replace(SETTINGS, calm_hop=calm_hop)), samples, START)
        windows.append(len(observed.windows))
        told.append([event.position.offset for event in events if event.type == "opened"])
    assert told == [[at], [at]]
    assert windows[1] < windows[0] / 2, "of points and of means"


def test_means_of_calm_series_came_half_as_often_by_earlier_rules() -> None:
    samples = batch(rows({"a": quiet(3000)}))
    late: list[int] = []
    for rules in (CALM_MEANS_SINCE - 1, CALM_MEANS_SINCE):
        windows = make_detector(replace(SETTINGS, calm_hop=32, rules=rules)).observe(samples, START).windows
        late.append(int((windows["coarse"] & (windows["offset"] >= 2000)).sum()))
    assert 1.3 * late[0] < late[1] < 2 * late[0], "those of new means are the same"


def test_a_journal_whose_windows_were_not_all_scored_does_not_fit() -> None:
    """Replayed where more windows are due than then, it would give them the scores of others."""
    told = rows({"a": quiet(300)})
    stored = state_fixture.written(make_detector(replace(SETTINGS, calm_hop=9)), told)
    with pytest.raises(StateError, match="windows without a score"):
        restore(stored, make_detector(), lambda settings: make_detector(replace(settings, calm_hop=None)))


@pytest.mark.parametrize(("points", "told"), [(17, ["opened"]), (21, ["opened", "closed"])])
def test_five_windows_end_an_alert_whatever_the_hop_is(points: int, told: list[str]) -> None:
    at = 2003
    samples = batch(rows({"a": quiet(at + points, {at: 50.0})}))
    events = feed(make_detector(replace(SETTINGS, hop=4)), samples)[1]
    assert [event.type for event in events] == told


def test_an_alert_in_a_calm_series_ends_with_the_windows_behind_it_that_say_so() -> None:
    detector = make_detector(replace(SETTINGS, calm_hop=64))
    at, until = 2000, 2000 + 6
    told = feed(detector, batch(rows({"a": quiet(until, {at: 50.0})})))[1]
    assert [event.type for event in told] == ["opened", "closed"]


@pytest.mark.parametrize("rules", [CALM_MEANS_SINCE - 1, RULES])
@pytest.mark.parametrize(("before", "after"), [(None, 9), (9, None), (9, 3), (2, 16), (8, 8)])
def test_a_worker_may_score_calm_series_more_or_less_often_than_the_one_before(
    before: int | None, after: int | None, rules: int
) -> None:
    """The journal is replayed by the settings it was written with; what follows is watched by new ones."""
    written = replace(SETTINGS, calm_hop=before, rules=rules)
    goes_on = replace(SETTINGS, calm_hop=after)
    told = rows({"a": quiet(300), "b": quiet(300, seed=1)})
    stored = state_fixture.written(make_detector(written), told)
    expected, found = make_detector(written), make_detector(goes_on)
    feed(expected, batch(told))
    assert restore(stored, found, make_detector) == Restored(offset=len(told), series=2)
    for name in ("quantizer", "windows", "likelihood", "evidence", "alerts"):
        for column, values in expected.tables[name].state().items():
            np.testing.assert_array_equal(found.tables[name][column], values, err_msg=f"{name}.{column}")
    assert feed(found, batch(rows({"a": [99.0]}, START + 300 * MINUTE), len(told)))[1]


def test_every_point_is_scored_once_and_calibrates_once() -> None:
    """Fresh points of the windows add up, and so do the turns that the calibration counts them for."""
    samples = batch(rows({"a": known(400)}))
    for hop, calm_hop in ((1, 8), (4, 16), (4, None)):
        detector = make_detector(replace(SETTINGS, hop=hop, calm_hop=calm_hop, block=0))
        windows = feed(detector, samples)[0].windows
        assert windows["fresh"].sum() == windows["seen"][-1] - windows["seen"][0] + hop
        assert detector.judging.likelihood.table["seen"][0] == windows["fresh"].sum() / hop
        assert (windows["fresh"].min(), windows["fresh"].max()) == (hop, calm_hop or hop)


@pytest.mark.parametrize("hops", [(1, 16), (4, 16), (2, 8)])
def test_what_a_new_mean_shows_is_told_with_its_block(hops: tuple[int, int]) -> None:
    """Its points have all been seen: without a window of theirs the mean behind would hide it."""
    values = known(400)
    values[320:324] = [12.0] * 4
    detector = make_detector(replace(SETTINGS, hop=hops[0], calm_hop=hops[1]))
    windows = detector.observe(batch(rows({"a": values})), START).windows
    points, means = (windows["offset"][windows["coarse"] == of] for of in (False, True))
    told = means[means >= 323][0]
    assert told < 323 + 2 * hops[0], "a mean like no other has its window at once"
    assert told in points


def known(points: int) -> list[float]:
    """Values that come again and again: nothing is new of them, and their means are all alike."""
    return [8.0, 12.0] * (points // 2)
