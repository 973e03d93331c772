"""Parts of a state in the order of the log, some of them missing."""

from itertools import count

import pytest

from spear_stream.transport import state_parts
from spear_stream.transport.state_parts import Assembler, Part, Run, decode_part


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_parts, "PART_BYTES", 4)


def written(name: bytes, *changes: bytes) -> list[Part]:
    run = Run(name * state_parts.RUN_BYTES)
    return [part for change in changes for _, part in run.split(change)]


def read(parts: list[Part]) -> Assembler:
    assembler, offsets = Assembler("topic state, partition 0"), count()
    for part in parts:
        assembler.add(decode_part(part.encode()), next(offsets))
    return assembler


def test_what_is_whole_comes_back_and_is_not_torn() -> None:
    found = read([*written(b"a", b"old"), *written(b"b", b"snapshot", b"one", b"two")])
    stored = found.stored()
    assert stored is not None
    assert (stored.snapshot, stored.journal) == (b"snapshot", [b"one", b"two"])
    assert stored.where == "topic state, partition 0, from offset 1"
    assert not found.torn


@pytest.mark.parametrize(
    ("missing", "snapshot", "journal"),
    [
        (0, None, None),  # the first part of the snapshot
        (1, None, None),
        (2, b"snapshot", []),  # of the journal, the records behind it too
        (4, b"snapshot", [b"one"]),
    ],
)
def test_a_missing_part_is_noticed(missing: int, snapshot: bytes | None, journal: list[bytes] | None) -> None:
    parts = written(b"a", b"snapshot", b"one", b"three is long")
    found = read(parts[:missing] + parts[missing + 1 :])
    stored = found.stored()
    assert (stored and stored.snapshot, stored and stored.journal) == (snapshot, journal)
    assert found.torn


def test_a_snapshot_that_was_not_finished_leaves_the_one_before_it() -> None:
    found = read([*written(b"a", b"old", b"one"), *written(b"b", b"snapshot")[:1]])
    stored = found.stored()
    assert stored is not None
    assert (stored.snapshot, stored.journal) == (b"old", [b"one"])
    assert not found.torn


def test_snapshots_are_not_joined_before_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may be hundreds of megabytes, and all but the last of them are thrown away."""
    joined: list[int] = []
    whole = state_parts._joined
    monkeypatch.setattr(state_parts, "_joined", lambda parts, at: joined.append(at) or whole(parts, at))
    found = read([*written(b"a", b"old"), *written(b"b", b"snapshot")])
    assert joined == []
    assert found.stored() is not None
    assert joined == [0, 1], "the snapshot, and what would be the first record of a journal"


def test_nothing_is_not_torn() -> None:
    assert (read([]).stored(), read([]).torn) == (None, False)
