"""publish, shadow, promote and rollback as changes of one record."""

from dataclasses import replace

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.roles import CheckpointRef, Roles

A, B, C = (CheckpointRef(name * 64, name, "then") for name in "abc")
NOW = "now"


def at_now(ref: CheckpointRef) -> CheckpointRef:
    return replace(ref, since=NOW)


def test_a_new_champion_keeps_the_one_before() -> None:
    first = Roles().published(A)
    assert first == Roles(champion=A)
    assert first.published(B) == Roles(champion=B, previous=A)
    with pytest.raises(ConfigError, match="champion already"):
        first.published(at_now(A))


def test_a_challenger_is_promoted_and_rolled_back() -> None:
    shadowed = Roles(champion=A).shadowed(B, 0.5)
    assert shadowed == Roles(champion=A, challenger=B, share=0.5)
    promoted = shadowed.promoted(NOW)
    assert promoted == Roles(champion=at_now(B), previous=A)
    back = promoted.rolled_back(NOW)
    assert back == Roles(champion=at_now(A), previous=at_now(B))
    assert back.rolled_back(NOW).champion == at_now(B)


def test_a_first_champion_is_rolled_back_to_the_settings() -> None:
    assert Roles().published(A).rolled_back(NOW) == Roles(previous=A)
    assert Roles().shadowed(A, 1.0).promoted(NOW) == Roles(champion=at_now(A))


def test_a_rollback_leaves_the_challenger_unless_it_is_the_champion_again() -> None:
    assert Roles(A, B, C).rolled_back(NOW).challenger == C
    assert Roles(A, B, B).rolled_back(NOW).challenger is None
    assert Roles(A, challenger=B).published(B).challenger is None


def test_a_shadow_changes_its_share_and_ends() -> None:
    shadowed = Roles(champion=A).shadowed(B, 0.5)
    assert shadowed.shadowed(None, 1.0) == Roles(champion=A, challenger=B)
    assert shadowed.shadowed(C, 0.1).challenger == C
    assert shadowed.unshadowed() == Roles(champion=A)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.1, float("nan")])
def test_a_share_that_cannot_be(share: float) -> None:
    with pytest.raises(ConfigError, match="--share"):
        Roles().shadowed(A, share)


def test_what_needs_a_challenger_or_a_champion_says_so() -> None:
    for change in (Roles().unshadowed, lambda: Roles().promoted(NOW), lambda: Roles().shadowed(None, 1.0)):
        with pytest.raises(ConfigError, match="no challenger"):
            change()
    with pytest.raises(ConfigError, match="nothing to go back to"):
        Roles().rolled_back(NOW)
    with pytest.raises(ConfigError, match="must be another checkpoint"):
        Roles(champion=A).shadowed(A, 1.0)
