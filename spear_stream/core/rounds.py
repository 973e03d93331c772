"""Rows that can be worked on together: order within a series, vectorisation across series."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spear_stream.core.records import IndexArray, StructArray


def rounds(slots: IndexArray) -> Iterator[IndexArray]:
    """Split rows so that a series comes at most once per part and in its order.

    slots: (n,) series of each row. Yields index arrays: the first row of every
    series, then the second of every series that has two, and so on.
    """
    if len(slots) == 0:
        return
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    is_start = np.r_[True, ordered[1:] != ordered[:-1]]
    starts = np.flatnonzero(is_start)
    group = np.cumsum(is_start) - 1
    occurrence = np.arange(len(slots)) - starts[group]
    if occurrence.max() == 0:
        yield np.arange(len(slots))
        return
    by_round = np.argsort(occurrence, kind="stable")
    counts = np.bincount(occurrence)
    for part in np.split(order[by_round], np.cumsum(counts)[:-1]):
        yield np.sort(part)


def groups(windows: StructArray, field: str) -> Iterator[tuple[int, IndexArray]]:
    """Each value of a field, such as the owner, and the rows of its windows; both ascend."""
    for value in np.unique(windows[field]).tolist():
        yield value, np.flatnonzero(windows[field] == value)


def joined(parts: Sequence[StructArray], dtype: np.dtype[Any]) -> StructArray:
    """Windows of several rounds; a round without any costs no copy."""
    filled = [windows for windows in parts if len(windows)]
    if len(filled) == 1:
        return filled[0]
    return np.concatenate(filled) if filled else np.zeros(0, dtype)
