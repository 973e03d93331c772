"""The demo's input as one core.ports.Source: recordings replayed beside what the machine does now."""

import time
from collections.abc import Mapping, Sequence
from queue import Empty

import msgspec
import numpy as np

from spear_stream.core.deadline import Deadline
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import PlainRecord, TopicPartition
from spear_stream.demo.generated import Recording
from spear_stream.demo.host import HostSampler, Sample

PARTITION = TopicPartition("demo", 0)


class DemoSource:
    """Records in the default JSON mapping.

    The recordings end together, whatever times they cover: each is spread evenly over the run, its
    own points in order. They are given no faster than in `seconds`, so that there is something to watch.
    """

    def __init__(
        self, recordings: Sequence[Recording], host: HostSampler, seconds: float, max_records: int = 64
    ) -> None:
        self._recordings = recordings
        self._host = host
        self._seconds = seconds
        self._max_records = max_records
        self._order = _side_by_side([len(recording.ts) for recording in recordings])
        self._given = 0
        self._offset = 0
        self._started: float | None = None
        self._paused = False
        self._listener: PartitionListener | None = None

    @property
    def total(self) -> int:
        """Records of a full run."""
        return len(self._order) + self._host.total

    def start(self, listener: PartitionListener) -> None:
        self._listener = listener
        self._host.start()

    def poll(self, timeout: float) -> Mapping[TopicPartition, Sequence[PlainRecord]]:
        if self._started is None and self._listener is not None:
            self._listener.assigned({PARTITION})
            self._started = time.monotonic()
        if self._paused:
            return {}
        samples = [*self._live(0.0), *self._replayed()] or self._live(timeout)
        records = [self._record(sample) for sample in samples]
        return {PARTITION: records} if records else {}

    def _live(self, timeout: float) -> list[Sample]:
        samples: list[Sample] = []
        try:
            if timeout > 0:
                samples.append(self._host.samples.get(timeout=timeout))
            while True:
                samples.append(self._host.samples.get_nowait())
        except Empty:
            return samples

    def _replayed(self) -> list[Sample]:
        end = min(self._given + self._max_records, self._allowed())
        rows, self._given = self._order[self._given : end], max(self._given, end)
        return [self._sample(series, row) for series, row in rows.tolist()]

    def _allowed(self) -> int:
        if self._started is None:
            return 0
        share = (time.monotonic() - self._started) / self._seconds if self._seconds > 0 else 1.0
        return int(min(share, 1.0) * len(self._order))

    def _sample(self, series: int, row: int) -> Sample:
        recording = self._recordings[series]
        return recording.series, int(recording.ts[row]), float(recording.value[row])

    def _record(self, sample: Sample) -> PlainRecord:
        series, ts, value = sample
        self._offset += 1
        encoded = msgspec.json.encode({"series": series, "ts": ts, "value": value})
        return PlainRecord(self._offset - 1, timestamp=-1, key=None, value=encoded)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """The demo always begins anew."""

    def lag(self) -> Mapping[TopicPartition, int]:
        return {PARTITION: self.total - self._offset}

    @property
    def exhausted(self) -> bool:
        return self._given == len(self._order) and self._host.finished

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        self._host.stop()
        listener, self._listener = self._listener, None
        if self._started is not None and listener is not None:
            listener.revoked({PARTITION})


def _side_by_side(lengths: Sequence[int]) -> np.ndarray:
    """Rows (series, row) such that every series is as far through as the others. Shape (sum, 2)."""
    rows = np.array([(s, r) for s, length in enumerate(lengths) for r in range(length)], np.int64)
    progress = np.concatenate([(np.arange(length) + 0.5) / length for length in lengths])
    return np.asarray(rows.reshape(-1, 2)[np.argsort(progress, kind="stable")])
