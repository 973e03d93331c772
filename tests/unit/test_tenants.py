"""Which tenant's prompts a series gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.errors import ConfigError
from spear_stream.core.tenants import NO_PROMPT, Assignments, Placement, check_tenant
from spear_stream.model.loading import prompt_chooser


def assignments(placements: dict[str, Placement], base: dict[str, int] | None = None) -> Assignments:
    return Assignments(placements, lambda series: (base or {}).get(series, 0))


def test_the_most_specific_tenant_decides() -> None:
    found = assignments(
        {
            "*": Placement(1),
            "topic:metrics": Placement(2),
            "host*": Placement(3),
            "host1.*": Placement(4),
        },
        {"other": 9, "host1.cpu": 9},
    )
    assert found.champion("elsewhere", "x") == 1
    assert found.champion("metrics", "x") == 2
    assert found.champion("metrics", "host2.cpu") == 3
    assert found.champion("metrics", "host1.cpu") == 4
    assert found.champion("metrics", "other") == 9, "a pattern of the settings goes before a topic"


def test_brackets_stand_for_themselves() -> None:
    found = assignments({"host[1].*": Placement(1), "*{cpu=[0-9]}": Placement(2)})
    assert found.champion("t", "host[1].cpu") == 1
    assert found.champion("t", "host1.cpu") == 0
    assert found.champion("t", "load{cpu=[0-9]}") == 2
    assert found.champion("t", "load{cpu=3}") == 0
    assert prompt_chooser(["host[1].*"])("host[1].cpu") == 1


def test_a_tenant_without_champion_leaves_it_to_the_next() -> None:
    found = assignments({"*": Placement(1), "a*": Placement(challenger=5)})
    assert found.champion("t", "ab") == 1
    assert found.challenger("t", "ab") == 5
    assert assignments({"a*": Placement(challenger=5)}, {"ab": 2}).champion("t", "ab") == 2


def test_a_challenger_is_of_no_tenant_beyond_the_champion() -> None:
    found = assignments({"*": Placement(1, challenger=5), "a*": Placement(2)}, {"set": 3})
    assert found.challenger("t", "b") == 5
    assert found.challenger("t", "ab") == NO_PROMPT
    assert found.challenger("t", "set") == NO_PROMPT
    assert found.tenant(5) == "*"


def test_nobody_has_a_challenger_without_placements() -> None:
    found = assignments({})
    assert not found.challenged
    assert (found.champion("t", "a"), found.challenger("t", "a")) == (0, NO_PROMPT)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.text(max_size=20))
def test_a_larger_share_only_adds_series(one: float, other: float, series: str) -> None:
    def takes_part(share: float) -> bool:
        return assignments({"*": Placement(challenger=5, share=share)}).challenger("t", series) == 5

    assert takes_part(max(one, other)) >= takes_part(min(one, other))
    assert takes_part(1.0)


def test_a_share_is_about_that_share_of_the_series() -> None:
    found = assignments({"*": Placement(challenger=5, share=0.2)})
    taken = sum(found.challenger("t", f"host{n}.cpu") == 5 for n in range(2000))
    assert 300 < taken < 500


@pytest.mark.parametrize("name", ["*", "topic:metrics", "host1.*", "ein höst ?"])
def test_names_of_tenants(name: str) -> None:
    assert check_tenant(name) == name


@pytest.mark.parametrize("name", ["", "topic:", " a", "a\n", "\0", "x" * 513])
def test_what_no_tenant_can_be_called(name: str) -> None:
    with pytest.raises(ConfigError, match="topic:NAME"):
        check_tenant(name)
