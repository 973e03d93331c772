"""Prompts that change while a worker runs: nothing pauses, nothing of the champion is disturbed."""

from dataclasses import replace
from typing import Any

import pytest
from rollouts import BROKEN, BROKEN_REF, ONE, ONE_REF, TWO, TWO_REF, Site, champion
from streams import METRICS, OTHER, SETTINGS, poll_of, polls_of, quiet, rows, run

from spear_stream.core.batcher import BatchLimits
from spear_stream.core.control import Artefact, ArtefactPut, RolesPut, Unusable
from spear_stream.core.errors import BrokerError
from spear_stream.core.records import AlertEvent
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.service import Pace, Service
from spear_stream.testing import (
    ListControl,
    ListSource,
    ListTransaction,
    MemoryState,
    Rebalance,
    checkpoint_ref,
)
from spear_stream.transport.events import encode_event

SAMPLES = rows({name: quiet(200, {60: 50.0, 150: -500.0}, seed=n) for n, name in enumerate("ab")})
POLLS = polls_of(SAMPLES, 20)
HALF = len(POLLS) // 2


def checkpoints(events: list[AlertEvent]) -> dict[str, list[str]]:
    """The checkpoint of each event, by series."""
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event.series, []).append(event.model.checkpoint)
    return found


def steps(site: Site, service: Service, count: int) -> None:
    for _ in range(count):
        service.step()
        site.clock.advance(1.0)


def live(site: Site, put: Any, **more: Any) -> None:
    """A whole life; `put` is called half way."""
    service = site.service(ListSource(POLLS), **more)
    service.start()
    steps(site, service, HALF)
    put(site.control)
    steps(site, service, len(POLLS) - HALF)
    service.drain()


def opened(events: list[AlertEvent]) -> list[tuple[str, str]]:
    return [(event.series, event.model.checkpoint) for event in events if event.type == "opened"]


def test_prompts_of_the_topic_score_from_the_first_window() -> None:
    site = Site(ListControl([ArtefactPut(ONE.digest, ONE), RolesPut("a*", champion(ONE_REF))]))
    run(site.service(ListSource(POLLS)))
    assert set(checkpoints(site.sink.events)["a"]) == {"one"}
    assert set(checkpoints(site.sink.events)["b"]) == {"settings"}
    assert site.control.closed


def test_a_swap_between_two_batches_loses_no_window() -> None:
    plain, site = Site(), Site()
    run(plain.service(ListSource(POLLS)))
    live(site, lambda control: control.put("*", champion(ONE_REF), ONE))
    assert opened(site.sink.events) == [("a", "settings"), ("b", "settings"), ("a", "one"), ("b", "one")]
    assert [e.alert_id for e in site.sink.events if e.type == "opened"] == [
        e.alert_id for e in plain.sink.events if e.type == "opened"
    ]


def test_windows_that_wait_are_scored_by_the_prompt_they_were_captured_for() -> None:
    site = Site()
    limits, pace = BatchLimits(max_delay=1e9), Pace(commit_interval=1e9)
    service = site.service(ListSource(POLLS), limits=limits, pace=pace)
    service.start()
    site.control.put("*", champion(ONE_REF), ONE)
    steps(site, service, HALF)
    site.control.put("*", champion(TWO_REF, ONE_REF), TWO)
    steps(site, service, 2)
    assert set(site.scorer.prompts) == {0, 1, 2}, "prompts of waiting windows stay"
    service.drain()
    assert len(site.sink.events) > 0


def test_prompts_that_nobody_uses_go() -> None:
    site = Site()
    service = site.service(ListSource([{}] * 9))
    service.start()
    for ref, artefact in ((ONE_REF, ONE), (TWO_REF, TWO), (ONE_REF, ONE), (TWO_REF, TWO)):
        site.control.put("*", champion(ref), artefact)
        steps(site, service, 2)
    assert sorted(name for name, _ in site.scorer.prompts.values()) == ["settings", "two"]


@pytest.mark.parametrize(
    "change",
    [
        lambda control: control.put("*", champion(BROKEN_REF), BROKEN),
        lambda control: control.put("*", champion(TWO_REF)),  # never sent
        lambda control: control.changes.append(ArtefactPut(TWO.digest, ONE)),
        lambda control: control.changes.append(Unusable("not_control", "junk")),
    ],
    ids=["broken", "absent", "other bytes", "junk"],
)
def test_a_broken_roll_out_is_told_and_the_last_good_one_stays(change: Any) -> None:
    site = Site(ListControl([ArtefactPut(ONE.digest, ONE), RolesPut("*", champion(ONE_REF))]))
    live(site, change)
    assert {name for _, name in opened(site.sink.events)} == {"one"}
    assert len(opened(site.sink.events)) == 4
    assert len(site.told.troubles) == 1


def test_after_a_restart_a_broken_champion_gives_way_to_the_one_before() -> None:
    site = Site()
    site.control.put("*", champion(BROKEN_REF, ONE_REF), ONE, BROKEN)
    run(site.service(ListSource(POLLS)))
    assert {name for _, name in opened(site.sink.events)} == {"one"}


def test_a_broken_checkpoint_is_told_once_and_taken_when_it_is_mended() -> None:
    site = Site()
    late = CheckpointRef(TWO.digest, "two", "then")
    site.control.put("*", champion(late))
    service = site.service(ListSource([*POLLS]))
    service.start()
    site.control.put("other", champion(ONE_REF), ONE)
    steps(site, service, 2)
    assert [reason for reason, _ in site.told.troubles] == ["bad_checkpoint"]
    site.control.changes.append(ArtefactPut(TWO.digest, TWO))
    steps(site, service, len(POLLS) - 2)
    assert {name for _, name in opened(site.sink.events)} == {"two"}


def test_a_control_topic_that_cannot_be_read_stops_nothing() -> None:
    site = Site()
    service = site.service(ListSource(POLLS))
    service.start()
    site.control.poll_faults = [BrokerError("no access"), BrokerError("no access")]
    steps(site, service, len(POLLS))
    assert len(opened(site.sink.events)) == 4
    assert {reason for reason, _ in site.told.troubles} == {"unreadable"}


def test_a_removed_tenant_is_scored_by_the_settings_again() -> None:
    site = Site(ListControl([ArtefactPut(ONE.digest, ONE), RolesPut("*", champion(ONE_REF))]))
    live(site, lambda control: control.put("*", None))
    assert [name for _, name in opened(site.sink.events)] == ["one", "one", "settings", "settings"]


def test_a_calibration_knows_over_restarts_which_checkpoint_made_it() -> None:
    """A champion that came while no worker ran is told from the one that was calibrated."""
    state, source = MemoryState(), ListSource(POLLS[:HALF])
    site = Site()
    run(site.service(source, state=state, transaction=ListTransaction(source, site.sink, state)))
    seen: dict[str, list[float]] = {}
    for name, roles in (("same", None), ("other", champion(ONE_REF))):
        later = Site()
        if roles is not None:
            later.control.put("*", roles, ONE)
        rest = ListSource(POLLS[HALF : HALF + 1])
        service = later.service(rest, state=state, transaction=ListTransaction(rest, later.sink))
        service.start()
        service.step()
        seen[name] = service._fleet._detectors[METRICS].judging.likelihood.table["seen"][:2].tolist()
    assert seen["same"] == [103.0, 103.0]
    assert seen["other"] == [11.0, 11.0], "the old calibration counts for one, then ten scores of the new"


def test_a_shadow_changes_no_byte_of_the_champions_alerts_and_state() -> None:
    states = []
    for roles in (None, Roles(challenger=checkpoint_ref(Artefact(b"wild", b"9.0")))):
        site, state = Site(), MemoryState()
        if roles is not None:
            site.control.put("*", roles, Artefact(b"wild", b"9.0"))
        source = ListSource(POLLS)
        transaction = ListTransaction(source, site.sink, state)
        run(site.service(source, state=state, transaction=transaction))
        states.append(([encode_event(e) for e in site.sink.acknowledged], state.stored))
        assert bool(site.shadow.events) == (roles is not None)
    assert states[0] == states[1]


def test_a_challenger_raises_would_be_alerts_and_is_compared() -> None:
    site = Site()
    site.control.put("*", Roles(champion=ONE_REF, challenger=TWO_REF), ONE, TWO)
    run(site.service(ListSource(POLLS)))
    assert opened(site.shadow.events) == [("a", "two"), ("b", "two")], "the first 64 scores only calibrate"
    assert [e.alert_id for e in site.shadow.events if e.type == "opened"] == [
        e.alert_id for e in site.sink.events if e.type == "opened"
    ][2:]
    assert site.told.opened == {"champion": 2, "challenger": 2}
    assert site.told.compared.total() == 2 * (200 - SETTINGS.spec.min_points + 1 - 64)
    assert site.told.compared[True, True] >= 2
    assert [use.role for use in site.told.uses[-1]] == ["champion", "challenger"]


def test_a_share_of_the_series_is_in_the_shadow() -> None:
    site = Site()
    site.control.put("b*", Roles(challenger=TWO_REF), TWO)
    run(site.service(ListSource(POLLS)))
    assert {event.series for event in site.shadow.events} == {"b"}


def test_a_challenger_that_fails_is_left_out_and_the_champion_goes_on() -> None:
    plain, site = Site(), Site()
    run(plain.service(ListSource(POLLS)))
    bad = Artefact(b"bad", b"nan")
    site.control.put("*", Roles(challenger=checkpoint_ref(bad)), bad)
    run(site.service(ListSource(POLLS)))
    assert site.sink.events == plain.sink.events
    assert [reason for reason, _ in site.told.troubles] == ["challenger_failed"]


def test_a_promoted_challenger_is_champion_and_rolls_back() -> None:
    site = Site()
    site.control.put("*", Roles(champion=ONE_REF, challenger=TWO_REF), ONE, TWO)
    service = site.service(ListSource(POLLS))
    service.start()
    steps(site, service, HALF)
    site.control.put("*", Roles(champion=TWO_REF, previous=ONE_REF))
    steps(site, service, len(POLLS) - HALF - 1)
    assert [name for _, name in opened(site.sink.events)] == ["one", "one", "two", "two"]
    assert not site.shadow.events
    site.control.put("*", Roles(champion=ONE_REF, previous=TWO_REF))
    site.clock.advance(2)
    service.step()
    assert [use.model.checkpoint for use in site.told.uses[-1]] == ["one"]
    service.drain()


def test_challengers_go_with_their_partition_and_its_forgotten_series() -> None:
    site = Site()
    site.control.put("*", Roles(challenger=TWO_REF), TWO)
    samples = rows({"x": quiet(90, {80: 50.0})})
    both = poll_of(SAMPLES[:180]) | poll_of(samples, source=OTHER)
    again = {METRICS: poll_of(SAMPLES[180:], 180)[METRICS]}
    source = ListSource([both, {}, {}, Rebalance("lost", [OTHER]), again])
    run(site.service(source, settings=replace(SETTINGS, max_series=3)))
    assert {event.series for event in site.shadow.events} == {"a", "b", "x"}
