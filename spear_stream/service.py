"""The main loop: start, step, drain. It sees core and its ports only."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack

from spear_stream.core.batcher import Batcher
from spear_stream.core.control import FixedPrompts, Prompts
from spear_stream.core.deadline import Deadline
from spear_stream.core.delivery import Delivery
from spear_stream.core.errors import BrokerUnavailable, PartitionsLost, SpearError
from spear_stream.core.fleet import Fleet
from spear_stream.core.intake import Intake
from spear_stream.core.keeper import StateKeeper
from spear_stream.core.outputs import Outputs
from spear_stream.core.pace import COMMIT_RESERVE, LAG_INTERVAL, MOST_UNCOMMITTED, CommitTimer, Pace
from spear_stream.core.ports import Ports
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.core.scoring import Scoring

__all__ = ["Pace", "Ports", "Service"]


class Service:
    """Implements core.ports.PartitionListener for its own source. One thread only."""

    def __init__(
        self, ports: Ports, fleet: Fleet, batcher: Batcher, pace: Pace, prompts: Prompts | None = None
    ) -> None:
        self._ports = ports
        self._fleet = fleet
        self._batcher = batcher
        self._pace = pace
        self._keeper = StateKeeper(ports.state, fleet, ports.telemetry, ports.forwards, ports.stopped)
        self._delivery = Delivery(ports, self._keeper)
        self._outputs = Outputs(ports)
        self._intake = Intake(ports, fleet, batcher, self._keeper, self._outputs)
        self._prompts = prompts or FixedPrompts()
        self._scoring = Scoring(ports, fleet, batcher, self._outputs, self._prompts)
        self._timer = CommitTimer(pace.commit_interval, ports.clock.monotonic)
        self._told_lag_at = self._now()
        self._draining: Deadline | None = None
        self._lost: list[TopicPartition] = []

    @property
    def ready(self) -> bool:
        """At least one partition is assigned."""
        return any(True for _ in self._fleet)

    @property
    def finished(self) -> bool:
        """The source has ended and all of it is scored; drain() commits it."""
        return self._ports.source.exhausted and not self._intake.waiting and not self._batcher.pending

    def start(self) -> None:
        self._prompts.load(Deadline(self._pace.restore, self._ports.clock.monotonic))
        self._ports.source.start(self)

    def step(self) -> None:
        """Read, observe, score for a while, and commit when it is time and nothing waits."""
        self._prompts.advance(idle=self._batcher.pending == 0)
        self._read()
        settling = self._commit_is_due() or self._ports.source.exhausted
        self._scoring.run(self._pace.step, everything=settling)
        if self.finished:
            self._intake.end()
        if not self._batcher.pending and self._commit_is_due():
            self.commit(self._deadline())
        self._report()

    def commit(self, deadline: Deadline) -> None:
        """Deliver (core/delivery.py) what came of the records observed so far; no window of theirs waits.

        A retriable fault leaves all of it for the next time, and nothing is read until then; in a drain
        there is no next time, so it is raised.
        """
        with self._outputs.timed("commit"):
            try:
                self._delivery.commit(self._intake.observed, deadline)
                self._intake.observed.clear()
                self._outputs.uncommitted = 0
                self._timer.tried(refused=False)
            except SpearError as error:
                if self._draining or not (error.retriable or isinstance(error, PartitionsLost)):
                    raise
                self._timer.tried(refused=True)
                self._ports.telemetry.commit_put_off(error)

    def drain(self) -> None:
        """Score and commit what was observed, leave the source, close the sinks: all within one Deadline.

        Raises PartitionsLost when the group took partitions away before their last commit.
        """
        deadline = self._draining = self._deadline()
        with ExitStack() as stack:
            stack.callback(self._prompts.close)
            stack.callback(self._ports.sink.close, deadline)
            if self._ports.forwarder is not None:
                stack.callback(self._ports.forwarder.close, deadline)
            self._ports.source.close(deadline)
            if self._intake.observed:
                self._settle(list(self._intake.observed), deadline)
            if self._lost:
                names = ", ".join(f"{p.topic}-{p.partition}" for p in sorted(self._lost))
                raise PartitionsLost(
                    f"the group took {names} away before the last commit; "
                    "nothing is lost, another worker reads on from the commit before"
                )

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """With their state, before their first record. Raises StateError, BrokerError."""
        started = self._now()
        stored = self._keeper.load(partitions, Deadline(self._pace.restore, self._ports.clock.monotonic))
        for partition in partitions:
            self._fleet.assign(partition)
        series = self._keeper.restore(partitions, stored)
        self._ports.telemetry.restored(series, self._now() - started)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self._settle(partitions, self._deadline())
        self._drop(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        if self._draining:
            self._lost += [partition for partition in partitions if partition in self._intake.observed]
        self._drop(partitions)

    def _settle(self, leaving: Collection[TopicPartition], deadline: Deadline) -> None:
        """Commit before partitions leave. What cannot be scored in time stays uncommitted and is dropped, so
        the next worker begins at the last commit; all others wait for the next commit too then.
        """
        reserve = min(COMMIT_RESERVE, deadline.remaining / 2)
        self._scoring.run(deadline.remaining - reserve, everything=True)
        ours = [p for p in leaving if p in self._fleet]
        self._leave_behind([p for p in ours if self._batcher.waits_for(self._fleet.owner_of(p))])
        if not self._batcher.pending:
            self.commit(deadline)
        self._leave_behind([p for p in leaving if p in self._intake.observed])

    def _leave_behind(self, partitions: Sequence[TopicPartition]) -> None:
        if partitions:
            self._ports.telemetry.left_behind(partitions)
            self._drop(partitions)

    def _drop(self, partitions: Collection[TopicPartition]) -> None:
        self._delivery.drop(partitions)
        self._intake.drop(partitions)
        for partition in partitions:
            if partition in self._fleet:
                self._batcher.drop(self._fleet.remove(partition))

    def _read(self) -> None:
        """One poll, or while windows are skipped as many as there is time for; whatever waits, the source
        is polled, or the group would take the partitions away.
        """
        end = self._now() + self._pace.step
        while True:
            polled = self._poll()
            self._intake.put(polled)
            while self._intake.waiting and not self._is_held():
                self._intake.observe_next()
            if not (polled and self._batcher.skips) or self._is_held() or self._now() >= end:
                return

    def _poll(self) -> Mapping[TopicPartition, Sequence[RawRecord]]:
        """Waits no longer than windows may wait for a full batch, and not at all while there is work."""
        held, waiting = self._is_held(), self._intake.waiting
        (self._ports.source.pause if held or waiting else self._ports.source.resume)()
        work = self._is_to_score() or (waiting and not held)
        patience = 0.0 if work else min(self._pace.poll_timeout, self._batcher.patience(self._now()))
        try:
            with self._outputs.timed("poll"):
                return self._ports.source.poll(patience)
        except BrokerUnavailable as error:
            self._ports.telemetry.poll_failed(error)
            return {}

    def _is_held(self) -> bool:
        """No more is observed: the outputs refuse it, or waiting windows are to be scored first."""
        full = self._outputs.uncommitted >= MOST_UNCOMMITTED
        return full or self._timer.refused or self._is_to_score()

    def _is_to_score(self) -> bool:
        return self._batcher.laden or (self._batcher.pending > 0 and self._commit_is_due())

    def _commit_is_due(self) -> bool:
        return self._timer.is_due(self._outputs.uncommitted)

    def _report(self) -> None:
        now, batcher, fleet = self._now(), self._batcher, self._fleet
        self._ports.telemetry.load(batcher.pending, batcher.is_due(now), fleet.series, fleet.state_bytes)
        if now - self._told_lag_at >= LAG_INTERVAL:
            self._told_lag_at = now
            self._ports.telemetry.lag(self._ports.source.lag())

    def _deadline(self) -> Deadline:
        """A new one, except that a revoke inside a drain shares the drain's."""
        return self._draining or Deadline(self._pace.drain, self._ports.clock.monotonic)

    def _now(self) -> float:
        return self._ports.clock.monotonic()
