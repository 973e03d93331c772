"""How anomalous a series is by now, from how surprising its points were."""

from math import exp
from typing import NamedTuple

NEWEST = 0.7
"""Share of the level that the newest score makes: enough for a spike that comes again to stand out of what
is left of the one before."""
FADE = exp(-1 / 128)
"""What is left of the highest score one point later: half after 89 of them."""


class Level(NamedTuple):
    """The anomaly level of a series: most of it is what the newest point says, the rest what was said lately.

    An anomaly is longer than the surprise at its onset, so the rest fades slowly; a short one is over with
    its points, so most does not (docs/experiments.md).
    """

    score: float = 0.0
    """Of the newest point."""
    lately: float = 0.0
    """That score, or what is left of a higher one before."""

    def after(self, score: float) -> "Level":
        """The level one point later."""
        return Level(score, max(score, FADE * self.lately))

    @property
    def value(self) -> float:
        """In [0, 1], as scores are."""
        return NEWEST * self.score + (1.0 - NEWEST) * self.lately
