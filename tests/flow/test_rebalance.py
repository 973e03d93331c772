"""Partitions that come and go while windows wait."""

from streams import METRICS, OTHER, make_service, poll_of, polls_of, quiet, rows, run

from spear_stream.core.batcher import BatchLimits
from spear_stream.core.errors import BrokerUnavailable, PartitionsLost
from spear_stream.service import Pace
from spear_stream.testing import ListSink, ListSource, Rebalance, RecordingTelemetry

HERE = rows({"a": quiet(20, {19: 50.0})})
THERE = rows({"b": quiet(20, {19: 50.0}, seed=1)})
BOTH = poll_of(HERE) | poll_of(THERE, source=OTHER)
WAIT = BatchLimits(max_delay=1e9)
NEVER = Pace(commit_interval=1e9)


def test_a_revoked_partition_is_scored_and_committed_before_it_goes() -> None:
    source, sink = ListSource([BOTH, Rebalance("revoked", [OTHER])]), ListSink()
    service = make_service(source, sink, limits=WAIT, pace=NEVER)
    service.start()
    service.step()
    assert sink.events == []
    service.step()
    assert source.committed == {METRICS: 20, OTHER: 20}
    assert {event.series for event in sink.acknowledged} == {"a", "b"}
    service.drain()
    assert len(sink.events) == 2


def test_a_lost_partition_is_dropped_without_a_commit() -> None:
    source, sink = ListSource([BOTH, Rebalance("lost", [OTHER])]), ListSink()
    run(make_service(source, sink, limits=WAIT, pace=NEVER))
    assert source.committed == {METRICS: 20}
    assert {event.series for event in sink.events} == {"a"}


def test_a_partition_that_comes_back_is_read_from_its_commit_and_starts_anew() -> None:
    telemetry = RecordingTelemetry()
    more = poll_of(rows({"b": quiet(10)}), first=20, source=OTHER)
    source = ListSource([BOTH, Rebalance("lost", [OTHER]), more, Rebalance("assigned", [OTHER])])
    sink = ListSink()
    run(make_service(source, sink, pace=NEVER, telemetry=telemetry))
    assert telemetry.totals["records"] == 20 + 20 + 30
    assert telemetry.rejections == {"late": 10}, "twenty were read again, the ten are older than those"
    assert len({event.alert_id for event in sink.events if event.series == "b"}) == 1
    assert source.committed == {METRICS: 20, OTHER: 30}


def test_a_commit_that_finds_partitions_lost_waits_for_poll_to_tell() -> None:
    source, sink, telemetry = ListSource([BOTH, Rebalance("lost", [OTHER])]), ListSink(), RecordingTelemetry()
    source.commit_faults = [PartitionsLost("given away")]
    run(make_service(source, sink, telemetry=telemetry))
    assert [str(error) for error in telemetry.put_off] == ["given away"]
    assert source.committed == {METRICS: 20}


def test_a_revoke_while_the_broker_is_away_leaves_the_records_to_the_next_owner() -> None:
    source, telemetry = ListSource([BOTH, Rebalance("revoked", [OTHER])]), RecordingTelemetry()
    source.commit_faults = [BrokerUnavailable("away")]
    run(make_service(source, ListSink(), telemetry=telemetry, pace=NEVER))
    assert len(telemetry.put_off) == 1
    assert source.committed == {METRICS: 20}


def test_a_rebalance_of_one_partition_does_not_disturb_another() -> None:
    polls = polls_of(HERE, 5)
    calm, shaken = ListSink(), ListSink()
    run(make_service(ListSource(polls), calm))
    moves = [Rebalance("assigned", [OTHER]), Rebalance("revoked", [OTHER]), Rebalance("assigned", [OTHER])]
    mixed = [item for pair in zip(polls, [*moves, Rebalance("lost", [OTHER])], strict=True) for item in pair]
    run(make_service(ListSource(mixed, assigned=[METRICS]), shaken))
    assert shaken.acknowledged == calm.acknowledged
