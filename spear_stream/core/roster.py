"""Which series has which row, which prompt scores it, and who makes room when the limit is reached."""

from collections.abc import Callable, Sequence

import numpy as np

from spear_stream.core.records import IndexArray

NO_ROOM = -1


class Roster:
    """Names of series to rows; rows of forgotten series are used again."""

    def __init__(
        self, max_series: int, idle_ms: int | None, prompt_of: Callable[[str], int] = lambda _: 0
    ) -> None:
        self._max_series = max_series
        self._idle_ms = idle_ms
        self._prompt_of = prompt_of
        self._slot: dict[str, int] = {}
        self._names: list[str | None] = []
        self._free: list[int] = []
        self.prompts = np.zeros(0, np.int16)
        self._fresh: list[str] = []

    def __len__(self) -> int:
        return len(self._slot)

    def __contains__(self, series: str) -> bool:
        return series in self._slot

    @property
    def rows(self) -> int:
        """Rows ever handed out; tables need this many."""
        return len(self._names)

    def take_fresh(self) -> list[str]:
        """Series added since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def name_of(self, slot: int) -> str:
        """Raises KeyError for a row without a series."""
        name = self._names[slot]
        if name is None:
            raise KeyError(slot)
        return name

    def slots(self, series: Sequence[str], now_ms: int, release: Callable[[int], IndexArray]) -> IndexArray:
        """Row of each series, new ones added; NO_ROOM beyond the limit.

        `release(before_ms)` gives back the rows of series idle since then.
        """
        get = self._slot.get
        found = np.fromiter((get(name, NO_ROOM) for name in series), np.intp, len(series))
        missing = np.flatnonzero(found == NO_ROOM)
        if len(missing):
            self._make_room(len({series[i] for i in missing}), now_ms, release)
            for i in missing:
                found[i] = self._add(series[i])
        return found

    def _add(self, name: str) -> int:
        known = self._slot.get(name)
        if known is not None:
            return known
        if len(self._slot) >= self._max_series:
            return NO_ROOM
        slot = self._free.pop() if self._free else len(self._names)
        if slot == len(self._names):
            self._names.append(name)
            self._grow()
        self._names[slot] = name
        self._slot[name] = slot
        self.prompts[slot] = self._prompt_of(name)
        self._fresh.append(name)
        return slot

    def _grow(self) -> None:
        if len(self._names) > len(self.prompts):
            grown = np.zeros(max(16, 2 * len(self._names)), np.int16)
            grown[: len(self.prompts)] = self.prompts
            self.prompts = grown

    def _make_room(self, wanted: int, now_ms: int, release: Callable[[int], IndexArray]) -> None:
        if self._idle_ms is None or len(self._slot) + wanted <= self._max_series:
            return
        for slot in map(int, release(now_ms - self._idle_ms)):
            name = self._names[slot]
            if name is not None:
                del self._slot[name]
                self._names[slot] = None
                self._free.append(slot)
