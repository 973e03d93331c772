"""What an anomaly looks like: a spike, a shift, a trend, a change of volatility, or of the pattern.

Boosted trees read the figures of kind_features.py. They were learnt from alerts about injected anomalies,
whose kinds are known (trainer/kind_fitting.py), and are a constant of this version, as thresholds would be:
the same for all checkpoints and series. An alert that has just opened shows one point or two; the later
events of an alert know more (docs/adr/0009-kinds.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spear_stream.core.records import Float32Array, Float64Array

SPIKE, SHIFT, TREND, VOLATILITY, PATTERN = "spike", "shift", "trend", "volatility", "pattern"
KINDS = (SPIKE, SHIFT, TREND, VOLATILITY, PATTERN)
KINDS_FILE = Path(__file__).parent.parent / "data" / "kinds.npz"
LEAF = -1


class KindReader(Protocol):
    """Names what alerts are about."""

    def kind_of(self, figures: Mapping[str, float]) -> str:
        """The kind of an anomaly by the figures of kind_features()."""


@dataclass(frozen=True, eq=False)
class KindTrees:
    """A forest per kind; a node is followed by its left child."""

    names: tuple[str, ...]
    """Of the figures, in their order."""
    start: Float64Array
    """Of the sums, one per kind of KINDS."""
    roots: NDArray[np.int32]
    """First node of each tree; the trees of the kinds take turns."""
    feature: NDArray[np.int8]
    """Which figure a node looks at, LEAF for none."""
    number: Float32Array
    """Up to it one goes left; what a leaf adds."""
    right: NDArray[np.uint16]
    """How many nodes further on the right child is."""

    def kind_of(self, figures: Mapping[str, float]) -> str:
        """The likeliest kind. Raises ValueError for other figures than those it was learnt from."""
        if tuple(figures) != self.names:
            raise ValueError("the trees of the kinds were learnt from other figures: make kinds")
        return KINDS[int(np.argmax(self.sums(np.fromiter(figures.values(), np.float32))))]

    def sums(self, figures: Float32Array) -> Float64Array:
        """What the trees of each kind add up to, (kinds,)."""
        node = self.roots.copy()
        while len(inner := np.flatnonzero(self.feature[node] != LEAF)):
            at = node[inner]
            left = figures[self.feature[at]] <= self.number[at]
            node[inner] = at + np.where(left, 1, self.right[at])
        added = self.number[node].reshape(-1, len(KINDS))
        return np.asarray(self.start + added.sum(axis=0, dtype=np.float64))


@cache
def kind_trees(file: Path = KINDS_FILE) -> KindTrees:
    """The trees of the package, read once. Raises OSError, ValueError for a file that holds none."""
    with np.load(file, allow_pickle=False) as arrays:
        columns = {name: arrays[name] for name in arrays.files}
    return KindTrees(tuple(columns.pop("names").tolist()), **columns)
