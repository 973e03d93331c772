"""Champion and challenger side by side, so that a person can promote on evidence."""

from dataclasses import dataclass

from spear_stream.core.records import BoolArray, Float64Array
from spear_stream.core.roles import Role


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion and challenger of one tenant on the same windows."""

    tenant: str
    checkpoint: str
    """The challenger's."""
    windows: dict[tuple[bool, bool], int]
    """How many by (champion hot, challenger hot): at or above the score that opens an alert."""
    distances: Float64Array
    """Between both scores, a window each."""
    opened: dict[Role, int]
    """Alerts that each opened."""


def hot_counts(champion: BoolArray, challenger: BoolArray) -> dict[tuple[bool, bool], int]:
    pairs = ((a, b) for a in (False, True) for b in (False, True))
    return {(a, b): int(((champion == a) & (challenger == b)).sum()) for a, b in pairs}
