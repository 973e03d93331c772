"""A scripted source: what is polled, when partitions move, and where the process is killed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import PartitionsLost, SpearError
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import PlainRecord, TopicPartition

Polled = Mapping[TopicPartition, Sequence[PlainRecord]]
CRASH: Final = "crash"
"""In a script: this poll kills the process, once."""


class SimulatedKill(BaseException):
    """The process is gone: no `except Exception` survives it."""


@dataclass(frozen=True)
class Rebalance:
    """In a script: this poll gives or takes partitions and returns what a new owner must read again."""

    kind: Literal["assigned", "revoked", "lost"]
    partitions: Collection[TopicPartition]


def json_records(samples: Iterable[tuple[str, int, float]], first: int = 0) -> list[PlainRecord]:
    """Records in the default JSON form from (series, ms since the epoch, value); offsets from `first`."""
    values = [json.dumps({"series": s, "ts": ts, "value": v}).encode() for s, ts, v in samples]
    return [PlainRecord(first + i, -1, None, value) for i, value in enumerate(values)]


class ListSource:
    """core.ports.Source over a script, one item per poll: records, CRASH, a Rebalance, or an error to raise.

    Commits outlive the service: start() begins the script anew without the records that
    were committed. The first poll assigns `assigned`, by default every partition of the
    script; records of partitions that are not assigned are withheld.
    """

    def __init__(
        self,
        script: Iterable[Polled | Rebalance | SpearError | Literal["crash"]],
        assigned: Collection[TopicPartition] | None = None,
    ) -> None:
        self._script = list(script)
        polls = [item for item in self._script if isinstance(item, Mapping)]
        self._first = {p for polled in polls for p in polled} if assigned is None else set(assigned)
        self.committed: dict[TopicPartition, int] = {}
        self.commit_faults: list[BaseException] = []
        """Raised by the next commits, one each, before anything is stored."""
        self._owned: set[TopicPartition] = set()
        self._next = 0
        self._paused = False
        self._kept: Polled = {}
        """Read for a partition that came while nothing was to be read."""

    def start(self, listener: PartitionListener) -> None:
        self._listener = listener
        self._owned, self._next, self._paused, self._kept = set(), 0, False, {}

    def poll(self, timeout: float) -> Polled:  # noqa: ARG002 - of the port
        """Raises SimulatedKill and what the script says."""
        if self._next == 0:
            self._rebalance(Rebalance("assigned", self._first - self._owned))
        if self._kept and not self._paused:
            kept, self._kept = self._unread(self._kept), {}
            return kept
        if self.exhausted or (self._paused and self._next_has_records()):
            return {}
        item = self._script[self._next]
        if item == CRASH:
            del self._script[self._next]
            raise SimulatedKill
        self._next += 1
        if isinstance(item, SpearError):
            raise item
        if not isinstance(item, Rebalance):
            return self._unread(item)
        polled = self._rebalance(item)
        if self._paused:
            self._kept, polled = {**self._kept, **polled}, {}
        return polled

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        if self.commit_faults:
            raise self.commit_faults.pop(0)
        if foreign := sorted(offsets.keys() - self._owned):
            raise PartitionsLost(f"{foreign} are not assigned to this worker; drop their offsets")
        for partition, offset in offsets.items():
            self.committed[partition] = max(offset, self.committed.get(partition, 0))

    def lag(self) -> Mapping[TopicPartition, int]:
        rest = [self._unread(item) for item in self._script[self._next :] if isinstance(item, Mapping)]
        return {p: sum(len(polled.get(p, ())) for polled in rest) for p in self._owned}

    @property
    def exhausted(self) -> bool:
        return self._next >= len(self._script) and not self._kept

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        self._rebalance(Rebalance("revoked", set(self._owned)))

    def _next_has_records(self) -> bool:
        item = self._script[self._next] if self._next < len(self._script) else {}
        return isinstance(item, Mapping) and bool(item)

    def _rebalance(self, change: Rebalance) -> Polled:
        """A partition is ours until `revoked` returns, and no longer once `lost` begins."""
        if change.kind == "lost":
            self._owned -= set(change.partitions)
        if change.partitions:
            getattr(self._listener, change.kind)(change.partitions)
        if change.kind != "assigned":
            self._owned -= set(change.partitions)
            return {}
        self._owned |= set(change.partitions)
        passed = [item for item in self._script[: self._next] if isinstance(item, Mapping)]
        again = {p: [r for polled in passed for r in polled.get(p, ())] for p in change.partitions}
        return self._unread(again)

    def _unread(self, polled: Polled) -> Polled:
        unread = {
            partition: [r for r in records if r.offset >= self.committed.get(partition, 0)]
            for partition, records in polled.items()
            if partition in self._owned
        }
        return {partition: records for partition, records in unread.items() if records}
