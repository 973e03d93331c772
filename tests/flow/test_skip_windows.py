"""Overload with scoring.overload=skip_windows: the loop keeps up, the state stays exact."""

from typing import Any

import pytest
from flow.test_backlog import LIMITS, PACE, SAMPLES, World, undisturbed
from streams import METRICS, poll_of, polls_of, quiet, rows

from spear_stream.core.batcher import BatchLimits
from spear_stream.testing import CRASH, SimulatedKill

SKIPS = BatchLimits(max_windows=4, max_delay=0.5, skip_after=1.0)
POLLS = polls_of(SAMPLES, 50)


def life(script: list[Any], **options: Any) -> World:
    """Worker after worker until one lives to the end."""
    world = World(script)
    for _ in range(20):
        service = world.worker(limits=SKIPS, **options)
        try:
            service.start()
            while not service.finished:
                service.step()
            service.drain()
        except SimulatedKill:
            continue
        return world
    pytest.fail("killed for ever")


def test_it_is_faster_than_scoring_everything_and_says_what_it_left_out() -> None:
    world, patient = life(POLLS), World(POLLS)
    service = patient.worker(limits=LIMITS)
    service.start()
    while not service.finished:
        service.step()
    service.drain()
    assert world.clock.monotonic() < patient.clock.monotonic() / 2
    totals = world.telemetry.totals
    assert totals["windows_skipped"] > totals["windows"] / 2
    assert totals["scored"] + totals["windows_skipped"] == totals["windows"]
    assert totals["samples"] == len(SAMPLES), "every point is learnt from"
    assert world.source.committed == {METRICS: len(SAMPLES)}


def test_a_restart_goes_on_with_the_state_that_the_skipped_windows_left() -> None:
    """Journals replay what was skipped: the restored state is that of the worker that wrote them."""
    jumps = {24: 50.0, 49: -80.0, 74: 200.0}  # each the newest point of its series in its poll
    samples = rows({"x": quiet(75, jumps), **{f"s{n}": quiet(75, seed=n) for n in range(9)}})
    polls: list[Any] = polls_of(samples, 50)
    time_to_commit: list[Any] = [{}] * 12
    world = life([*polls[:5], *time_to_commit, CRASH, *polls[5:10], *time_to_commit, CRASH, *polls[10:]])
    assert world.telemetry.totals["restored"] > 0
    assert world.telemetry.totals["windows_skipped"] > 0
    assert world.source.committed == {METRICS: len(samples)}
    assert len(set(world.events)) == len(world.events), "nothing is doubled"
    sequences: dict[str, list[int]] = {}
    for _, alert, sequence in world.events:
        sequences.setdefault(alert, []).append(sequence)
    assert max(map(len, sequences.values())) > 1
    assert all(found == list(range(len(found))) for found in sequences.values()), "in order, none is missing"


def test_nothing_is_skipped_while_the_model_keeps_up() -> None:
    world = life([item for poll in polls_of(SAMPLES, 4) for item in (poll, {}, {}, {})])
    assert world.telemetry.totals["windows_skipped"] == 0
    assert world.events == undisturbed(POLLS)


def test_the_newest_window_of_every_series_is_scored() -> None:
    samples = rows({"x": quiet(60, {59: 50.0}), **{f"s{n}": quiet(60, seed=n) for n in range(9)}})
    world = life([poll_of(samples)])
    assert world.telemetry.totals["windows_skipped"] > 0
    assert {series for series, _, _ in world.events} == {"x"}


def test_memory_is_bounded_where_the_series_alone_are_too_many() -> None:
    samples = rows({f"s{number}": quiet(12, seed=number) for number in range(400)})
    world = World(polls_of(samples, 200))
    service = world.worker(limits=BatchLimits(max_windows=4, max_pending=300, skip_after=1.0), pace=PACE)
    service.start()
    while not service.finished:
        service.step()
        pending, _ = world.telemetry.loads[-1]
        assert pending <= 300 + 200
    service.drain()
