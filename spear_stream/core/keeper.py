"""State across restarts and moves: restored when partitions come, saved with every commit."""

from collections.abc import Callable, Collection, Mapping, Sequence

from spear_stream.core.deadline import Deadline
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import StateStore
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.core.stored import StoredState
from spear_stream.core.telemetry import Telemetry


class StateKeeper:
    """Between the fleet and the state store; without a store it does nothing."""

    def __init__(
        self,
        store: StateStore | None,
        fleet: Fleet,
        telemetry: Telemetry,
        forwards: Callable[[TopicPartition], bool],
        stopped: Callable[[], bool],
    ) -> None:
        """stopped: whether the worker was asked to stop, which ends a restore."""
        self._store = store
        self._fleet = fleet
        self._telemetry = telemetry
        self._forwards = forwards
        self._stopped = stopped
        self._known: dict[TopicPartition, int] = {}
        """Offsets up to which the restored state knows the records."""

    def load(
        self, partitions: Collection[TopicPartition], deadline: Deadline
    ) -> Mapping[TopicPartition, StoredState]:
        """Raises BrokerError."""
        kept = [partition for partition in partitions if not self._forwards(partition)]
        return self._store.load(kept, deadline) if self._store is not None and kept else {}

    def restore(
        self, partitions: Collection[TopicPartition], stored: Mapping[TopicPartition, StoredState]
    ) -> int:
        """Let assigned partitions go on from what load() gave; returns the series brought back.

        Raises StateError, Stopped.
        """
        series = 0
        for partition in partitions:
            if self._store is None or self._forwards(partition):
                continue
            if restored := self._fleet.keep(partition, stored.get(partition), self._stopped):
                self._known[partition] = restored.offset
                series += restored.series
        return series

    def unknown(self, partition: TopicPartition, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Without those that the restored state knows: it was stored, their offsets were not."""
        known = self._known.get(partition, 0)
        if records[0].offset >= known:
            return records
        fresh = [record for record in records if record.offset >= known]
        self._telemetry.skipped(len(records) - len(fresh))
        return fresh

    def save(self, consumed: Mapping[TopicPartition, int]) -> None:
        """Hand over what changed. consumed: the next offset to read of each partition that was read."""
        if self._store is None:
            return
        for partition, offset in consumed.items():
            change = self._fleet.change(partition, max(offset, self._known.get(partition, 0)))
            if change is not None:
                self._store.save(change)
                self._telemetry.state_saved(len(change.data), snapshot=change.snapshot)

    def flush(self, deadline: Deadline) -> None:
        """Raises DeliveryError."""
        if self._store is not None:
            self._store.flush(deadline)

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            self._known.pop(partition, None)
