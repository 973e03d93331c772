"""State store and transaction in memory."""

from collections.abc import Collection, Mapping

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import TopicPartition
from spear_stream.core.stored import StateChange, StoredState
from spear_stream.testing.fakes import ListForwarder, ListSink
from spear_stream.testing.source import ListSource


class MemoryState:
    """core.ports.StateStore in a dict. What was saved is stored by flush(), or by the transaction."""

    def __init__(self) -> None:
        self.stored: dict[TopicPartition, StoredState] = {}
        self.saved: list[StateChange] = []
        """Not stored yet."""
        self.load_faults: list[BaseException] = []
        """Raised by the next loads, one each."""
        self.flush_faults: list[BaseException] = []
        """Raised by the next flushes, one each, before anything is stored."""

    def load(
        self,
        partitions: Collection[TopicPartition],
        deadline: Deadline,  # noqa: ARG002 - of the port
    ) -> dict[TopicPartition, StoredState]:
        if self.load_faults:
            raise self.load_faults.pop(0)
        self.saved.clear()
        return {partition: self.stored[partition] for partition in partitions if partition in self.stored}

    def save(self, change: StateChange) -> None:
        self.saved.append(change)

    def flush(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        if self.flush_faults:
            raise self.flush_faults.pop(0)
        for change in self.saved:
            self.stored[change.partition] = self._after(change)
        self.saved.clear()

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        """Forget what is saved and not stored of these."""
        self.saved = [change for change in self.saved if change.partition not in partitions]

    def _after(self, change: StateChange) -> StoredState:
        if change.snapshot:
            return StoredState(change.data, ())
        before = self.stored[change.partition]
        return StoredState(before.snapshot, (*before.journal, change.data))


class ListTransaction:
    """core.ports.Transaction over the other fakes: all of them or none."""

    def __init__(
        self,
        source: ListSource,
        sink: ListSink,
        state: MemoryState | None = None,
        forwarder: ListForwarder | None = None,
    ) -> None:
        self._source = source
        self._sink = sink
        self._state = state
        self._forwarder = forwarder
        self.faults: list[BaseException] = []
        """Raised by the next commits, one each, before anything is visible."""
        self.late_faults: list[BaseException] = []
        """Likewise, after all is visible: the worker does not learn that it is."""
        self.committed = 0

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self._source.commit(offsets, deadline)
        self._sink.flush(deadline)
        for port in (self._state, self._forwarder):
            if port is not None:
                port.flush(deadline)
        self.committed += 1
        if self.late_faults:
            raise self.late_faults.pop(0)

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        self._sink.drop(partitions)
        if self._state is not None:
            self._state.drop(partitions)
