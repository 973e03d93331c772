"""When a commit stores a snapshot and when a journal, and what other settings make of them."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from streams import METRICS, SETTINGS, SPEC, START, batch, feed, make_detector, quiet, rows

from spear_stream.core import ledger as ledger_module
from spear_stream.core.coarse import EARLIER
from spear_stream.core.detector import Detector
from spear_stream.core.ledger import Ledger, restore
from spear_stream.core.stored import StoredState
from spear_stream.testing import StepScorer

SAMPLES = rows({"a": quiet(120, {30: 50.0, 116: 90.0})})


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


@pytest.mark.parametrize(("block", "hop"), [(0, 1), (8, 1), (8, 3), (8, 9)])
def test_means_of_other_blocks_are_replayed_as_they_were_and_then_begin_anew(block: int, hop: int) -> None:
    older = make_detector(replace(SETTINGS, block=block, hop=hop))
    ledger = Ledger(older)
    changes = []
    for first, last in ((0, 20), (20, 117)):
        step(older, ledger, first, last)
        changes.append(ledger.change(last).data)
    assert older.judging.tables["coarse_likelihood"]["seen"].any() == (block > 0)
    after = make_detector()
    restore(StoredState(changes[0], changes[1:]), after, make_detector)
    begins_anew(after, older)


@pytest.mark.parametrize("scaling", ["unit", "window"])
def test_state_of_before_of_scalings_without_means_is_read(scaling: Literal["unit", "window"]) -> None:
    settings = replace(SETTINGS, spec=replace(SPEC, scaling=scaling, recent=SPEC.length))
    older = make_detector(replace(settings, block=EARLIER))
    ledger = Ledger(older)
    step(older, ledger, 0, 20)
    change = ledger.change(20)
    assert change is not None
    after = make_detector(settings)
    assert restore(StoredState(change.data, []), after, make_detector).series == len(older.roster)
    for name, table in older.state().tables.items():
        for column, values in table.items():
            np.testing.assert_array_equal(after.state().tables[name][column], values)


def begins_anew(after: Detector, older: Detector) -> None:
    """What is known by points is what was known, what is known by means is nothing."""
    known = after.state().tables
    for name in ("quantizer", "windows", "likelihood", "evidence", "alerts"):
        for column, values in older.state().tables[name].items():
            np.testing.assert_array_equal(known[name][column], values)
    for name in ("coarse", "coarse_quantizer", "coarse_likelihood", "coarse_evidence", "judge"):
        assert not any(column.any() for column in known[name].values()), name
        assert after.tables[name].rows == older.windows.table.rows
