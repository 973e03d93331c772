"""What happened to a detector between two snapshots, small enough to store with every commit.

A detector is a function of the samples it observed and the logits its windows got. The journal
keeps both in the order they came, so a replay needs no model, no decoder and no input topic.
"""

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from spear_stream.core.detector import Detector
from spear_stream.core.envelope import Document, pack, unpack
from spear_stream.core.errors import StateError
from spear_stream.core.records import Float32Array, MarkArray, SampleBatch, StructArray
from spear_stream.core.table import Column

KIND = "journal"
OBSERVED, JUDGED = "observed", "judged"
UNKNOWN = -1


class Journal:
    """Names are written once and then referred to by number, until the journal starts anew."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._begin()

    def observed(self, samples: SampleBatch, now_ms: int) -> None:
        """Samples that the detector is given, refused ones too: they may have made room for others."""
        self._steps.append((OBSERVED, len(samples), now_ms))
        self._samples.append((self._numbered(samples.series), samples.ts, samples.value, samples.offset))

    def judged(self, logits: Float32Array, marks: MarkArray | None = None) -> None:
        """Logits of the next windows that wait, in the order they were observed in.

        marks: of the checkpoints that gave them (identity.py); None when that is not known.
        """
        self._steps.append((JUDGED, len(logits), 0))
        self._logits.append(logits)
        self._marks.append(np.zeros(len(logits), np.uint32) if marks is None else marks)

    @property
    def empty(self) -> bool:
        """Nothing happened since the last call of take() or restart()."""
        return not self._steps

    def take(self, offset: int) -> bytes:
        """What happened since the last call. offset: the next record to observe."""
        number, ts, value, at = (
            np.concatenate([np.zeros(0, dtype), *parts])
            for dtype, parts in zip(
                (np.uint32, np.int64, np.float64, np.int64),
                zip(*self._samples, strict=True) if self._samples else ((), (), (), ()),
                strict=True,
            )
        )
        logits = np.concatenate([np.zeros(0, np.float32), *self._logits])
        columns = {"number": number, "ts": _steps(ts), "value": value, "offset": _steps(at), "logit": logits}
        columns["mark"] = np.concatenate([np.zeros(0, np.uint32), *self._marks])
        header = {"offset": offset, "steps": self._steps, "names": self._fresh}
        self._begin()
        return pack(Document(KIND, header, columns))

    def restart(self) -> None:
        """Forget everything: a snapshot says it all."""
        self._numbers = {}
        self._begin()

    def _begin(self) -> None:
        self._fresh: list[str] = []
        self._steps: list[tuple[str, int, int]] = []
        self._samples: list[tuple[Column, Column, Column, Column]] = []
        self._logits: list[Float32Array] = []
        self._marks: list[MarkArray] = []

    def _numbered(self, series: Sequence[str]) -> Column:
        numbers = np.fromiter(map(self._numbers.get, series, repeat(UNKNOWN)), np.int64, len(series))
        for row in np.flatnonzero(numbers == UNKNOWN).tolist():
            name = series[row]
            if name not in self._numbers:
                self._numbers[name] = len(self._numbers)
                self._fresh.append(name)
            numbers[row] = self._numbers[name]
        return numbers.astype(np.uint32)


class Replay:
    """Brings a detector to where it was when the last of its journal was written."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._names: list[str] = []
        self._waiting: StructArray = np.zeros(0, detector.settings.spec.dtype)

    def apply(self, data: bytes) -> int:
        """Replay one record; its events were published long ago. Returns the next offset to observe.

        Raises StateError when the record does not fit what came before it.
        """
        document = unpack(data, KIND)
        try:
            self._names += document.header["names"]
            self._replay(document)
            return int(document.header["offset"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise StateError(f"the journal does not fit its snapshot ({error})") from error

    def _replay(self, document: Document) -> None:
        samples = self._samples(document)
        logits, marks, row, scored = document.columns["logit"], document.columns["mark"], 0, 0
        for step, count, now_ms in document.header["steps"]:
            if step == OBSERVED:
                windows = self._detector.observe(_part(samples, row, count), now_ms).windows
                self._waiting = np.concatenate([self._waiting, windows]) if len(self._waiting) else windows
                row += count
            else:
                part = slice(scored, scored + count)
                self._judge(logits[part], marks[part], count)
                scored += count
        if len(self._waiting):
            raise ValueError(f"{len(self._waiting)} windows without a score")

    def _judge(self, logits: Float32Array, marks: MarkArray, count: int) -> None:
        if not len(logits) == len(marks) == count <= len(self._waiting):
            raise ValueError(f"{count} scores for {len(self._waiting)} windows")
        windows, self._waiting = self._waiting[:count], self._waiting[count:]
        self._detector.judge(windows, logits, marks)

    def _samples(self, document: Document) -> SampleBatch:
        columns = document.columns
        series = [self._names[number] for number in columns["number"].tolist()]
        ts, offset = np.cumsum(columns["ts"]), np.cumsum(columns["offset"])
        if not len(series) == len(ts) == len(columns["value"]) == len(offset):
            raise ValueError("columns of unequal length")
        return SampleBatch(self._detector.source, series, ts, columns["value"], offset)


def _steps(values: Column) -> Column:
    """The first value, then differences: small numbers that compress well."""
    return np.diff(values, prepend=np.zeros(1, values.dtype))


def _part(samples: SampleBatch, start: int, count: int) -> SampleBatch:
    if start + count > len(samples):
        raise ValueError(f"{count} samples wanted, {len(samples) - start} are there")
    rows = slice(start, start + count)
    return SampleBatch(
        samples.source, samples.series[rows], samples.ts[rows], samples.value[rows], samples.offset[rows]
    )
