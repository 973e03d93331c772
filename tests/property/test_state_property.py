"""A restart anywhere changes nothing: events, scores and state are the same, bit for bit.

Some windows are skipped, as in an overload.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import METRICS, MINUTE, SETTINGS, START, batch

from spear_stream.core import ledger as ledger_module
from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.fleet import Fleet
from spear_stream.core.records import AlertEvent, ModelInfo, Scored
from spear_stream.core.stored import StoredState
from spear_stream.testing import StepScorer

VALUES = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 50.0, -50.0, 1e30, 1e-9])
ROWS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0] * 6 + [-2, 1, 30]), VALUES), max_size=25)
POLLS = st.lists(st.tuples(ROWS, st.booleans(), st.booleans()), min_size=1, max_size=14)
"""Each poll: rows of (series, minutes, value), whether its windows are judged at once, whether the
process restarts after it."""
CROWDED = replace(SETTINGS, max_series=3, idle_ms=2 * MINUTE)
IMPATIENT = replace(SETTINGS, silent_ms=MINUTE)
MISSED = replace(IMPATIENT, policy=AlertPolicy(no_data="warning"))


class Life:
    """A partition's detector with its stored state, and all that came of it."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._scorer = StepScorer(settings.spec)
        self.stored: StoredState | None = None
        self.events: list[AlertEvent] = []
        self.scores: list[Scored] = []
        self.snapshots = 0
        self.start()

    def start(self) -> None:
        self.fleet = Fleet(self._settings, lambda _: 0, lambda _: ModelInfo("t", "n"), lambda *_: None)
        self.fleet.assign(METRICS)
        self.fleet.keep(METRICS, self.stored)
        self._waiting: list[np.ndarray] = []

    def poll(self, rows: list[tuple[int, int, float]], first: int, minute: int, *, judged: bool) -> None:
        now = START + minute * MINUTE
        samples = [(f"s{series}", now + offset * MINUTE, value) for series, offset, value in rows]
        observed = self.fleet.observe(batch(samples, first), now)
        self.events += observed.told
        self._waiting.append(observed.windows)
        if judged:
            self.judge()

    def judge(self) -> None:
        for windows in self._waiting:
            logits = self._scorer.score(windows)
            logits[windows["offset"] % 7 == 3] = np.nan  # skipped
            scored, events = self.fleet.judge(windows, logits)
            self.scores.append(scored)
            self.events += events
        self._waiting = []

    def commit(self, offset: int) -> None:
        self.judge()
        change = self.fleet.change(METRICS, offset)
        assert change is not None
        self.snapshots += change.snapshot
        if change.snapshot:
            self.stored = StoredState(change.data, ())
        else:
            assert self.stored is not None
            self.stored = StoredState(self.stored.snapshot, (*self.stored.journal, change.data))

    def state(self) -> tuple[object, dict[str, bytes]]:
        state = self.fleet._detectors[METRICS].state()
        columns = {
            f"{table}.{name}": column.tobytes()
            for table, columns in state.tables.items()
            for name, column in columns.items()
        }
        roster = state.roster
        return (roster.names, roster.free, roster.heard.tolist()), columns


def lives(polls: list[tuple[list[tuple[int, int, float]], bool, bool]], settings: DetectorSettings) -> Life:
    """The life with the restarts, compared with one that has none."""
    calm, restless = Life(settings), Life(settings)
    first = 0
    for minute, (rows, judged, restart) in enumerate(polls):
        for life in (calm, restless):
            life.poll(rows, first, minute, judged=judged)
        first += len(rows)
        if not judged or restart:
            calm.commit(first)
            restless.commit(first)
        if restart:
            restless.start()
            assert restless.state() == calm.state()
    for life in (calm, restless):
        life.judge()
    assert restless.state() == calm.state()
    assert restless.events == calm.events
    for mine, other in zip(restless.scores, calm.scores, strict=True):
        assert mine.score.tobytes() == other.score.tobytes()
        assert mine.model.tobytes() == other.model.tobytes()
    return restless


@settings(max_examples=60, deadline=None)
@given(POLLS)
def test_a_restart_changes_nothing(polls: list[tuple[list[tuple[int, int, float]], bool, bool]]) -> None:
    lives(polls, SETTINGS)


@pytest.mark.parametrize("how", [SETTINGS, CROWDED], ids=["for-all", "crowded"])
@settings(max_examples=20, deadline=None)
@given(polls=POLLS)
def test_a_restart_changes_nothing_where_calm_series_have_few_windows(
    how: DetectorSettings, polls: list[tuple[list[tuple[int, int, float]], bool, bool]]
) -> None:
    calm = [(series, at - 320, at % 2 * 2.0) for at in range(320) for series in range(3)]
    life = lives([(calm, True, True), *polls], replace(how, hop=2, calm_hop=9))
    scored = np.isfinite(life.scores[0].score).sum()
    assert 0 < scored < 0.35 * len(calm), "one in two without the gate"


@settings(max_examples=60, deadline=None)
@given(POLLS)
def test_a_restart_changes_nothing_where_series_make_room_for_others(
    polls: list[tuple[list[tuple[int, int, float]], bool, bool]],
) -> None:
    lives(polls, CROWDED)


def alarm() -> list[tuple[list[tuple[int, int, float]], bool, bool]]:
    """Polls of two series; an alert of s0 opens with the last."""
    values = np.random.default_rng(0).normal(size=(21, 2))
    values[-1, 0] += 90.0
    return [([(0, 0, one), (1, 0, other)], True, False) for one, other in values.tolist()]


@settings(max_examples=60, deadline=None)
@given(POLLS)
def test_a_restart_changes_nothing_where_a_series_goes_silent(
    polls: list[tuple[list[tuple[int, int, float]], bool, bool]],
) -> None:
    others = [([(1 + series % 4, at, value) for series, at, value in rows], *how) for rows, *how in polls]
    lives([*alarm(), *others], IMPATIENT)
    lives([*alarm(), *others, ([(0, 0, 0.5)], True, True)], MISSED)


@pytest.mark.parametrize("every", [1, 3, 9, 100])
def test_silence_is_told_once_wherever_the_worker_restarts(every: int) -> None:
    alone = [([(1, 0, 0.5)], True, number % every == 0) for number in range(1, 20)]
    life = lives([*alarm(), *alone], IMPATIENT)
    assert [(event.type, event.resolution) for event in life.events] == [
        ("opened", None),
        ("closed", "silent"),
    ]


def test_snapshots_between_journals_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "LEAST_JOURNAL", ledger_module.RECORD_COST)
    monkeypatch.setattr(ledger_module, "RECORD_COST", 10**9)
    quiet = np.random.default_rng(0).normal(size=(40, 4)).tolist()
    quiet[25][0] += 90.0
    polls = [
        ([(series, 0, value) for series, value in enumerate(values)], bool(number % 3), number % 5 == 4)
        for number, values in enumerate(quiet)
    ]
    life = lives(polls, SETTINGS)
    assert [event.type for event in life.events] == ["opened", "closed"]
    assert life.snapshots > 4
