"""The main loop: start, step, drain. It sees core and its ports only."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from operator import attrgetter

from spear_stream.core.batcher import Batcher
from spear_stream.core.control import FixedPrompts, Prompts
from spear_stream.core.dead_letters import dead_letters
from spear_stream.core.deadline import Deadline
from spear_stream.core.delivery import Delivery
from spear_stream.core.errors import BrokerUnavailable, PartitionsLost, SpearError
from spear_stream.core.fleet import Fleet
from spear_stream.core.keeper import StateKeeper
from spear_stream.core.ports import Ports
from spear_stream.core.records import DeadLetter, Decoded, RawRecord, StructArray, TopicPartition

__all__ = ["Pace", "Ports", "Service"]

_value_of = attrgetter("value")


@dataclass(frozen=True)
class Pace:
    """Times of the main loop, in seconds."""

    poll_timeout: float = 0.2
    commit_interval: float = 1.0
    drain: float = 20.0
    restore: float = 240.0
    """Below kafka-python's max_poll_interval of 300 s: later the group takes the partitions away."""


class Service:
    """Implements core.ports.PartitionListener for its own source. One thread only."""

    def __init__(
        self, ports: Ports, fleet: Fleet, batcher: Batcher, pace: Pace, prompts: Prompts | None = None
    ) -> None:
        self._ports = ports
        self._fleet = fleet
        self._batcher = batcher
        self._pace = pace
        self._prompts = prompts or FixedPrompts()
        self._keeper = StateKeeper(ports.state, fleet, ports.telemetry, ports.forwards)
        self._delivery = Delivery(ports, self._keeper)
        self._consumed: dict[TopicPartition, int] = {}
        self._committed_at = ports.clock.monotonic()
        self._draining: Deadline | None = None

    @property
    def ready(self) -> bool:
        """At least one partition is assigned."""
        return any(True for _ in self._fleet)

    @property
    def finished(self) -> bool:
        """The source has ended; drain() scores what still waits."""
        return self._ports.source.exhausted

    def start(self) -> None:
        self._prompts.load(Deadline(self._pace.restore, self._ports.clock.monotonic))
        self._ports.source.start(self)

    def step(self) -> None:
        """Read, observe, score what is due, and commit when it is time."""
        self._prompts.advance(idle=self._batcher.pending == 0)
        for partition, records in self._poll().items():
            self._ingest(partition, records)
        self._report_load()
        for windows in self._batcher.due(self._ports.clock.monotonic()):
            self._score(windows)
        if self._ports.clock.monotonic() - self._committed_at >= self._pace.commit_interval:
            self.commit(self._deadline())

    def commit(self, deadline: Deadline) -> None:
        """Score what waits and deliver (core/delivery.py). A retriable fault leaves all of it for the
        next time; in a drain there is none, so it is raised.
        """
        for windows in self._batcher.drain():
            self._score(windows)
        with self._timed("commit"):
            try:
                self._delivery.commit(self._consumed, deadline)
                self._consumed.clear()
            except SpearError as error:
                can_wait = error.retriable and self._draining is None
                if not can_wait and not isinstance(error, PartitionsLost):
                    raise
                self._ports.telemetry.trouble(error)
        self._committed_at = self._ports.clock.monotonic()

    def drain(self) -> None:
        """Finish what was read, leave the source, close the sinks: all within one Deadline."""
        deadline = self._draining = self._deadline()
        with ExitStack() as stack:
            stack.callback(self._ports.sink.close, deadline)
            stack.callback(self._prompts.close)
            if self._ports.forwarder is not None:
                stack.callback(self._ports.forwarder.close, deadline)
            self._ports.source.close(deadline)
            if self._consumed:
                self.commit(deadline)

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """With their state, before their first record. Raises StateError, BrokerError."""
        started = self._ports.clock.monotonic()
        stored = self._keeper.load(partitions, Deadline(self._pace.restore, self._ports.clock.monotonic))
        for partition in partitions:
            self._fleet.assign(partition)
        series = self._keeper.restore(partitions, stored)
        self._ports.telemetry.restored(series, self._ports.clock.monotonic() - started)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self.commit(self._deadline())
        self.lost(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self._delivery.drop(partitions)
        for partition in partitions:
            self._consumed.pop(partition, None)
            if partition in self._fleet:
                self._batcher.drop(self._fleet.remove(partition))

    def _poll(self) -> Mapping[TopicPartition, Sequence[RawRecord]]:
        """Waits no longer than the windows that wait for a full batch may."""
        timeout = min(self._pace.poll_timeout, self._batcher.patience(self._ports.clock.monotonic()))
        try:
            with self._timed("poll"):
                return self._ports.source.poll(timeout)
        except BrokerUnavailable as error:
            self._ports.telemetry.trouble(error)
            return {}

    def _ingest(self, partition: TopicPartition, records: Sequence[RawRecord]) -> None:
        size = sum(map(len, filter(None, map(_value_of, records))))
        self._ports.telemetry.polled(partition, len(records), size)
        self._consumed[partition] = records[-1].offset + 1
        if not (records := self._keeper.unknown(partition, records)):
            return
        forwards = self._ports.forwards(partition)
        decoder = self._ports.decoder if forwards else self._ports.forwarded or self._ports.decoder
        with self._timed("decode"):
            decoded = decoder.decode(partition, records)
        if forwards and self._ports.forwarder is not None:
            self._ports.forwarder.forward(decoded.samples)
            self._reject(decoded.rejected)
        else:
            self._observe(decoded, records)

    def _observe(self, decoded: Decoded, records: Sequence[RawRecord]) -> None:
        with self._timed("observe"):
            observed = self._fleet.observe(decoded.samples, int(self._ports.clock.now() * 1000))
        accepted, warming_up = int(observed.accepted.sum()), int(observed.warming_up.sum())
        self._ports.telemetry.observed(accepted, warming_up, len(observed.windows))
        if self._ports.recorder is not None:
            self._ports.recorder.points(decoded.samples, observed)
        self._reject(dead_letters(decoded, observed.rejections, records))
        self._batcher.add(observed.windows, self._ports.clock.monotonic())

    def _score(self, windows: StructArray) -> None:
        started = self._ports.clock.monotonic()
        with self._timed("score"):
            logits = self._ports.scorer.score(windows)
        self._ports.telemetry.scored(len(windows), self._ports.clock.monotonic() - started)
        self._reject(self._fleet.unscored(windows, logits))
        scored, events = self._fleet.judge(windows, logits)
        with self._timed("publish"):
            self._ports.sink.publish(events)
        self._prompts.challenge(windows, scored, events)
        for event in events:
            self._ports.telemetry.alert(event)
        if self._ports.recorder is not None:
            self._ports.recorder.scores(self._fleet.names(windows), windows, scored)
            self._ports.recorder.events(events)

    def _reject(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self._ports.telemetry.rejected(letter.reason)
        if letters:
            self._ports.sink.reject(letters)
            if self._ports.recorder is not None:
                self._ports.recorder.rejected(letters)

    def _report_load(self) -> None:
        batcher, fleet = self._batcher, self._fleet
        self._ports.telemetry.load(batcher.pending, batcher.overloaded, fleet.series, fleet.state_bytes)

    def _deadline(self) -> Deadline:
        """A new one, except that a revoke inside a drain shares the drain's."""
        return self._draining or Deadline(self._pace.drain, self._ports.clock.monotonic)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = self._ports.clock.monotonic()
        yield
        self._ports.telemetry.stage(stage, self._ports.clock.monotonic() - started)
