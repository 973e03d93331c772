"""A number of a setting that cannot work is named with its value and its bounds."""

from dataclasses import dataclass
from math import inf, nan

import pytest

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError


@dataclass(frozen=True)
class Some:
    one: float | None = 0.5
    other: int = 3


def test_numbers_within_their_bounds_and_none_pass() -> None:
    check_numbers(Some(), "one", above=0, below=1)
    check_numbers(Some(), "other", least=3, most=3)
    check_numbers(Some(one=None), "one", least=7)


@pytest.mark.parametrize(
    ("wrong", "bounds", "message"),
    [
        (Some(other=2), {"least": 3}, "^other must be at least 3, got 2$"),
        (Some(other=3), {"above": 3}, "^other must be above 3, got 3$"),
        (Some(other=4), {"least": 0, "most": 3}, "^other must be at least 0 and at most 3, got 4$"),
        (Some(one=1.0), {"above": 0, "below": 1}, "^one must be above 0 and below 1, got 1.0$"),
        (Some(other=10**400), {"most": 3}, "^other must be at most 3, got 1000"),
        (Some(one=nan), {"least": 0}, "^one must be a finite number at least 0, got nan$"),
        (Some(one=inf), {"least": 0}, "^one must be a finite number at least 0, got inf$"),
    ],
)
def test_the_first_that_is_not_is_named(wrong: Some, bounds: dict[str, float], message: str) -> None:
    names = ("one", "other") if wrong.one != 0.5 else ("other", "one")
    with pytest.raises(ConfigError, match=message):
        check_numbers(wrong, *names, **bounds)
