"""Records of Kafka topics, shared with the other workers of a consumer group."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from math import inf
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, PartitionsLost
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_rebalance import OwnedPartitions, RebalanceListener
from spear_stream.transport.kafka_subscription import Subscription, is_rebalancing, require_member
from spear_stream.transport.kafka_thread import PollingThread, Result
from spear_stream.transport.kafka_topics import require_topics

GRACE = 0.05
"""Seconds beyond its timeout that kafka-python's poll() is given to return."""
REBALANCE_POLL_MS = 200


class KafkaSource:
    """core.ports.Source. Not for several threads; the listener runs on the thread that polls."""

    exhausted = False

    def __init__(self, connection: KafkaConnection, subscription: Subscription) -> None:
        self._connection = connection
        self._subscription = subscription
        self._thread = PollingThread()
        self._closing: Deadline | None = None
        self._consumer: Any = None
        self._lag: dict[TopicPartition, int] = {}
        self._paused = False

    def start(self, listener: PartitionListener) -> None:
        """Join the group. Raises BrokerError, for a missing topic too, or BrokerUnavailable."""
        require_topics(self._connection, self._subscription.topics)
        self._consumer = connect(KafkaConsumer, self._connection, **self._subscription.arguments())
        self._owned = OwnedPartitions(listener)
        self._listener = RebalanceListener(self._owned, self._thread, self._consumer)
        self._consumer.subscribe(
            topics=self._subscription.topics, pattern=self._subscription.pattern, listener=self._listener
        )

    def poll(self, timeout: float) -> Mapping[TopicPartition, Sequence[RawRecord]]:
        """Raises BrokerError, and whatever the listener raised; no record is skipped by it.

        A broker that is away gives no records and no error: kafka-python reconnects on its own.
        """
        timeout_ms = int(timeout * 1000)
        records = self._call("reading", lambda: self._poll(timeout_ms), timeout + GRACE)
        read = {TopicPartition(*partition): batch for partition, batch in (records or {}).items()}
        for partition, batch in read.items():
            self._owned.read(partition, batch[0].offset, batch[-1].offset + 1)
        if not read and not self._thread.busy:
            self._require_forward()
        return read

    def _require_forward(self) -> None:
        """kafka-python goes to the end of a topic that was created anew, past records nobody read."""
        for partition in self._owned:
            if (position := self._position(partition)) is not None:
                self._owned.require_forward(partition, position)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """Waits for the broker; offsets that would move a commit back are left out.

        Raises PartitionsLost when a partition is no longer ours, BrokerUnavailable while
        the group rebalances or the broker is away, BrokerError when trying again is useless.
        """
        if not (ahead := self.ahead(offsets)):
            return
        with translated(self._doing("committing offsets of")):
            self._consumer.commit(kafka_offsets(ahead), timeout_ms=self._patience_ms(deadline))
        self.committed(ahead)

    def ahead(self, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Those that move a commit forward. Raises PartitionsLost when one is no longer ours."""
        if foreign := self._owned.foreign(offsets):
            raise PartitionsLost(
                f"group {self._subscription.group_id} gave away {foreign}; drop their offsets"
            )
        return self._owned.ahead(offsets)

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """These offsets were committed, here or in a transaction."""
        self._owned.committed(offsets)

    def has_committed(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> bool:
        """Whether the group is at all of these offsets or beyond; waits for open transactions.

        Raises BrokerUnavailable, BrokerError.
        """
        with translated(self._doing("asking for the committed offsets of")):
            found = {
                tp: self._consumer.committed(KafkaPartition(*tp), timeout_ms=self._patience_ms(deadline))
                for tp in offsets
            }
        return all((found[tp] or 0) >= offset for tp, offset in offsets.items())

    def membership(self) -> ConsumerGroupMetadata:
        """Lets the broker refuse offsets of a member that the group left behind. Raises PartitionsLost."""
        return require_member(self._consumer.group_metadata())

    def lag(self) -> Mapping[TopicPartition, int]:
        """From the last fetch of each partition; a partition that was not fetched yet is left out."""
        if not self._thread.busy:
            self._lag = {tp: lag for tp in self._owned if (lag := self._lag_of(tp)) is not None}
        return self._lag

    def close(self, deadline: Deadline) -> None:
        """Revoke all partitions, so that the listener can commit, and leave the group.

        A static member stays in the group until its session times out.
        """
        if self._consumer is None:
            return
        self._closing = deadline
        with closing(self._thread):
            try:
                self._thread.finish()
            finally:
                self._listener.closing = True
                self._call(
                    "leaving",
                    lambda: self._consumer.close(autocommit=False, timeout_ms=1000 * deadline.remaining),
                    inf,
                )

    def _poll(self, timeout_ms: int) -> Mapping[Any, Sequence[RawRecord]]:
        """On the polling thread; longer than `timeout_ms` while the group rebalances.

        kafka-python 3.0.12 forgets an assignment that arrives while nobody is inside poll(): it joins anew,
        which starts the next rebalance and with work between the polls can go on for ever. So somebody is
        inside until the assignment is there. And a leader that joined again because the topics' partitions
        changed takes itself for joined before its own assignment has arrived: it has to be told to ask.
        """
        if self._unanswered():
            # kafka-python would ask anew without a pause until the timeout, and remember every time it asked.
            time.sleep(timeout_ms / 1000)
            timeout_ms = 0
        if self._paused:  # partitions that came since the last poll are not yet
            self._consumer.pause(*self._consumer.assignment())
        else:
            self._consumer.resume(*self._consumer.paused())
        records: Mapping[Any, Sequence[RawRecord]] = self._consumer.poll(timeout_ms=timeout_ms)
        while not (records or self._closing) and is_rebalancing(self._consumer.group_metadata()):
            self._consumer._coordinator.request_rejoin()  # noqa: SLF001  # kafka-python has no public way
            records = self._consumer.poll(timeout_ms=REBALANCE_POLL_MS)
        return records

    def _unanswered(self) -> bool:
        """A heartbeat is overdue: the broker hangs, or the network swallows what it is sent."""
        return bool(self._consumer._coordinator.time_to_next_heartbeat() == 0)  # noqa: SLF001  # as above

    def _lag_of(self, partition: TopicPartition) -> int | None:
        end: int | None = self._consumer.highwater(KafkaPartition(*partition))
        with suppress(BrokerError):  # it comes again, in poll()
            if end is not None and (position := self._position(partition)) is not None:
                return max(0, end - position)
        return None

    def _position(self, partition: TopicPartition) -> int | None:
        """Asks nobody. Raises what kafka-python's last look-up ended with, as BrokerError."""
        with translated(self._doing("reading")):
            position: int | None = self._consumer.position(KafkaPartition(*partition), timeout_ms=0)
        return position

    def _call(self, verb: str, blocking: Callable[[], Result], patience: float) -> Result | None:
        try:
            with translated(self._doing(verb)):
                return self._thread.run(blocking, patience)
        finally:
            if not self._thread.busy:  # else kafka-python's own error about it is still to come
                self._listener.raise_failure()

    def _patience_ms(self, deadline: Deadline) -> float:
        return 1000 * min(self._connection.request_timeout, deadline.remaining)

    def _doing(self, verb: str) -> str:
        source = self._subscription
        return f"{verb} {source.names} as group {source.group_id} at {self._connection.servers}"


def kafka_offsets(offsets: Mapping[TopicPartition, int]) -> dict[KafkaPartition, OffsetAndMetadata]:
    return {KafkaPartition(*tp): OffsetAndMetadata(offset) for tp, offset in offsets.items()}
