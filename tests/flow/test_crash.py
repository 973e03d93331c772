"""A process that is killed anywhere loses nothing, and what it says twice it says with the same ids."""

import pytest
from streams import METRICS, make_service, poll_of, polls_of, quiet, rows, run

from spear_stream.core.records import AlertEvent
from spear_stream.service import Pace
from spear_stream.testing import CRASH, ListSink, ListSource, RecordingTelemetry, SimulatedKill

SAMPLES = rows(
    {"a": quiet(60, {30: 50.0}), "b": quiet(60, {40: -50.0}, seed=1), "c": quiet(60, {59: 50.0}, seed=2)}
)
POLLS = polls_of(SAMPLES, 20)
NEVER = Pace(commit_interval=1e9)
"""Commits at the end only."""


def identities(events: list[AlertEvent]) -> list[tuple[str, int, str]]:
    return [(event.alert_id, event.sequence, event.type) for event in events]


def undisturbed() -> list[tuple[str, int, str]]:
    sink = ListSink()
    run(make_service(ListSource(POLLS), sink))
    return identities(sink.acknowledged)


def test_the_undisturbed_run_has_an_alert_of_every_series() -> None:
    assert len({alert for alert, _, _ in undisturbed()}) == 3


@pytest.mark.parametrize("polls", range(len(POLLS) + 1))
def test_killed_between_two_polls(polls: int) -> None:
    source, sink = ListSource([*POLLS[:polls], CRASH, *POLLS[polls:]]), ListSink()
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink, pace=NEVER))
    assert source.committed == {}
    run(make_service(source, sink, pace=NEVER))
    assert sorted(set(identities(sink.acknowledged))) == sorted(undisturbed())
    assert source.committed == {METRICS: len(SAMPLES)}


def test_killed_before_the_sink_acknowledged() -> None:
    source, sink, second = ListSource(POLLS), ListSink(), ListSink()
    sink.flush_faults = [SimulatedKill()]
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink, pace=NEVER))
    assert sink.acknowledged == []
    assert source.committed == {}
    run(make_service(source, second, pace=NEVER))
    assert identities(second.acknowledged) == undisturbed()


def test_killed_between_acknowledgement_and_commit() -> None:
    source, sink = ListSource(POLLS), ListSink()
    source.commit_faults = [SimulatedKill()]
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink, pace=NEVER))
    run(make_service(source, sink, pace=NEVER))
    assert identities(sink.acknowledged) == 2 * undisturbed()


def test_killed_after_the_commit_nothing_is_read_again() -> None:
    source, sink = ListSource([*POLLS, CRASH]), ListSink()
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink))
    run(make_service(source, sink))
    assert identities(sink.acknowledged) == undisturbed()


@pytest.mark.parametrize("polls", range(len(POLLS) + 1))
def test_every_record_is_scored_before_it_is_committed(polls: int) -> None:
    """Committing all the time: the next worker begins at the commit and the windows before it were scored."""
    source, first, second = (
        ListSource([*POLLS[:polls], CRASH, *POLLS[polls:]]),
        RecordingTelemetry(),
        RecordingTelemetry(),
    )
    with pytest.raises(SimulatedKill):
        run(make_service(source, ListSink(), telemetry=first))
    assert source.committed.get(METRICS, 0) == first.totals["samples"]
    assert first.totals["scored"] == first.totals["windows"]
    run(make_service(source, ListSink(), telemetry=second))
    assert first.totals["samples"] + second.totals["samples"] == len(SAMPLES)


def test_dead_letters_are_not_lost_either() -> None:
    late = poll_of([SAMPLES[0]], first=len(SAMPLES))
    source, sink = ListSource([*POLLS, late, CRASH]), ListSink()
    with pytest.raises(SimulatedKill):
        run(make_service(source, sink, pace=NEVER))
    assert sink.acknowledged_letters == []
    run(make_service(source, sink, pace=NEVER))
    assert {(letter.offset, letter.reason) for letter in sink.acknowledged_letters} == {
        (len(SAMPLES), "late")
    }
