"""What of a partition's state is stored, as bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spear_stream.core.records import TopicPartition
from spear_stream.core.roster import RosterState
from spear_stream.core.table import Column


@dataclass(frozen=True, slots=True)
class StateChange:
    """What a commit stores of one partition's state."""

    partition: TopicPartition
    data: bytes
    snapshot: bool
    """The whole state, which replaces all before it; else what happened since the last change."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """The state of one partition: the last snapshot, the changes since, in order, and where it was found."""

    snapshot: bytes
    journal: Sequence[bytes]
    where: str = ""


@dataclass(frozen=True, slots=True)
class DetectorState:
    """All that a detector knows, as plain data."""

    roster: RosterState
    tables: Mapping[str, Mapping[str, Column]]
