import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.rounds import groups, rounds


def parts(slots: list[int]) -> list[list[int]]:
    return [part.tolist() for part in rounds(np.array(slots, np.intp))]


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([], []),
        ([5], [[0]]),
        ([3, 1, 2], [[0, 1, 2]]),
        ([1, 1, 1], [[0], [1], [2]]),
        ([2, 1, 2, 3, 1, 2], [[0, 1, 3], [2, 4], [5]]),
    ],
)
def test_rows_by_their_turn(slots: list[int], expected: list[list[int]]) -> None:
    assert parts(slots) == expected


@given(st.lists(st.integers(0, 5), max_size=40))
def test_every_row_once_and_a_series_once_per_round_in_its_order(slots: list[int]) -> None:
    found = parts(slots)
    assert sorted(row for part in found for row in part) == list(range(len(slots)))
    assert all(len({slots[row] for row in part}) == len(part) for part in found)
    for slot in set(slots):
        rows = [row for part in found for row in part if slots[row] == slot]
        assert rows == sorted(rows)


def test_rows_by_a_field_of_theirs() -> None:
    windows = np.array([(7,), (3,), (7,)], [("owner", np.int32)])
    assert [(value, rows.tolist()) for value, rows in groups(windows, "owner")] == [(3, [1]), (7, [0, 2])]
    assert list(groups(windows[:0], "owner")) == []
