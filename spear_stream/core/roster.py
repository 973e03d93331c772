"""Which series has which row, which prompt scores it, and who makes room when the limit is reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from spear_stream.core.records import IndexArray, Int64Array

NO_ROOM = -1
NEVER_IDLE = np.iinfo(np.int64).max
"""When a row without a series was last heard."""


@dataclass(frozen=True, slots=True)
class RosterState:
    """Who has which row; prompts are left out, since the settings decide on them."""

    names: list[str | None]
    """By row; None for a row that is free."""
    free: list[int]
    """Rows to be used again, the last one first."""
    heard: Int64Array
    """Milliseconds since the epoch, by row."""


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
        self._heard = np.zeros(0, np.int64)
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

    def members(self) -> Iterator[tuple[int, str]]:
        """Row and name of every series."""
        return ((slot, name) for slot, name in enumerate(self._names) if name is not None)

    def slot_of(self, series: str) -> int:
        """Raises KeyError for a series without a row."""
        return self._slot[series]

    def reassign(self) -> None:
        """Choose the prompt of every series anew."""
        for slot, name in self.members():
            self.prompts[slot] = self._prompt_of(name)

    def name_of(self, slot: int) -> str:
        """Raises KeyError for a row without a series."""
        name = self._names[slot]
        if name is None:
            raise KeyError(slot)
        return name

    def slots(
        self, series: Sequence[str], now_ms: int, release: Callable[[IndexArray], IndexArray]
    ) -> IndexArray:
        """Row of each series, new ones added; NO_ROOM beyond the limit.

        now_ms: when the samples arrived, which is what a series is idle by: an old backlog
        is no idle series. `release(rows)` gets the rows of idle series and returns those it
        has emptied.
        """
        found = np.fromiter(map(self._slot.get, series, repeat(NO_ROOM)), np.intp, len(series))
        self._heard[found[found != NO_ROOM]] = now_ms
        missing = np.flatnonzero(found == NO_ROOM).tolist()
        if missing:
            self._make_room(len({series[i] for i in missing}), now_ms, release)
            for i in missing:
                found[i] = self._add(series[i], now_ms)
        return found

    def state(self) -> RosterState:
        return RosterState(list(self._names), list(self._free), self._heard[: self.rows].copy())

    def restore(self, state: RosterState) -> None:
        self._names, self._free = list(state.names), list(state.free)
        self._slot = {name: slot for slot, name in enumerate(state.names) if name is not None}
        self._heard = state.heard.copy()
        prompts = [0 if name is None else self._prompt_of(name) for name in state.names]
        self.prompts = np.array(prompts, np.int16)
        self._fresh = []

    def _add(self, name: str, now_ms: int) -> int:
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
        self._heard[slot] = now_ms
        self._fresh.append(name)
        return slot

    def _grow(self) -> None:
        if len(self._names) > len(self.prompts):
            spare = 16 + len(self._names)
            self.prompts = np.pad(self.prompts, (0, spare))
            self._heard = np.pad(self._heard, (0, spare))

    def _make_room(self, wanted: int, now_ms: int, release: Callable[[IndexArray], IndexArray]) -> None:
        if self._idle_ms is None or len(self._slot) + wanted <= self._max_series:
            return
        idle = np.flatnonzero(self._heard[: self.rows] < now_ms - self._idle_ms)
        for slot in map(int, release(idle)):
            del self._slot[self.name_of(slot)]
            self._names[slot] = None
            self._heard[slot] = NEVER_IDLE
            self._free.append(slot)
