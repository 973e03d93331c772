"""Names of series where there is little room."""

from collections.abc import Sequence
from itertools import takewhile


def shortened(text: str, most: int) -> str:
    """Without its middle."""
    begin = most // 3
    return text if len(text) <= most else f"{text[:begin]}\u2026{text[begin + 1 - most :]}"


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Names of at most so many letters. Of long ones the part is left that ends where they differ."""
    long = {name for name in names if len(name) > most}
    same = _same_end(long) if len(long) > 1 else 0
    return [_end_of(name, same, most) if same and name in long else shortened(name, most) for name in names]


def _same_end(names: set[str]) -> int:
    """How many of their last letters are the same."""
    backwards = zip(*(name[::-1] for name in names), strict=False)
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, backwards))


def _end_of(name: str, same: int, most: int) -> str:
    """Without its last `same` letters."""
    kept = name[: len(name) - same]
    return f"\u2026{kept[2 - most :]}\u2026" if len(kept) > most - 1 else f"{kept}\u2026"
