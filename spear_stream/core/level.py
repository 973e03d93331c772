"""How anomalous a series is by now, from how surprising its points were."""

from math import exp

FADE = exp(-1 / 64)
"""What is left of a level one score later: half after 44 of them."""


def faded(level: float, score: float) -> float:
    """The anomaly level of a series after one more score: that one, or what is left of a higher one before.

    An anomaly is longer than the surprise at its onset.
    """
    return max(score, FADE * level)
