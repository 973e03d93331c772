"""From logits to scores, with all that a series remembers of them: champions and challengers alike."""

import numpy as np

from spear_stream.core.coarse import BLOCK, after_long_gap, blocks_shown
from spear_stream.core.evidence import Evidence, is_fresh
from spear_stream.core.likelihood import Likelihood
from spear_stream.core.quantizer import LEVEL, bin_distance
from spear_stream.core.records import BoolArray, Float32Array, Float64Array, MarkArray, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable


class Judge:
    """A row (slot) per series. Windows of points have scores; what a coarse one shows raises those of the
    points until the next coarse one (docs/adr/0010-coarse.md).
    """

    def __init__(self, spec: WindowSpec, evidence: Evidence | None = None, learns_first: int = 0) -> None:
        """evidence: how the scores of windows of points are made; the daemon's way when None. learns_first:
        coarse windows of a series that only calibrate.
        """
        self._spec = spec
        self._learns_first = learns_first
        self.likelihood = Likelihood()
        self._evidence = evidence or Evidence(spec)
        self._coarse_likelihood = Likelihood()
        self._coarse_evidence = Evidence(spec)
        self._shown = SeriesTable(
            shown=np.float64, leaning=np.float32, left=np.int16, new=np.bool_, told=np.float64
        )
        self.tables = {
            "likelihood": self.likelihood.table,
            "evidence": self._evidence.table,
            "coarse_likelihood": self._coarse_likelihood.table,
            "coarse_evidence": self._coarse_evidence.table,
            "judge": self._shown,
        }

    def update(
        self, windows: StructArray, logits: Float32Array, probability: Float64Array, marks: MarkArray
    ) -> Float64Array:
        """Score in [0, 1] of one new window per series, NaN of a coarse one; then remember it.

        windows: (n,) of distinct slots, whose `leaning` is set; marks: of the checkpoints of the logits.
        """
        score, coarse = np.full(len(windows), np.nan), windows["coarse"]
        if coarse.any():
            self._keep_coarse(windows[coarse], logits[coarse], probability[coarse], marks[coarse])
        if (fine := ~coarse).any():
            slots = windows["slot"][fine].astype(np.intp)
            surprise = self.likelihood.update(slots, logits[fine], marks[fine])
            own = self._evidence.unusual(windows[fine], surprise, probability[fine])
            shown = self._shown_to(windows[fine], own)
            windows["leaning"][fine] = np.where(shown > own, self._shown["leaning"][slots], 0.0)
            score[fine] = np.maximum(either(own, shown), self._evidence.lasting(windows[fine]))
        return score

    def _keep_coarse(
        self, windows: StructArray, logits: Float32Array, probability: Float64Array, marks: MarkArray
    ) -> None:
        """Keep what coarse windows show beyond what the points of their blocks have told; less while they are
        short.
        """
        slots, table = windows["slot"].astype(np.intp), self._shown
        surprise = self._coarse_likelihood.update(slots, logits, marks)
        unusual = self._coarse_evidence.unusual(windows, surprise, probability)
        full = windows["points"] / blocks_shown(self._spec)
        known = self._coarse_likelihood.table["seen"][slots] > self._learns_first
        table["shown"][slots] = unusual * full * known * (1.0 - table["told"][slots])
        table["leaning"][slots] = bin_distance(windows["codes"][:, -1, LEVEL], self._spec.bins)
        table["left"][slots] = BLOCK * windows["fresh"]
        table["new"][slots] = True
        table["told"][slots] = 0.0

    def _shown_to(self, windows: StructArray, own: Float64Array) -> Float64Array:
        """What coarse windows show to these points, which show `own`: nothing behind a long gap, or where the
        next coarse one was not scored. The first of them are the last of the block.
        """
        slots, table = windows["slot"].astype(np.intp), self._shown
        new, left = table["new"][slots], table["left"][slots]
        shown = table["shown"][slots] * np.where(new, 1.0 - own, 1.0)
        holds = (left > 0) & ~self._after_gap(windows)
        table["shown"][slots] = shown
        table["left"][slots] = np.where(holds, np.maximum(left - windows["fresh"], 0), 0)
        table["told"][slots] = np.where(new, 0.0, np.maximum(table["told"][slots], own))
        table["new"][slots] = False
        return np.where(holds, shown, 0.0)

    def _after_gap(self, windows: StructArray) -> BoolArray:
        newest = int(windows["fresh"].max())
        gaps = after_long_gap(windows["codes"][:, -newest:], self._spec)
        return np.asarray((gaps & is_fresh(windows, newest)).any(axis=1))


def either(one: Float64Array, other: Float64Array) -> Float64Array:
    """That one of two speaks up, as for chances that have nothing to do with each other (noisy or)."""
    return one + other - one * other
