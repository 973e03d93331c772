"""Partitions that come and go: from kafka-python's I/O thread to the thread that polls."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.future import Future

from spear_stream.core.errors import BrokerError, Stopped
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import TopicPartition
from spear_stream.transport.kafka_thread import PollingThread

Callback = Callable[[list[TopicPartition]], None]
NOT_COMMITTED = -1


class OwnedPartitions:
    """Which partitions are ours and the offset last committed of each; tells the listener.

    A partition is ours until `revoked` returns, so that it can be committed there, and no
    longer once `lost` begins.
    """

    def __init__(self, listener: PartitionListener) -> None:
        self._listener = listener
        self._committed: dict[TopicPartition, int] = {}
        self._read: dict[TopicPartition, int] = {}

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        self._committed.update(dict.fromkeys(partitions, NOT_COMMITTED))
        self._listener.assigned(partitions)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        try:
            self._listener.revoked(partitions)
        finally:
            self._forget(partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self._forget(partitions)
        self._listener.lost(partitions)

    def __iter__(self) -> Iterator[TopicPartition]:
        return iter(self._committed)

    def foreign(self, offsets: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        """Those of `offsets` that are not ours."""
        return sorted(offsets.keys() - self._committed.keys())

    def ahead(self, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Those of `offsets` that move a commit forward."""
        return {tp: offset for tp, offset in offsets.items() if offset > self._committed[tp]}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._committed.update(offsets)

    def read(self, partition: TopicPartition, first: int, after: int) -> None:
        """Records from `first` to before `after` were read. Raises what require_forward() raises."""
        self.require_forward(partition, first)
        self._read[partition] = after

    def require_forward(self, partition: TopicPartition, position: int) -> None:
        """Raises BrokerError when the next offset is one that was read already: the topic was created anew.

        Its offsets mean other records then, and none of them could be committed.
        """
        before = self._read.get(partition, NOT_COMMITTED)
        if position < before:
            raise BrokerError(
                f"topic {partition.topic} partition {partition.partition} went back from offset {before} to "
                f"{position}: it was deleted and created anew, or lost records; start the worker again to "
                "read what is there now"
            )

    def _forget(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            self._committed.pop(partition, None)
            self._read.pop(partition, None)


class RebalanceListener(AsyncConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Runs a PartitionListener on the polling thread's caller and keeps the exception it raises."""

    def __init__(self, owned: OwnedPartitions, thread: PollingThread, consumer: KafkaConsumer) -> None:
        self.closing = False
        self._failure: Exception | None = None
        self._owned = owned
        self._thread = thread
        # A private name: a future is resolved on the consumer's event loop.
        self._loop = consumer._net  # noqa: SLF001

    def raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure from None

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        await self._hand_over(self._owned.assigned, assigned)

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        await self._hand_over(self._owned.revoked, revoked)

    async def on_partitions_lost(self, lost: Iterable[Any]) -> None:
        await self._hand_over(self._owned.lost, lost)

    async def _hand_over(self, callback: Callback, partitions: Iterable[Any]) -> None:
        ours = sorted(TopicPartition(*partition) for partition in partitions)
        handled = Future()
        self._thread.call_soon(lambda: self._handle(callback, ours, handled))
        await handled

    def _handle(self, callback: Callback, partitions: list[TopicPartition], handled: Future) -> None:
        try:
            callback(partitions)
        except Exception as error:  # noqa: BLE001  # raise_failure() raises it again
            self._failure = error
        finally:
            self._resolve(handled)

    def _resolve(self, handled: Future) -> None:
        # A failed poll() hands out no records; a failed close() would leave its connections open.
        # A stop is no failure that kafka-python should log; what its poll() hands out then is not used.
        failure = None if self.closing or isinstance(self._failure, Stopped) else self._failure
        resolve = partial(handled.failure, failure) if failure else partial(handled.success, None)
        self._loop.call_soon_threadsafe(lambda: resolve())  # noqa: PLW0108  # the loop takes no partial
