"""A split without leakage: what is related stays together."""

import hashlib
from collections.abc import Sequence

from spear_stream.core.errors import ConfigError
from trainer.datasets.series import LabelledSeries


def split_by_series(
    corpus: Sequence[LabelledSeries], held_out: float, seed: int = 0
) -> tuple[list[LabelledSeries], list[LabelledSeries]]:
    """Training and held-out series; `held_out` is the share expected in the second.

    Series of one group, and series with the same values under different names, are on the same side. The
    side of a group depends on the seed and its own names and values alone: more data moves nothing that it is
    not related to.
    """
    if not 0 < held_out < 1:
        raise ConfigError(f"the held-out share must lie between 0 and 1, got {held_out}")
    members = _related(corpus)
    sides: tuple[list[LabelledSeries], list[LabelledSeries]] = ([], [])
    for series, root in zip(corpus, members, strict=True):
        sides[_fraction(root, seed) < held_out].append(series)
    return sides


def _related(corpus: Sequence[LabelledSeries]) -> list[str]:
    """For each series the smallest key among those it is tied to by group or by equal values; values that
    never change tie nothing.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    groups = [f"group:{series.drawn_with}" for series in corpus]
    for series, group in zip(corpus, groups, strict=True):
        for fingerprint in series.fingerprints:
            first, second = sorted((root(group), root(f"values:{fingerprint}")))
            parent[second] = first
    return [root(group) for group in groups]


def _fraction(key: str, seed: int) -> float:
    """Uniform in [0, 1), the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8]) / 2**64
