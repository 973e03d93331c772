import numpy as np
import pytest

from spear_stream.core.records import IndexArray
from spear_stream.core.roster import NO_ROOM, Roster


def everything(rows: IndexArray) -> IndexArray:
    return rows


def nothing(rows: IndexArray) -> IndexArray:
    return rows[:0]


def test_a_series_keeps_its_row() -> None:
    roster = Roster(10, None)
    assert roster.slots(["a", "b", "a"], 0, nothing).tolist() == [0, 1, 0]
    assert roster.slots(["c", "b"], 1, nothing).tolist() == [2, 1]
    assert roster.name_of(1) == "b"
    assert len(roster) == 3
    assert "c" in roster
    assert "d" not in roster


def test_new_series_are_told_once() -> None:
    roster = Roster(10, None)
    roster.slots(["a", "b", "a"], 0, nothing)
    assert roster.take_fresh() == ["a", "b"]
    roster.slots(["b"], 0, nothing)
    assert roster.take_fresh() == []


def test_beyond_the_limit_there_is_no_room() -> None:
    roster = Roster(2, None)
    assert roster.slots(["a", "b", "c", "a"], 0, everything).tolist() == [0, 1, NO_ROOM, 0]
    assert "c" not in roster


def test_idle_series_make_room_when_it_is_needed() -> None:
    roster = Roster(2, idle_ms=1000)
    roster.slots(["a", "b"], 0, everything)
    roster.slots(["b"], 5000, everything)
    assert roster.slots(["c"], 5500, everything).tolist() == [0]
    assert "a" not in roster
    assert roster.name_of(0) == "c"
    assert roster.name_of(1) == "b"


def test_no_one_leaves_while_there_is_room() -> None:
    roster = Roster(3, idle_ms=1000)
    roster.slots(["a", "b"], 0, everything)
    roster.slots(["c"], 10_000, everything)
    assert "a" in roster


def test_a_series_that_is_heard_again_in_the_same_poll_keeps_its_row() -> None:
    roster = Roster(2, idle_ms=1000)
    roster.slots(["a", "b"], 0, everything)
    assert roster.slots(["a", "c"], 10_000, everything).tolist() == [0, 1]
    assert roster.name_of(0) == "a"


def test_a_row_that_cannot_be_released_stays() -> None:
    roster = Roster(1, idle_ms=1000)
    roster.slots(["a"], 0, everything)
    assert roster.slots(["b"], 10_000, nothing).tolist() == [NO_ROOM]
    assert roster.name_of(0) == "a"


def test_a_free_row_is_offered_once() -> None:
    roster = Roster(3, idle_ms=1000)
    offered = []

    def release(rows: IndexArray) -> IndexArray:
        offered.append(rows.tolist())
        return rows

    roster.slots(["a", "b", "c"], 0, release)
    roster.slots(["d"], 10_000, release)
    roster.slots(["e", "f", "g"], 10_500, release)
    assert offered == [[0, 1, 2], []]
    assert len(roster) == 3


def test_a_row_without_a_series_has_no_name() -> None:
    roster = Roster(2, idle_ms=1000)
    roster.slots(["a", "b"], 0, everything)
    taken = int(roster.slots(["c"], 10_000, everything)[0])
    with pytest.raises(KeyError):
        roster.name_of(1 - taken)


def test_each_series_has_the_prompt_of_its_name() -> None:
    roster = Roster(100, None, prompt_of=len)
    slots = roster.slots(["x" * n for n in range(1, 60)], 0, nothing)
    assert roster.prompts[slots].tolist() == list(range(1, 60))
    assert roster.prompts.dtype == np.int16
