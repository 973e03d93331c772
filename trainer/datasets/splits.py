"""Splits without leakage: by series, so that what is related stays together, and by time, with a gap."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from spear_stream.core.errors import ConfigError
from trainer.datasets.series import LabelledSeries, Span, probation_points


def split_by_series(
    corpus: Sequence[LabelledSeries], held_out: float, seed: int = 0
) -> tuple[list[LabelledSeries], list[LabelledSeries]]:
    """Training and held-out series; `held_out` is the share expected in the second.

    Series of one group, and series with the same values under different names, are on the same side. The
    side of a group depends on the seed and its own names and values alone: more data moves nothing that it is
    not related to.
    """
    _check_share(held_out)
    members = _related(corpus)
    sides: tuple[list[LabelledSeries], list[LabelledSeries]] = ([], [])
    for series, root in zip(corpus, members, strict=True):
        sides[_fraction(root, seed) < held_out].append(series)
    return sides


def split_by_time(series: LabelledSeries, held_out: float, gap: int) -> tuple[LabelledSeries, LabelledSeries]:
    """The earlier part to train on and the later `held_out` of the points, `gap` points apart.

    gap: at least the length of a window, so that no window of one part sees a point of the other.
    The later part has a probation of its own.
    """
    _check_share(held_out)
    if gap < 0:
        raise ConfigError(f"the gap of a split by time must not be negative, got {gap}")
    start = len(series) - round(len(series) * held_out)
    return _cut(series, 0, max(0, start - gap)), _cut(series, start, len(series))


def _check_share(held_out: float) -> None:
    if not 0 < held_out < 1:
        raise ConfigError(f"the held-out share must lie between 0 and 1, got {held_out}")


def _related(corpus: Sequence[LabelledSeries]) -> list[str]:
    """For each series the smallest key among those it is tied to by group or by equal values; values that
    never change tie nothing.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    groups = [f"group:{series.group or series.name}" for series in corpus]
    for series, group in zip(corpus, groups, strict=True):
        for fingerprint in series.fingerprints:
            first, second = sorted((root(group), root(f"values:{fingerprint}")))
            parent[second] = first
    return [root(group) for group in groups]


def _fraction(key: str, seed: int) -> float:
    """Uniform in [0, 1), the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8]) / 2**64


def _cut(series: LabelledSeries, start: int, end: int) -> LabelledSeries:
    points = slice(start, end)
    return replace(
        series,
        ts=series.ts[points],
        value=series.value[points],
        label=series.label[points],
        probation=probation_points(end - start),
        windows=_within(series.windows, start, end),
        unclear=_within(series.unclear, start, end),
        moments=tuple(moment - start for moment in series.moments if start <= moment < end),
    )


def _within(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple(
        (max(first, start) - start, min(last, end - 1) - start)
        for first, last in spans
        if last >= start and first < end
    )
