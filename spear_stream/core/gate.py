"""Which points have a window: one in `hop`, or while nothing is new ever fewer (docs/adr/0014-gate.md).

A point is new when it fell into a cell that none before it did (novelty.py); most points of most series do
not. Samples alone decide, and no score: a replay finds the same windows, whatever the batches were.
"""

from typing import Protocol

import numpy as np

from spear_stream.core.quantizer import novelty_of
from spear_stream.core.records import BoolArray, CodeArray, Float64Array, IndexArray, Int64Array, StructArray
from spear_stream.core.spec import LONGEST, WindowSpec
from spear_stream.core.table import SeriesTable

NEW = 0.2
"""Novelty of a new point: half of what the smallest cell of one shift gives, more than rounding does."""
DOUBLING = 0.5
"""Points that a window waits for per calm point before it: those between two windows double, as retries back
off."""
AT_ONCE = float(LONGEST)
"""The same where one calm point is as good as many, so that there is no back-off."""


class Hops(Protocol):
    """When series have windows; a row (slot) per series, points may be means."""

    @property
    def table(self) -> SeriesTable | None:
        """What is remembered of the series."""

    def due(self, slots: IndexArray, codes: CodeArray, points: Int64Array, asked: BoolArray) -> BoolArray:
        """Whether a window is due with one new point per series; (n,).

        slots: (n,) distinct; codes: (n, channels) of the points; points: (n,) of the series by now; asked:
        (n,) that one is wanted whatever the point is.
        """

    def fresh(self, slots: IndexArray) -> IndexArray:
        """Points that the window which was due last is scored for: those since the one before; (n,)."""


class EveryHop:
    """Always the same number of points."""

    table = None

    def __init__(self, hop: int) -> None:
        self._hop = hop

    def due(self, slots: IndexArray, codes: CodeArray, points: Int64Array, asked: BoolArray) -> BoolArray:
        """See Hops."""
        del slots, codes, asked
        return np.asarray(points % self._hop == 0)

    def fresh(self, slots: IndexArray) -> IndexArray:
        """See Hops."""
        return np.full(len(slots), self._hop)


class Gate:
    """New points at once, calm ones ever less often."""

    def __init__(
        self, bins: int, hop: int, calm_hop: int, young: int = 0, back_off: float = DOUBLING
    ) -> None:
        """hop, calm_hop: fewest and most points between two windows. young: points up to which a series has
        one every hop. back_off: DOUBLING or AT_ONCE.
        """
        self._bins = bins
        self._hop = hop
        self._calm_hop = calm_hop
        self._young = young
        self._back_off = back_off
        self.table = SeriesTable(held=np.int16, calm=np.int16, asked=np.bool_, was_due=np.bool_)

    def due(self, slots: IndexArray, codes: CodeArray, points: Int64Array, asked: BoolArray) -> BoolArray:
        """See Hops."""
        table = self.table
        held = np.where(table["was_due"][slots], 0, table["held"][slots]) + 1
        asked = asked | table["asked"][slots]
        calm = np.where(novelty_of(codes, self._bins) > NEW, 0, table["calm"][slots] + 1)
        has_new = calm < held  # among the points of the window
        wanted = asked | has_new | (held >= np.minimum(calm * self._back_off, self._calm_hop))
        due = (points % self._hop == 0) & (wanted | (points <= self._young))
        table["held"][slots], table["calm"][slots] = np.minimum(held, LONGEST), np.minimum(calm, 2 * LONGEST)
        table["asked"][slots], table["was_due"][slots] = asked & ~due, due
        return np.asarray(due)

    def fresh(self, slots: IndexArray) -> IndexArray:
        """See Hops."""
        held = self.table["held"][slots].astype(np.intp)
        return np.maximum(held, self._hop)  # since a restart that turned the gate on it may know of fewer


def hops_of(
    spec: WindowSpec, hop: int, calm_hop: int | None, young: int = 0, back_off: float = DOUBLING
) -> Hops:
    """A gate where there is something to save, and known what is new: other scalings have no novelty.

    calm_hop: as in Gate; None as well as any up to `hop` is `hop`.
    """
    if calm_hop is None or calm_hop <= hop or spec.scaling != "robust":
        return EveryHop(hop)
    return Gate(spec.bins, hop, calm_hop, young, back_off)


def turns(windows: StructArray, hop: int) -> Float64Array:
    """Windows that each of these stands for: those that there would have been with one every hop; (n,)."""
    return np.asarray(np.maximum(windows["fresh"] / hop, 1.0))
