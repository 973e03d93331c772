"""Windows of series that say nothing, for events without a point of theirs."""

import numpy as np

from spear_stream.core.no_data import NoData
from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import IndexArray, StructArray
from spear_stream.core.roster import Roster
from spear_stream.core.windows import WindowStore


class LastWindows:
    """Those that end at the newest point of their series; nobody scores them."""

    def __init__(
        self, windows: WindowStore, quantizer: Quantizer, roster: Roster, no_data: NoData, hop: int
    ) -> None:
        """no_data: it knows the record that a series was last heard with."""
        self._windows = windows
        self._quantizer = quantizer
        self._roster = roster
        self._no_data = no_data
        self._hop = hop

    def of(self, slots: IndexArray) -> StructArray:
        """One per series, of the spec's dtype."""
        windows = self._windows.capture(slots)
        windows["fresh"] = np.minimum(self._hop, windows["points"])
        windows["prompt"] = self._roster.prompts[slots]
        windows["offset"] = self._no_data.table["offset"][slots]
        windows["ts"] = self._quantizer.table["last_ts"][slots]
        windows["value"] = self._quantizer.table["last"][slots]
        windows["centre"], windows["scale"] = self._quantizer.expect(slots)
        return windows
