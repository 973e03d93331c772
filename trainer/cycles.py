"""Normal behaviour that comes round again and again, in rounds that are more or less of the same length.

A machine that starts when it must keeps no exact time: in one whose rounds have always varied, a late one is
everyday life. How much they vary goes from not to be seen to no season at all.
All are Makers (normal.py): values at the given times, of a scale of about one, with all their noise; where
rounds are erratic a long one may rise to ten times that.
"""

from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from spear_stream.core.records import Float64Array, IndexArray

EXACT, ERRATIC = 0.01, 1.0
"""Least and most that lengths vary: their spread over their mean."""


class Rounds(NamedTuple):
    """For each point: the number of its round, the points since the round began, and its length in points."""

    number: IndexArray
    since: Float64Array
    length: Float64Array


def duty_cycles(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """On for a while, then off for a while: compressors, heaters, pumps, jobs; or what they heat and fill."""
    del interval_s
    n = len(seconds)
    rounds = rounds_of(rng, n)
    share = np.exp(rng.uniform(np.log(0.03), np.log(0.9)))
    # Half of them run as long as ever, and rest for what is left of the round.
    run = share * (rounds.length if rng.random() < 0.5 else np.median(rounds.length))
    on = (rounds.since < np.maximum(run, 1.0)) * _heights(rng, rounds)
    if rng.random() < 0.3:
        inertia = np.exp(-1 / rng.uniform(2, 40))
        on = lfilter([1 - inertia], [1, -inertia], on)
    return np.asarray(2 * on + _often_noise(rng, n))


def fill_and_drain(rng: np.random.Generator, seconds: Float64Array, interval_s: int) -> Float64Array:
    """A level that rises, or falls, until it is reset: logs and disks, tanks, batteries, queues."""
    del interval_s
    rounds = rounds_of(rng, len(seconds))
    share = rounds.since / (rounds.length if rng.random() < 0.5 else np.median(rounds.length))
    level = np.minimum(share, 3.0) ** np.exp(rng.uniform(-0.8, 0.8)) * _heights(rng, rounds)
    steps = int(rng.integers(2, 12))
    if rng.random() < 0.3:
        level = np.floor(level * steps) / steps
    return np.asarray(rng.choice((-2.0, 2.0)) * level + _often_noise(rng, len(seconds)))


def rounds_of(rng: np.random.Generator, n: int) -> Rounds:
    """The rounds of n points, 6 to 400 points long in the mean."""
    usual = np.exp(rng.uniform(np.log(6), np.log(400)))
    spread = np.exp(rng.uniform(np.log(EXACT), np.log(ERRATIC)))
    lengths = np.maximum(2.0, rng.gamma(spread**-2, usual * spread**2, int(n / 2) + 2))
    return laid_out(lengths, rng.random() * lengths[0], n)


def laid_out(lengths: Float64Array, before: float, n: int) -> Rounds:
    """Rounds of these lengths over n points; so much of the first one is `before` them."""
    starts = np.cumsum(np.concatenate(([-before], lengths)))
    at = np.arange(n)
    number = np.minimum(np.searchsorted(starts, at, side="right") - 1, len(lengths) - 1)
    return Rounds(number, at - starts[number], lengths[number])


def _heights(rng: np.random.Generator, rounds: Rounds) -> Float64Array:
    """Of each point's round: all alike, nearly so, or of some few sizes."""
    how, count = rng.random(), int(rounds.number[-1]) + 1
    if how < 0.4:
        return np.ones(len(rounds.number))
    few = rng.uniform(0.3, 1.0, int(rng.integers(2, 5)))
    of_round = 1 + 0.15 * rng.normal(size=count) if how < 0.7 else rng.choice(few, count)
    return np.asarray(of_round[rounds.number])


def _often_noise(rng: np.random.Generator, n: int) -> Float64Array:
    """None in four series of ten, as a switch has."""
    if rng.random() < 0.4:
        return np.zeros(n)
    return np.asarray(np.exp(rng.uniform(np.log(0.002), np.log(0.15))) * rng.normal(size=n))
