"""The state of one partition as records below Kafka's size limit, and back.

Every snapshot begins a run: its parts have the indexes 0, 1, ..., those of the journal that
follows go on counting. Keys are partition and index, so that compaction drops the parts of a run
which the next run has overwritten; what is left of an old run at higher indexes is ignored.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from spear_stream.core.errors import StateError
from spear_stream.core.stored import StoredState

PART_BYTES = 900_000
"""Below 1,048,588, Kafka's default of max.message.bytes, with room for key and headers."""
RUN_BYTES = 8
SNAPSHOT = 0
_HEAD = struct.Struct(f">{RUN_BYTES}sIHH")


class Part(NamedTuple):
    run: bytes
    change: int
    """0 for the snapshot, then one more for each record of the journal."""
    number: int
    of: int
    data: bytes

    def encode(self) -> bytes:
        return _HEAD.pack(self.run, self.change, self.number, self.of) + self.data


def decode_part(value: bytes) -> Part:
    """Raises StateError."""
    if len(value) < _HEAD.size:
        raise StateError("the record is no part of a state")
    run, change, number, of = _HEAD.unpack_from(value)
    return Part(run, change, number, of, value[_HEAD.size :])


@dataclass
class Run:
    """Where the writer of a partition's state is."""

    name: bytes
    changes: int = 0
    parts: int = 0

    def split(self, data: bytes) -> Iterator[tuple[int, Part]]:
        """The parts of the next change, with their indexes."""
        pieces = [data[i : i + PART_BYTES] for i in range(0, len(data), PART_BYTES)]
        for number, piece in enumerate(pieces):
            yield self.parts, Part(self.name, self.changes, number, len(pieces), piece)
            self.parts += 1
        self.changes += 1


@dataclass
class Assembler:
    """Takes parts in the order of the log; the last run with a whole snapshot counts."""

    log: str = ""
    """Which one, for messages."""
    _runs: dict[bytes, dict[tuple[int, int], Part]] = field(default_factory=dict)
    _begins: dict[bytes, int] = field(default_factory=dict)

    def add(self, part: Part, offset: int) -> None:
        parts = self._runs.setdefault(part.run, {})
        self._begins.setdefault(part.run, offset)
        parts[part.change, part.number] = part
        if part.change == SNAPSHOT and _is_whole(parts, SNAPSHOT):
            self._runs = {part.run: parts}

    def stored(self) -> StoredState | None:
        """The snapshot and the journal as far as it is whole; None without a snapshot."""
        for run, parts in self._runs.items():
            if (snapshot := _joined(parts, SNAPSHOT)) is not None:
                where = f"{self.log}, from offset {self._begins[run]}"
                return StoredState(snapshot, list(_journal(parts)), where)
        return None

    @property
    def torn(self) -> bool:
        """Parts are missing, so that stored() is less than was written; transactions leave no such thing."""
        for parts in self._runs.values():
            if _is_whole(parts, SNAPSHOT):
                last = max(change for change, _ in parts)
                return not all(_is_whole(parts, change) for change in range(last + 1))
        return bool(self._runs)


def _journal(parts: Mapping[tuple[int, int], Part]) -> Iterator[bytes]:
    change = SNAPSHOT + 1
    while (data := _joined(parts, change)) is not None:
        yield data
        change += 1


def _joined(parts: Mapping[tuple[int, int], Part], change: int) -> bytes | None:
    """The bytes of a change; None unless all of its parts are there."""
    if not _is_whole(parts, change):
        return None
    return b"".join(parts[change, number].data for number in range(parts[change, 0].of))


def _is_whole(parts: Mapping[tuple[int, int], Part], change: int) -> bool:
    first = parts.get((change, 0))
    return first is not None and all((change, number) in parts for number in range(first.of))
