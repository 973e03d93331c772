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
from zipfile import BadZipFile
from zlib import error as BadCompression  # noqa: N812 - it is an exception

import numpy as np
from numpy.typing import NDArray

from spear_stream.core.errors import ConfigError
from spear_stream.core.kind_features import kind_features
from spear_stream.core.records import Float32Array, Float64Array
from spear_stream.core.spec import WindowSpec

SPIKE, SHIFT, TREND, VOLATILITY, PATTERN = "spike", "shift", "trend", "volatility", "pattern"
KINDS = (SPIKE, SHIFT, TREND, VOLATILITY, PATTERN)
KINDS_FILE = Path(__file__).parent.parent / "data" / "kinds.npz"
LEAF = -1


def _figures() -> tuple[str, ...]:
    spec = WindowSpec()
    window = np.zeros(1, spec.dtype)[0]
    window["points"] = spec.length
    return tuple(kind_features(window, spec, 0))


FIGURES = _figures()
"""Names of the figures of a window, in their order."""


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

    def __post_init__(self) -> None:
        """Raises ValueError for trees of other figures, and for what are no trees."""
        if self.names != FIGURES:
            raise ValueError("learnt from other figures than windows have")
        inner = np.flatnonzero(self.feature != LEAF)
        sound = (
            self.start.shape == (len(KINDS),)
            and len(self.roots) % len(KINDS) == 0
            and self.feature.shape == self.number.shape == self.right.shape
            and self.roots.max(initial=0) < len(self.feature)
            and self.feature[-1] == LEAF
            and self.feature.max(initial=LEAF) < len(FIGURES)
            and (self.right[inner] > 1).all()
            and (inner + self.right[inner] < len(self.feature)).all()
        )
        if not sound:
            raise ValueError("arrays that are no trees")

    def kind_of(self, figures: Mapping[str, float]) -> str:
        """The likeliest kind. figures: those of kind_features()."""
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
    """The trees of the package, read once. Raises ConfigError for a file that holds none that fit."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            columns = {name: arrays[name] for name in arrays.files}
        return KindTrees(tuple(columns.pop("names").tolist()), **columns)
    except (OSError, EOFError, LookupError, TypeError, ValueError, BadZipFile, BadCompression) as error:
        raise ConfigError(
            f"{file} holds no trees that name the kinds of anomalies ({error}): install spear-stream anew"
        ) from error
