"""From logits to scores, with all that a series remembers of them: champions and challengers alike."""

import numpy as np

from spear_stream.core.coarse import NONE, blocks_between, blocks_shown
from spear_stream.core.evidence import Evidence, fresh_codes
from spear_stream.core.gate import turns
from spear_stream.core.likelihood import Likelihood
from spear_stream.core.quantizer import LEVEL, bin_distance
from spear_stream.core.records import BoolArray, Float32Array, Float64Array, MarkArray, StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.table import SeriesTable

REMEMBERED = 0.8
"""Share of what the points of a block have told that is no news in the next one either: the way back from a
spike is a change of the means, too."""


class Judge:
    """A row (slot) per series. Windows of points have scores; what a coarse one shows raises those of the
    points until the next coarse one (docs/adr/0010-coarse.md).
    """

    def __init__(
        self,
        spec: WindowSpec,
        block: int,
        hop: int,
        evidence: Evidence | None = None,
        learns_first: int = 0,
    ) -> None:
        """block: points of a mean. hop: fewest points between two windows. evidence: how the scores of
        windows of points are made; the daemon's way when None. learns_first: coarse windows of a series that
        only calibrate.
        """
        self._spec = spec
        self._hop = hop
        self._coarse_hop = blocks_between(hop, block) if block else 1
        self._blocks = blocks_shown(spec, block)
        self._learns_first = learns_first
        self.likelihood = Likelihood()
        self._evidence = evidence or Evidence(spec)
        self._coarse_likelihood = Likelihood()
        self._coarse_evidence = Evidence(spec)
        self._shown = SeriesTable(
            shown=np.float64, leaning=np.float32, block=np.int32, told=np.float64, told_since=np.int32
        )
        self.tables = {
            "likelihood": self.likelihood.table,
            "evidence": self._evidence.table,
            "coarse_likelihood": self._coarse_likelihood.table,
            "coarse_evidence": self._coarse_evidence.table,
            "judge": self._shown,
        }

    def update(
        self, windows: StructArray, logits: Float32Array, probability: Float32Array, marks: MarkArray
    ) -> Float64Array:
        """Score in [0, 1] of one new window per series, NaN of a coarse one; then remember it.

        windows: (n,) of distinct slots, whose `leaning` is set; marks: of the checkpoints of the logits.
        """
        score, coarse = np.full(len(windows), np.nan), windows["coarse"]
        if coarse.any():
            self._keep_coarse(windows[coarse], logits[coarse], probability[coarse], marks[coarse])
        if (fine := ~coarse).any():
            points = windows[fine]
            slots = points["slot"].astype(np.intp)
            surprise = self.likelihood.update(slots, logits[fine], marks[fine], turns(points, self._hop))
            own = self._evidence.unusual(points, surprise, probability[fine])
            shown = self._shown_to(points, own)
            self._remember_told(points, own)
            own = self._evidence.remarkable(points, own)
            windows["leaning"][fine] = np.where(shown > own, self._shown["leaning"][slots], 0.0)
            score[fine] = np.maximum(either(own, shown), self._evidence.lasting(points))
        return score

    def _keep_coarse(
        self, windows: StructArray, logits: Float32Array, probability: Float32Array, marks: MarkArray
    ) -> None:
        """Keep what coarse windows show beyond what the points of their blocks have told; less while they are
        short.
        """
        slots, table = windows["slot"].astype(np.intp), self._shown
        stands_for = turns(windows, self._coarse_hop)
        surprise = self._coarse_likelihood.update(slots, logits, marks, stands_for)
        unusual = self._coarse_evidence.unusual(windows, surprise, probability)
        full = windows["points"] / self._blocks
        known = self._coarse_likelihood.table["seen"][slots] > self._learns_first
        table["shown"][slots] = unusual * full * known * (1.0 - table["told"][slots])
        table["leaning"][slots] = self._side(windows)
        table["block"][slots] = windows["block"]

    def _shown_to(self, windows: StructArray, own: Float64Array) -> Float64Array:
        """What the last coarse window that was due shows to these points, which show `own`: nothing if it was
        not scored, or a long gap came. The points of its own block have said a part of it themselves.
        """
        slots, table = windows["slot"].astype(np.intp), self._shown
        shown = table["shown"][slots] * np.where(_ends_block(windows), 1.0 - own, 1.0)
        table["shown"][slots] = shown
        holds = (windows["block"] != NONE) & (table["block"][slots] == windows["block"])
        return np.where(holds, shown, 0.0)

    def _remember_told(self, windows: StructArray, own: Float64Array) -> None:
        """Keep the most that the points of the block have told, which is open until the next coarse window is
        due; of the block before, whose last points may be among these, a share.
        """
        slots, table = windows["slot"].astype(np.intp), self._shown
        told, is_open = table["told"][slots], table["told_since"][slots] == windows["block"]
        ended = REMEMBERED * np.maximum(told, np.where(_ends_block(windows), own, 0.0))
        told = np.where(is_open, told, ended)
        table["told"][slots] = np.maximum(told, np.where(windows["since"] > 0, own, 0.0))
        table["told_since"][slots] = windows["block"]

    def _side(self, windows: StructArray) -> Float64Array:
        """Where the farthest of the new means lies, by the sign."""
        codes, fresh = fresh_codes(windows)
        distance = np.where(fresh, bin_distance(codes[..., LEVEL], self._spec.bins), 0.0)
        farthest = np.abs(distance).argmax(axis=1)
        return np.asarray(distance[np.arange(len(windows)), farthest])


def _ends_block(windows: StructArray) -> BoolArray:
    """Whether the last points of a block are among the new ones of each window; (n,)."""
    return np.asarray(windows["since"] < windows["fresh"])


def either(one: Float64Array, other: Float64Array) -> Float64Array:
    """That one of two speaks up, as for chances that have nothing to do with each other (noisy or)."""
    return one + other - one * other
