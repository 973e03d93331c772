"""Which kinds of series and anomalies are generated."""

from dataclasses import dataclass

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError
from trainer import injection, normal

ALL = "all"


@dataclass(frozen=True)
class Recipe:
    """Names of trainer/normal.py and trainer/injection.py; `all` stands for every one there is."""

    normals: tuple[str, ...] = tuple(normal.MAKERS)
    anomalies: tuple[str, ...] = tuple(injection.TYPES)
    irregular_share: float = 0.0
    """Share of series that are sampled at random times, or lose points at random and in outages."""

    inexact_share: float = 0.6
    """Share of series whose seasons come sooner or later each round, by some intervals."""

    means_share: float = 0.0
    """Share of series of means of BLOCKS points, as the daemon watches a second time (core/coarse.py)."""

    def __post_init__(self) -> None:
        for field, known in (("normals", normal.MAKERS), ("anomalies", injection.TYPES)):
            names = getattr(self, field)
            if names == (ALL,):
                object.__setattr__(self, field, tuple(known))
            elif not names or set(names) - set(known):
                raise ConfigError(
                    f"{field} {', '.join(names) or 'is empty'}: expected {ALL}, or some of {', '.join(known)}"
                )
        check_numbers(self, "irregular_share", "inexact_share", "means_share", least=0, most=1)


EVERYTHING = Recipe()
