"""Columns of per-series state that grow together: struct of arrays, one row per series."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class SeriesTable:
    """Named columns of equal length, zero-filled beyond `rows`.

    Capacity doubles, so growth costs O(1) per row. Subscripting gives the whole
    column, capacity included; do not keep it across `resize`.
    """

    def __init__(self, **columns: npt.DTypeLike | tuple[npt.DTypeLike, int]) -> None:
        self._columns: dict[str, Column] = {}
        for name, spec in columns.items():
            dtype, width = spec if isinstance(spec, tuple) else (spec, 0)
            self._columns[name] = np.zeros((0, width) if width else 0, dtype)
        self.rows = 0

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def resize(self, rows: int) -> None:
        """Make room for `rows` series; new rows are zero."""
        if rows > self.capacity:
            capacity = max(rows, 2 * self.capacity, 16)
            for name, column in self._columns.items():
                grown = np.zeros((capacity, *column.shape[1:]), column.dtype)
                grown[: self.rows] = column[: self.rows]
                self._columns[name] = grown
        self.rows = max(self.rows, rows)

    def clear(self, slots: npt.NDArray[np.intp]) -> None:
        """Zero the rows of evicted series, ready for others."""
        for column in self._columns.values():
            column[slots] = 0

    @property
    def capacity(self) -> int:
        return len(next(iter(self._columns.values())))

    @property
    def nbytes(self) -> int:
        """Bytes of the rows in use, spare capacity not counted."""
        return sum(column[: self.rows].nbytes for column in self._columns.values())

    def state(self) -> dict[str, Column]:
        """Copies of the rows in use."""
        return {name: column[: self.rows].copy() for name, column in self._columns.items()}

    def restore(self, state: Mapping[str, Column]) -> None:
        """Take over rows that `state` gave. Raises KeyError if a column is missing."""
        self.rows = len(next(iter(state.values())))
        self._columns = {name: np.array(state[name], column.dtype) for name, column in self._items()}

    def _items(self) -> Iterator[tuple[str, Column]]:
        return iter(self._columns.items())
