"""From logits to scores, with all that a series remembers of them: champions and challengers alike."""

import numpy as np

from spear_stream.core.evidence import Evidence
from spear_stream.core.likelihood import UNMARKED, Likelihood
from spear_stream.core.records import Float32Array, Float64Array, MarkArray, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable


class Judge:
    """A row (slot) per series. Windows of points have scores; what a coarse one shows raises those of the
    points until the next coarse one (docs/adr/0010-coarse.md).
    """

    def __init__(self, spec: WindowSpec, evidence: Evidence | None = None) -> None:
        """evidence: how the scores of windows of points are made; the daemon's way when None."""
        self.likelihood = Likelihood()
        self._evidence = evidence or Evidence(spec)
        self._coarse_likelihood = Likelihood()
        self._coarse_evidence = Evidence(spec)
        self._shown = SeriesTable(coarse=np.float64)
        self.tables = {
            "likelihood": self.likelihood.table,
            "evidence": self._evidence.table,
            "coarse_likelihood": self._coarse_likelihood.table,
            "coarse_evidence": self._coarse_evidence.table,
            "judge": self._shown,
        }

    def update(
        self,
        windows: StructArray,
        logits: Float32Array,
        probability: Float64Array,
        marks: MarkArray | None = None,
    ) -> Float64Array:
        """Score in [0, 1] of one new window per series, NaN of a coarse one; then remember it.

        windows: (n,) of distinct slots; marks: of the checkpoints that gave the logits, when that matters.
        """
        marks = np.full(len(windows), UNMARKED, np.uint32) if marks is None else marks
        slots, score = windows["slot"].astype(np.intp), np.full(len(windows), np.nan)
        far = np.flatnonzero(windows["coarse"])
        if len(far):
            surprise = self._coarse_likelihood.update(slots[far], logits[far], marks[far])
            shown = self._coarse_evidence.unusual(windows[far], surprise, probability[far])
            self._shown["coarse"][slots[far]] = shown
        near = np.flatnonzero(~windows["coarse"])
        if len(near):
            surprise = self.likelihood.update(slots[near], logits[near], marks[near])
            fine = self._evidence.update(windows[near], surprise, probability[near])
            score[near] = either(fine, self._shown["coarse"][slots[near]])
        return score


def either(one: Float64Array, other: Float64Array) -> Float64Array:
    """That one of two speaks up, as for chances that have nothing to do with each other (noisy or)."""
    return one + other - one * other
