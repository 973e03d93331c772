"""The quantizer as SPEAR publishes it: values scaled to [0, 1], cut into uniform bins (arXiv 2510.03962).

The publication scales with the extremes of the whole series; a stream has those that came before the point. A
value beyond them falls into the outermost bin, then widens them. Only the level channel speaks.
"""

import numpy as np

from spear_stream.core.order import pass_time
from spear_stream.core.quantizer import KNOWN, LARGEST, LEVEL, Quantizer
from spear_stream.core.records import CodeArray, IndexArray, Int64Array
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec


class UnitQuantizer(Quantizer):
    """In the columns of Quantizer: `centre` is the middle of the extremes so far, the level's scale half
    their distance.
    """

    def update(self, slots: IndexArray, ts: Int64Array, values: np.ndarray) -> CodeArray:
        """As Quantizer.update."""
        x = np.clip(values, -LARGEST, LARGEST)
        seen = self.table["seen"][slots]
        middle = np.where(seen > 0, self.table["centre"][slots], x)
        half = self.table["scale"][slots, LEVEL]
        known = (seen >= KNOWN) & (half > 0)
        unit = 0.5 + 0.5 * np.divide(x - middle, half, out=np.zeros(len(x)), where=half > 0)
        bins = np.clip(np.floor(unit * self._spec.bins), 0, self._spec.bins - 1)
        codes = np.full((len(slots), len(CHANNELS)), PAD, np.uint8)
        codes[:, LEVEL] = np.where(known, 1 + bins, PAD)
        low, high = np.minimum(middle - half, x), np.maximum(middle + half, x)
        self.table["centre"][slots] = low + (high - low) / 2
        self.table["scale"][slots, LEVEL] = (high - low) / 2
        pass_time(self.table, slots, ts, seen)
        self.table["seen"][slots] = seen + 1
        self.table["last"][slots] = x
        return codes


def make_quantizer(spec: WindowSpec) -> Quantizer:
    """The quantizer that a window was trained with."""
    return UnitQuantizer(spec) if spec.scaling == "unit" else Quantizer(spec)
