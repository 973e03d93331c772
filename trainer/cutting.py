"""Windows cut from quantized series, as a model sees them and with what they are trained towards."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from spear_stream.core.records import BoolArray, CodeArray, IndexArray
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.core.window_scaling import window_codes
from trainer.synthetic import SyntheticSeries


@dataclass(frozen=True)
class TrainingBatch:
    """codes (n, length, channels); label (n, length); counts (n, length) false where no label applies."""

    codes: CodeArray
    label: BoolArray
    counts: BoolArray

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, rows: IndexArray) -> "TrainingBatch":
        """Some of the windows, in this order."""
        return TrainingBatch(self.codes[rows], self.label[rows], self.counts[rows])

    @staticmethod
    def joined(batches: Sequence["TrainingBatch"]) -> "TrainingBatch":
        """The windows of all, one after the other."""
        return TrainingBatch(
            *(np.concatenate([getattr(b, one.name) for b in batches]) for one in fields(TrainingBatch))
        )


Ends = tuple[IndexArray, IndexArray]
"""Rows of series, and the points behind the newest of each window."""


class Cutter:
    """Cuts windows out of series of the same length; the one place where training gets its codes."""

    def __init__(self, spec: WindowSpec, made: Sequence[SyntheticSeries], codes: CodeArray) -> None:
        """codes: (series, points, channels) of the quantizer."""
        self._spec = spec
        self._codes = codes
        self._values = np.stack([one.values for one in made])
        self._label = np.stack([one.label for one in made])
        self._unclear = np.stack([one.unclear for one in made])

    def cut(self, row: IndexArray, end: IndexArray) -> TrainingBatch:
        """The up to spec.length points before `end`, right-aligned; both (n,)."""
        at = end[:, None] - self._spec.length + np.arange(self._spec.length)
        there, at, rows = at >= 0, np.maximum(at, 0), row[:, None]
        codes = np.where(there[:, :, None], self._codes[rows, at], np.uint8(PAD))
        if self._spec.scaling == "window":
            codes = window_codes(self._spec, self._values[rows, at], there)
        return TrainingBatch(
            codes=codes,
            label=self._label[rows, at] & there,
            counts=~self._unclear[rows, at] & there,
        )
