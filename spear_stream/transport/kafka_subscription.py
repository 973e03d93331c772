"""What a worker reads and as whom, and whether it still is that."""

from dataclasses import dataclass
from typing import Any

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.structs import ConsumerGroupMetadata, MemberState

from spear_stream.core.errors import PartitionsLost


@dataclass(frozen=True)
class Subscription:
    """What to read and as whom; either `topics` or `pattern`."""

    group_id: str
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    """Regular expression that a topic name must match from its start."""
    group_instance_id: str | None = None
    """Static membership (KIP-345): a restart within the session timeout does not rebalance the group."""
    max_poll_records: int = 500
    session_timeout: float = 45.0
    """Seconds of silence after which the group gives our partitions away."""
    max_poll_interval: float = 300.0
    """Seconds between two polls after which the group does so, and that it waits for us in a rebalance."""

    metadata_max_age: float = 60.0
    """Seconds until new partitions, and new topics of a pattern, are noticed at the latest."""

    @property
    def names(self) -> str:
        return self.pattern or ", ".join(self.topics)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of KafkaConsumer that differ from its defaults (docs/delivery.md)."""
        return {
            "group_id": self.group_id,
            "group_instance_id": self.group_instance_id,
            "partition_assignment_strategy": [CooperativeStickyAssignor],
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "metadata_max_age_ms": int(self.metadata_max_age * 1000),
            "max_poll_records": self.max_poll_records,
            "max_poll_interval_ms": int(self.max_poll_interval * 1000),
            "session_timeout_ms": int(self.session_timeout * 1000),
            # A member learns of a rebalance by its next heartbeat; 3 s is Kafka's default.
            "heartbeat_interval_ms": min(3000, int(self.session_timeout * 100)),
        }


def is_rebalancing(membership: ConsumerGroupMetadata) -> bool:
    return bool(membership.state == MemberState.REBALANCING)


def require_member(membership: ConsumerGroupMetadata) -> ConsumerGroupMetadata:
    """The membership. Raises PartitionsLost for that of a worker which knows that it was expelled.

    kafka-python's heartbeat learns of it between two polls and then forgets generation and member id, and
    in a transaction the broker takes offsets of who names neither (as of a client older than KIP-447).
    """
    if membership.generation_id < 0:
        raise PartitionsLost(
            f"group {membership.group_id} went on without this worker; "
            "what was not committed is read again by another"
        )
    return membership
