"""Records of Kafka topics, shared with the other workers of a consumer group."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import inf
from typing import Any, TypeVar

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.structs import MemberState, OffsetAndMetadata

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import PartitionsLost
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import RawRecord, TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translated
from spear_stream.transport.kafka_rebalance import OwnedPartitions, PollingThread, RebalanceListener
from spear_stream.transport.kafka_topics import require_topics

Result = TypeVar("Result")
GRACE = 0.05
"""Seconds beyond its timeout that kafka-python's poll() is given to return."""
REBALANCE_POLL_MS = 200


@dataclass(frozen=True)
class Subscription:
    """What to read and as whom; either `topics` or `pattern`."""

    group_id: str
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    """Regular expression that a topic name must match from its start."""
    group_instance_id: str | None = None
    """Static membership (KIP-345): a restart within the session timeout does not rebalance the group."""
    max_poll_records: int = 5000
    session_timeout: float = 45.0
    """Seconds of silence after which the group gives our partitions away."""

    @property
    def names(self) -> str:
        return self.pattern or ", ".join(self.topics)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of KafkaConsumer that differ from its defaults (DESIGN: delivery)."""
        return {
            "group_id": self.group_id,
            "group_instance_id": self.group_instance_id,
            "partition_assignment_strategy": [CooperativeStickyAssignor],
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "max_poll_records": self.max_poll_records,
            "session_timeout_ms": int(self.session_timeout * 1000),
            # A member learns of a rebalance by its next heartbeat; 3 s is Kafka's default.
            "heartbeat_interval_ms": min(3000, int(self.session_timeout * 100)),
        }


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
        return {TopicPartition(*partition): batch for partition, batch in (records or {}).items()}

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Waits for the broker; offsets that would move a commit back are left out.

        Raises PartitionsLost when a partition is no longer ours, BrokerUnavailable while
        the group rebalances or the broker is away, BrokerError when trying again is useless.
        """
        if foreign := self._owned.foreign(offsets):
            raise PartitionsLost(
                f"group {self._subscription.group_id} gave away {foreign}; drop their offsets"
            )
        if not (ahead := self._owned.ahead(offsets)):
            return
        request = {KafkaPartition(*tp): OffsetAndMetadata(offset) for tp, offset in ahead.items()}
        with translated(self._doing("committing offsets of")):
            self._consumer.commit(request, timeout_ms=self._commit_timeout_ms())
        self._owned.committed(ahead)

    def lag(self) -> Mapping[TopicPartition, int]:
        """From the last fetch of each partition; a partition that was not fetched yet is left out."""
        if not self._thread.busy:
            self._lag = {
                tp: lag for tp in self._owned if (lag := self._lag_of(KafkaPartition(*tp))) is not None
            }
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
                self._call("leaving", self._leave, inf)

    def _poll(self, timeout_ms: int) -> Mapping[Any, Sequence[RawRecord]]:
        """On the polling thread; longer than `timeout_ms` while the group rebalances.

        kafka-python 3.0.12 forgets an assignment that arrives while nobody is inside poll():
        it joins anew, which starts the next rebalance and with work between the polls can go
        on for ever. So somebody is inside until the assignment is there. And if the group's
        leader joined again because the topics' partitions changed, it takes itself for joined
        before its own assignment has arrived, and never asks for it: it has to be told.
        """
        if self._unanswered():
            # kafka-python would ask anew without a pause until the timeout, and remember every time it asked.
            time.sleep(timeout_ms / 1000)
            timeout_ms = 0
        records: Mapping[Any, Sequence[RawRecord]] = self._consumer.poll(timeout_ms=timeout_ms)
        while not records and self._rebalancing() and not self._closing:
            self._consumer._coordinator.request_rejoin()  # noqa: SLF001  # kafka-python has no public way
            records = self._consumer.poll(timeout_ms=REBALANCE_POLL_MS)
        return records

    def _unanswered(self) -> bool:
        """A heartbeat is overdue: the broker hangs, or the network swallows what is sent to it."""
        return bool(self._consumer._coordinator.time_to_next_heartbeat() == 0)  # noqa: SLF001  # as above

    def _rebalancing(self) -> bool:
        return bool(self._consumer.group_metadata().state == MemberState.REBALANCING)

    def _leave(self) -> None:
        remaining = self._closing.remaining if self._closing else 0.0
        self._consumer.close(autocommit=False, timeout_ms=remaining * 1000)

    def _lag_of(self, partition: KafkaPartition) -> int | None:
        if (end := self._consumer.highwater(partition)) is None:
            return None
        position = self._consumer.position(partition, timeout_ms=0)
        return None if position is None else max(0, end - position)

    def _call(self, verb: str, blocking: Callable[[], Result], patience: float) -> Result | None:
        try:
            with translated(self._doing(verb)):
                return self._thread.run(blocking, patience)
        finally:
            if not self._thread.busy:  # else kafka-python's own error about it is still to come
                self._listener.raise_failure()

    def _commit_timeout_ms(self) -> float:
        limit = self._connection.request_timeout
        return 1000 * (min(limit, self._closing.remaining) if self._closing else limit)

    def _doing(self, verb: str) -> str:
        source = self._subscription
        return f"{verb} {source.names} as group {source.group_id} at {self._connection.servers}"
