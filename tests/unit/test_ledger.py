"""When a commit stores a snapshot and when a journal, and what other settings make of them."""

from dataclasses import replace

import pytest
from streams import METRICS, SETTINGS, START, batch, feed, make_detector, quiet, rows

from spear_stream.core import ledger as ledger_module
from spear_stream.core.detector import Detector
from spear_stream.core.ledger import MEANS, Ledger, restore
from spear_stream.core.stored import StoredState
from spear_stream.testing import StepScorer

SAMPLES = rows({"a": quiet(120, {30: 50.0})})


def step(detector: Detector, ledger: Ledger, first: int, last: int) -> None:
    samples = batch(SAMPLES[first:last], first)
    ledger.journal.observed(samples, START)
    windows = detector.observe(samples, START).windows
    logits = StepScorer(detector.settings.spec).score(windows)
    ledger.journal.judged(logits)
    detector.judge(windows, logits)


def kinds(changes: int, per_change: int = 1) -> list[bool]:
    detector = make_detector()
    ledger = Ledger(detector)
    found = []
    for number in range(changes):
        step(detector, ledger, number * per_change, (number + 1) * per_change)
        found.append(ledger.change(number).snapshot)
    return found


def test_the_first_change_is_a_snapshot_and_journals_follow() -> None:
    assert kinds(5) == [True, False, False, False, False]


def test_a_journal_that_cost_as_much_as_its_snapshot_ends_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger_module, "LEAST_JOURNAL", 3 * ledger_module.RECORD_COST)
    assert kinds(7) == [True, False, False, False, True, False, False]


def test_a_journal_is_much_smaller_than_a_snapshot() -> None:
    detector = make_detector()
    ledger = Ledger(detector)
    step(detector, ledger, 0, 30)
    snapshot = ledger.change(30)
    step(detector, ledger, 30, 31)
    journal = ledger.change(31)
    assert (snapshot.partition, journal.partition) == (METRICS, METRICS)
    assert len(journal.data) < len(snapshot.data) / 3


def test_a_replay_goes_by_the_settings_of_its_time_and_what_follows_by_the_new_ones() -> None:
    """The journal has logits for every point; the new hop would want those of every fourth."""
    detector = make_detector()
    ledger = Ledger(detector)
    step(detector, ledger, 0, 20)
    changes = [ledger.change(20).data]
    step(detector, ledger, 20, 31)
    changes.append(ledger.change(31).data)
    after = make_detector(replace(SETTINGS, hop=4))
    found = restore(StoredState(changes[0], changes[1:]), after, make_detector)
    assert found.offset == 31
    assert after.alerts.table["is_open"][0], "the jump at 30 opened it"
    observed, _ = feed(after, batch(SAMPLES[31:39], 31))
    assert (~observed.windows["coarse"]).sum() == 2


@pytest.mark.parametrize("block", [0, 8])
def test_means_of_other_blocks_are_replayed_as_they_were_and_then_begin_anew(block: int) -> None:
    older = make_detector(replace(SETTINGS, block=block))
    ledger = Ledger(older)
    step(older, ledger, 0, 20)
    changes = [ledger.change(20).data]
    step(older, ledger, 20, 120)
    assert older.judging.tables["coarse_likelihood"]["seen"].any() == (block > 0)
    changes.append(ledger.change(120).data)
    after = make_detector()
    restore(StoredState(changes[0], changes[1:]), after, make_detector)
    assert after.alerts.table["is_open"][0] == older.alerts.table["is_open"][0]
    assert after.windows.table["points"][0] == older.windows.table["points"][0] > 0
    for name in MEANS:
        assert not any(column.any() for column in after.tables[name].state().values()), name
        assert after.tables[name].rows == 1
