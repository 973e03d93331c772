import numpy as np
import pytest

from spear_stream.core.table import SeriesTable


def make_table(rows: int) -> SeriesTable:
    table = SeriesTable(count=np.int64, ring=(np.float32, 3))
    table.resize(rows)
    return table


def test_rows_survive_growth_and_new_ones_are_zero() -> None:
    table = make_table(2)
    table["count"][:2] = 7
    table["ring"][1] = [1, 2, 3]
    table.resize(1000)
    assert table.rows == 1000
    assert table["count"][:3].tolist() == [7, 7, 0]
    assert table["ring"][1].tolist() == [1, 2, 3]


def test_growth_is_amortised() -> None:
    table, capacities = make_table(0), set()
    for rows in range(1, 1001):
        table.resize(rows)
        capacities.add(table.capacity)
    assert len(capacities) < 10


def test_it_never_shrinks() -> None:
    table = make_table(10)
    table.resize(5)
    assert table.rows == 10


def test_cleared_rows_are_zero_and_others_untouched() -> None:
    table = make_table(3)
    table["ring"][:3] = 1
    table.clear(np.array([0, 2]))
    assert table["ring"][:3].tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]


def test_bytes_are_of_the_rows_in_use() -> None:
    assert make_table(5).nbytes == 5 * (8 + 3 * 4)


def test_state_is_a_copy_that_restores() -> None:
    table = make_table(3)
    table["count"][:3] = [1, 2, 3]
    state = table.state()
    table["count"][:3] = 0
    other = make_table(0)
    other.restore(state)
    assert other["count"].tolist() == [1, 2, 3]
    other.resize(4)
    assert other["count"][:4].tolist() == [1, 2, 3, 0]
    assert state["count"].tolist() == [1, 2, 3]


def test_a_state_without_a_column_is_refused() -> None:
    with pytest.raises(KeyError):
        make_table(0).restore({"count": np.zeros(3, np.int64)})


def test_a_state_of_no_rows_restores() -> None:
    table = make_table(3)
    table.restore(make_table(0).state())
    assert table.rows == 0
    table.resize(2)
    assert table["count"][:2].tolist() == [0, 0]
