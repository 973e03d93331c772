"""What a worker takes from a control topic that is too full, and a challenger where memory is short."""

import threading

import pytest
from rollouts import ONE, ONE_REF, TWO, TWO_REF, Site, champion
from streams import SPEC, polls_of, quiet, rows, run

from spear_stream.core import artefacts, rollout
from spear_stream.core.control import Artefact
from spear_stream.core.errors import OutOfMemory, Stopped
from spear_stream.core.records import Float32Array, StructArray
from spear_stream.core.roles import Roles
from spear_stream.testing import ListSource, PromptedStepScorer
from spear_stream.wiring import loop

LONG = polls_of(rows({name: quiet(100, {90: 50.0}, seed=n) for n, name in enumerate("ab")}), 20)
POLLS = polls_of(rows({"a": quiet(20)}), 20)
JUNK = [Artefact(b"junk", bytes([number])) for number in range(5)]


def troubles(site: Site) -> list[str]:
    """What was refused at the start."""
    site.service(ListSource([])).start()
    return [reason for reason, _ in site.told.troubles]


def test_more_checkpoints_than_tenants_can_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones would be far below the limit of bytes."""
    monkeypatch.setattr(artefacts, "MOST_CHECKPOINTS", 3)
    site = Site()
    site.control.put("*", champion(ONE_REF), ONE, *JUNK)
    site.control.put("b", champion(TWO_REF), TWO)
    assert troubles(site) == [*["too_many_checkpoints"] * 4, "bad_checkpoint"]
    assert [use.model.checkpoint for use in site.told.uses[-1]] == ["one"]


def test_more_bytes_of_checkpoints_than_a_worker_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefacts, "MOST_BYTES", ONE.size + JUNK[0].size)
    site = Site()
    site.control.put("*", champion(ONE_REF), ONE, *JUNK[:3])
    assert troubles(site) == ["too_many_bytes"] * 2


def test_more_tenants_than_a_worker_follows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "MOST_TENANTS", 2)
    site = Site()
    for tenant in ("a", "b", "c", "a"):
        site.control.put(tenant, champion(ONE_REF), ONE)
    assert troubles(site) == ["too_many_tenants"]
    assert {use.tenant for use in site.told.uses[-1]} == {"a", "b"}


def test_a_stop_while_the_control_topic_is_read_ends_without_an_error_and_reads_nothing() -> None:
    site, source = Site(), ListSource(POLLS)
    site.control.poll_faults.append(Stopped("asked to stop"))
    loop.run(site.service(source), threading.Event())
    assert source.committed == {}
    assert site.control.closed


class Small(PromptedStepScorer):
    """A model on a machine with memory for so many windows."""

    def score(self, windows: StructArray) -> Float32Array:
        if len(windows) > 7:
            raise OutOfMemory("too many")
        return super().score(windows)


def test_a_challenger_too_is_scored_in_batches_that_fit_into_memory() -> None:
    plain, site = Site(), Site(scorer=Small(SPEC))
    for one in (plain, site):
        one.control.put("*", Roles(challenger=TWO_REF), TWO)
        run(one.service(ListSource(LONG)))
    assert site.told.troubles == []
    assert site.shadow.events == plain.shadow.events != []
    assert site.sink.events == plain.sink.events


class Fragile(PromptedStepScorer):
    """A model that some prompts break, as one with more vectors than the backbone has positions does."""

    def adopt(self, artefact: Artefact) -> int:
        if artefact is TWO:
            raise RuntimeError("The expanded size of the tensor (616) must match the existing size (512)")
        return super().adopt(artefact)


def test_a_checkpoint_that_breaks_the_model_is_refused_and_the_last_good_one_stays() -> None:
    site = Site(scorer=Fragile(SPEC))
    site.control.put("*", champion(TWO_REF, ONE_REF), ONE, TWO)
    run(site.service(ListSource(LONG)))
    [(reason, detail)] = site.told.troubles
    assert (reason, "expanded size" in detail) == ("bad_checkpoint", True)
    assert {event.model.checkpoint for event in site.sink.events} == {"one"}


class Cramped(PromptedStepScorer):
    """A model on a machine that has no memory for another prompt, until `room`."""

    room = False
    tried = 0

    def adopt(self, artefact: Artefact) -> int:
        self.tried += 1
        if not self.room:
            raise OutOfMemory("there is none")
        return super().adopt(artefact)


def test_a_checkpoint_that_there_was_no_memory_for_is_taken_when_there_is() -> None:
    scorer = Cramped(SPEC)
    site = Site(scorer=scorer)
    site.control.put("*", champion(ONE_REF), ONE)
    site.control.put("a", champion(ONE_REF))
    service = site.service(ListSource([{}] * 9))
    service.start()
    told = [("out_of_memory", f"tenant *, {ONE_REF.id}: there is none")]
    for _ in range(3):
        service.step()
        assert (site.told.troubles, scorer.tried) == (told, 1), "neither for the next tenant nor at once"
        site.control.put("b", champion(ONE_REF))
        site.clock.advance(1.5)
    site.clock.advance(rollout.RETRY_SECONDS)
    service.step()
    assert site.told.troubles == told * 2
    scorer.room = True
    site.clock.advance(rollout.RETRY_SECONDS)
    service.step()
    assert {use.model.checkpoint for use in site.told.uses[-1]} == {"one"}
    assert site.told.troubles == told * 2


def test_whether_the_source_ended_is_told_whatever_a_stop_did_behind_its_end() -> None:
    stop = threading.Event()
    assert loop.run(Site().service(ListSource(POLLS)), stop, stop.set) is False
    stop = threading.Event()
    service = Site().service(ListSource(POLLS))
    assert loop.run(service, stop, lambda: stop.set() if service.finished else None) is True
