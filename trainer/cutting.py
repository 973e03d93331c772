"""Windows cut from quantized series, as a model sees them and with what they are trained towards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spear_stream.core.records import BoolArray, CodeArray, IndexArray
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.core.window_scaling import window_codes
from trainer.synthetic import SyntheticSeries


@dataclass(frozen=True)
class TrainingBatch:
    """codes (n, length, channels); label (n, length); counts (n, length) false where no label applies;
    kind (n, length) of the anomaly at a point, one more than its place in injection.KINDS, 0 for none and
    for one whose kind nobody knows.
    """

    codes: CodeArray
    label: BoolArray
    counts: BoolArray
    kind: CodeArray

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, rows: IndexArray) -> "TrainingBatch":
        """Some of the windows, in this order."""
        return TrainingBatch(self.codes[rows], self.label[rows], self.counts[rows], self.kind[rows])

    @staticmethod
    def joined(batches: Sequence["TrainingBatch"]) -> "TrainingBatch":
        """The windows of all, one after the other."""
        return TrainingBatch(
            *(np.concatenate([getattr(b, name) for b in batches]) for name in Window._fields)
        )


class Window(NamedTuple):
    """One row of a TrainingBatch."""

    codes: CodeArray
    label: BoolArray
    counts: BoolArray
    kind: CodeArray


def stacked(windows: Sequence[Window]) -> TrainingBatch:
    """Windows as the rows of a batch."""
    return TrainingBatch(*(np.stack(column) for column in zip(*windows, strict=True)))


def cut_window(spec: WindowSpec, codes: CodeArray, made: SyntheticSeries, end: int) -> Window:
    """The up to spec.length points before `end`, right-aligned; codes (points, channels) of the series."""
    start = max(0, end - spec.length)
    into = slice(spec.length - (end - start), None)
    out = np.full((spec.length, len(CHANNELS)), PAD, np.uint8)
    label, counts = np.zeros(spec.length, np.bool_), np.zeros(spec.length, np.bool_)
    kind = np.zeros(spec.length, np.uint8)
    out[into] = codes[start:end]
    if spec.scaling == "window":
        values, known = np.zeros(spec.length), np.zeros(spec.length, np.bool_)
        values[into], known[into] = made.values[start:end], True
        out = window_codes(spec, values[None], known[None])[0]
    label[into] = made.label[start:end]
    counts[into] = ~made.unclear[start:end]
    kind[into] = made.kind[start:end]
    return Window(out, label, counts, kind)
