"""A set to choose by: several seasons at once, and spikes that only what came before them tells.

    python benchmarks/contextual_spikes.py DIR

writes 40 labelled CSV files, always the same: `spear-trainer evaluate --data csv:DIR`. Two to four seasons of
7 to 200 points on a trend, with some noise, and 1 to 14 spikes of one or two points: large against the noise,
often smaller than the steps of every hour, at values that are usual at another time. Every other series
changes its level or its slope once or twice; the change is an anomaly for a point, which of a slope is the
last one before anything can be seen. Training knows none of this code, but it has short seasons of its own
with spikes amid them (trainer/diverse_normal.py), and settings are chosen by this set among others
(docs/experiments.md): it is no evaluation.
"""

import numpy as np
from labelled_set import MadeSeries, Rng, Values, write_set

SEED = 20264
SERIES = 40
START_S = 1_416_700_800
STEP_S = 3_600
POINTS = (1400, 2001)
FIRST = 200
"""Points before the first anomaly."""
SEASONS = (7, 12, 24, 24, 48, 168, 200)
NOISE = (0.02, 0.25)
"""Of the deviation of all seasons together."""
SPIKES = (1, 15)
HEIGHTS = (4.0, 20.0)
"""Of the noise."""


def main() -> None:
    write_set(__doc__, START_S, [labelled(number) for number in range(SERIES)])


def labelled(number: int) -> MadeSeries:
    rng = np.random.default_rng([SEED, number])
    points = int(rng.integers(*POINTS))
    values = seasons(rng, points)
    noise = rng.uniform(*NOISE) * values.std()
    values = values + rng.uniform(-3, 3) * values.std() * np.linspace(-1, 1, points) * rng.integers(2)
    values += noise * rng.normal(size=points)
    label = np.zeros(points, np.bool_)
    for start in rng.choice(np.arange(FIRST, points - 2), int(rng.integers(*SPIKES)), replace=False):
        width = 1 if rng.uniform() < 0.8 else 2
        values[start : start + width] += rng.choice([-1, 1]) * noise * rng.uniform(*HEIGHTS)
        label[start : start + width] = True
    if number % 2:
        change(rng, values, label)
    return MadeSeries(f"contextual-{number:02d}", STEP_S, values * 10 ** rng.uniform(-1, 3), label)


def seasons(rng: Rng, points: int) -> Values:
    """Two to four at once, one of them in three with a sharp peak once a round."""
    values = np.zeros(points)
    for period in rng.choice(SEASONS, int(rng.integers(2, 5)), replace=False):
        phase = 2 * np.pi * (np.arange(points) / period + rng.uniform())
        wave = np.sin(phase) if rng.uniform() < 2 / 3 else np.exp(rng.uniform(0.5, 1.5) * np.cos(phase))
        values += rng.uniform(0.3, 1) * (wave - wave.mean()) / wave.std()
    return values


def change(rng: Rng, values: Values, label: np.ndarray) -> None:
    """Another level or slope, once or twice, in place."""
    places = np.arange(2 * FIRST, len(values) - FIRST)
    for start in rng.choice(places, int(rng.integers(1, 3)), replace=False):
        reach = rng.choice([-1, 1]) * rng.uniform(1, 4) * values.std()
        behind = len(values) - start
        values[start:] += reach * (np.ones(behind) if rng.uniform() < 0.5 else np.linspace(0, 1, behind))
        label[start] = True


if __name__ == "__main__":
    main()
