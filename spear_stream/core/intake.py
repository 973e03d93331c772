"""From records to windows that wait, in parts that are small enough to be scored soon."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter

from spear_stream.core.batcher import Batcher
from spear_stream.core.dead_letters import dead_letters
from spear_stream.core.fleet import Fleet
from spear_stream.core.keeper import StateKeeper
from spear_stream.core.keys import KeyWatch
from spear_stream.core.outputs import Outputs
from spear_stream.core.ports import Ports
from spear_stream.core.records import Decoded, RawRecord, SampleBatch, TopicPartition

PART_BYTES = 262_144
"""Of record values that are observed at once: they may become a window or two for every twenty of them."""

_value_of = attrgetter("value")


class Intake:
    """Records that were read and wait to be observed, in order per partition."""

    def __init__(
        self, ports: Ports, fleet: Fleet, batcher: Batcher, keeper: StateKeeper, outputs: Outputs
    ) -> None:
        self._ports = ports
        self._fleet = fleet
        self._batcher = batcher
        self._keeper = keeper
        self._outputs = outputs
        self._keys = KeyWatch(ports.telemetry.key_changed)
        self._parts: deque[tuple[TopicPartition, Sequence[RawRecord]]] = deque()
        self.observed: dict[TopicPartition, int] = {}
        """The next offset of each partition that was read since the last commit."""
        self._read_to: dict[TopicPartition, int] = {}
        """The same of every one that was read."""

    @property
    def waiting(self) -> bool:
        return bool(self._parts)

    def put(self, polled: Mapping[TopicPartition, Sequence[RawRecord]]) -> None:
        for partition, records in polled.items():
            self._ports.telemetry.polled(partition, len(records), _size(records))
            self._parts += [(partition, part) for part in _parts(records)]

    def observe_next(self) -> None:
        """Observe the oldest part: its windows wait in the batcher, what is refused is on its way."""
        partition, records = self._parts.popleft()
        self._outputs.read(_size(records))
        self.observed[partition] = self._read_to[partition] = records[-1].offset + 1
        if not (records := self._keeper.unknown(partition, records)):
            return
        forwards = self._ports.forwards(partition)
        decoder = self._ports.decoder if forwards else self._ports.forwarded or self._ports.decoder
        with self._outputs.timed("decode"):
            decoded = decoder.decode(partition, records)
        if forwards:
            self._outputs.forward(decoded.samples)
            self._outputs.reject(decoded.rejected)
        else:
            self._keys.look(decoded.samples, records)
            self._observe(decoded, records)

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        """Another worker reads these now."""
        self._parts = deque(part for part in self._parts if part[0] not in partitions)
        for partition in partitions:
            self.observed.pop(partition, None)
            self._read_to.pop(partition, None)

    def end(self) -> None:
        """The input has ended and all of it is judged: what else is told of silence (core/endings.py)."""
        for partition, offset in self._read_to.items():
            while told := self._fleet.observe(SampleBatch.none(partition), self._now_ms()).told:
                self.observed[partition] = offset
                self._outputs.publish(told)

    def _observe(self, decoded: Decoded, records: Sequence[RawRecord]) -> None:
        with self._outputs.timed("observe"):
            observed = self._fleet.observe(decoded.samples, self._now_ms())
        accepted, warming_up = int(observed.accepted.sum()), int(observed.warming_up.sum())
        due, coarse = len(observed.windows), int(observed.windows["coarse"].sum())
        self._ports.telemetry.observed(accepted, warming_up, due, coarse)
        if self._ports.recorder is not None:
            self._ports.recorder.points(decoded.samples, observed)
        if observed.told:
            self._outputs.publish(observed.told)
        self._outputs.reject(dead_letters(decoded, observed.rejections, records))
        self._batcher.add(observed.windows, self._ports.clock.monotonic())

    def _now_ms(self) -> int:
        return int(self._ports.clock.now() * 1000)


def _size(records: Sequence[RawRecord]) -> int:
    return sum(map(len, filter(None, map(_value_of, records))))


def _parts(records: Sequence[RawRecord]) -> Iterator[Sequence[RawRecord]]:
    """Slices of at most PART_BYTES, or of one record."""
    first, size = 0, 0
    for at, record in enumerate(records):
        length = len(record.value or b"")
        if size and size + length > PART_BYTES:
            yield records[first:at]
            first, size = at, 0
        size += length
    yield records[first:]
