"""Tenants of the control topic: whom a prompt is for, and which one decides when several match a series.

A tenant is `*` (every series), `topic:NAME` (the series of one topic) or a pattern of series names with
* and ?. The most specific one that matches decides: a pattern before a topic, a topic before `*`, and among
patterns the one with more plain characters.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from spear_stream.core.errors import ConfigError

EVERYTHING = "*"
TOPIC = "topic:"
LONGEST_NAME = 512
NO_PROMPT = -1


@dataclass(frozen=True, slots=True)
class Placement:
    """Prompt indices that a tenant's series are scored with."""

    champion: int | None = None
    """None: a less specific tenant or the settings decide."""
    challenger: int | None = None
    share: float = 1.0
    """Share of the series, by hash of their names, that the challenger scores too."""


class Assignments:
    """Which prompts score a series. `base` gives what the settings say: 0 when no pattern of
    model.tenants matches, which come after the patterns here and before topics and `*`.
    """

    def __init__(self, placements: Mapping[str, Placement], base: Callable[[str], int]) -> None:
        ordered = sorted(placements.items(), key=lambda item: _precedence(item[0]))
        self._patterns = [(name, place) for name, place in ordered if _is_pattern(name)]
        self._rest = [(name, place) for name, place in ordered if not _is_pattern(name)]
        self._base = base
        self._tenants = {place.challenger: name for name, place in ordered if place.challenger is not None}

    @property
    def challenged(self) -> bool:
        """Some tenant has a challenger."""
        return bool(self._tenants)

    def champion(self, topic: str, series: str) -> int:
        """Index of the prompt whose alerts count."""
        for name, place in self._patterns:
            if place.champion is not None and is_called(series, name):
                return place.champion
        if base := self._base(series):
            return base
        for name, place in self._rest:
            if place.champion is not None and _covers(name, topic):
                return place.champion
        return base

    def challenger(self, topic: str, series: str) -> int:
        """Index of the prompt that scores in the shadow; NO_PROMPT for none.

        That of the most specific tenant, and of no tenant beyond the one that gives the champion.
        """
        if not self._tenants:
            return NO_PROMPT
        for name, place in self._patterns:
            if is_called(series, name) and (found := _decides(place, series)) is not None:
                return found
        if self._base(series):
            return NO_PROMPT
        for name, place in self._rest:
            if _covers(name, topic) and (found := _decides(place, series)) is not None:
                return found
        return NO_PROMPT

    def tenant(self, challenger: int) -> str:
        """The tenant that a challenger's prompt index belongs to. Raises KeyError."""
        return self._tenants[challenger]


def is_called(series: str, pattern: str) -> bool:
    """Whether a name is of a pattern with * and ?. Brackets stand for themselves: names are full of them."""
    return fnmatchcase(series, pattern.replace("[", "[[]"))


def check_tenant(name: str) -> str:
    """The name. Raises ConfigError with what a tenant may be called."""
    bare = name.removeprefix(TOPIC)
    if not bare or len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise ConfigError(
            f"tenant {name!r}: give * for every series, topic:NAME for the series of a topic, or a pattern "
            f"of series names such as host1.*; at most {LONGEST_NAME} characters"
        )
    return name


def _decides(place: Placement, series: str) -> int | None:
    if place.challenger is not None:
        return place.challenger if _draw(series) < place.share else NO_PROMPT
    return None if place.champion is None else NO_PROMPT


def _draw(series: str) -> float:
    """In [0, 1), the same for a series in every worker and at every share: a larger one adds series."""
    return zlib.crc32(series.encode()) / 2**32


def _is_pattern(name: str) -> bool:
    return name != EVERYTHING and not name.startswith(TOPIC)


def _covers(name: str, topic: str) -> bool:
    return name == EVERYTHING or name == TOPIC + topic


def _precedence(name: str) -> tuple[int, int, str]:
    """Topics before `*`; patterns with more plain characters first."""
    return name == EVERYTHING, -sum(letter not in "*?" for letter in name), name
