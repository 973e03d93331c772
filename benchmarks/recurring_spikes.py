"""A set to choose by: smooth metrics whose anomalies are spikes that come again.

    python benchmarks/recurring_spikes.py DIR

writes 40 labelled CSV files, always the same: `spear-trainer evaluate --data csv:DIR`. Seasons, trends and
noise, a point every five minutes or every hour, and four to ten spikes of one to four points and about the
same size in each; a detector that makes habits too soon says nothing of the later ones. It is what
server_metrics.py is the other side of: there bursts that come again are normal. Training knows none of this
code, but settings are chosen by this set among others (docs/experiments.md): it is no evaluation.
"""

from collections.abc import Sequence

import numpy as np
from labelled_set import MadeSeries, Rng, Values, write_set
from scipy.signal import lfilter

SEED = 20261
SERIES = 40
START_S = 1_416_700_800
HOUR_S, DAY_S = 3_600, 86_400
STEPS_S = (HOUR_S, HOUR_S, 300)
POINTS = (1000, 2001)
FIRST = 200
"""Points before the first spike."""
APART = 15
"""Points between two spikes, at least."""
SPIKES = (4, 11)
HEIGHTS = (0.5, 1.6)
"""Of the range of the series without them."""


def main() -> None:
    write_set(__doc__, START_S, [labelled(number) for number in range(SERIES)])


def labelled(number: int) -> MadeSeries:
    rng = np.random.default_rng([SEED, number])
    step_s, points = STEPS_S[number % len(STEPS_S)], int(rng.integers(*POINTS))
    kind, normal = smooth(rng, points, step_s)
    values, label = normal.copy(), np.zeros(points, np.bool_)
    side = (1.0, -1.0, None)[int(rng.choice(3, p=[0.5, 0.15, 0.35]))]
    lengths = [
        1 if rng.uniform() < 0.6 else int(rng.integers(2, 5)) for _ in range(int(rng.integers(*SPIKES)))
    ]
    for start, length in zip(places(rng, points, lengths), lengths, strict=True):
        sign = rng.choice([-1.0, 1.0]) if side is None else side
        height = sign * rng.uniform(*HEIGHTS) * np.ptp(normal)
        shape = np.ones(length) if length == 1 else rng.uniform(0.6, 1, length)
        values[start : start + length] += height * shape / shape.max()
        label[start : start + length] = True
    return MadeSeries(f"repeated-{number:02d}-{kind}", step_s, values, label)


def places(rng: Rng, points: int, lengths: Sequence[int]) -> list[int]:
    """Where the spikes begin."""
    while True:
        starts = np.sort(rng.integers(FIRST, points - 5, len(lengths)))
        if (np.diff(starts) > APART + max(lengths)).all():
            return [int(start) for start in starts]


def smooth(rng: Rng, points: int, step_s: int) -> tuple[str, Values]:
    """Seasons on a trend with noise, and what it is made of."""
    day = DAY_S // step_s
    periods = [day, 7 * 24, 12, 24] if step_s == HOUR_S else [day, day // 2, 72, 144]
    values = np.zeros(points)
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.15, 0.35, 0.3, 0.2]))):
        values += rng.uniform(0.5, 2) * season(rng, points, int(rng.choice(periods)))
    kind = str(rng.choice(["none", "line", "curve", "walk"], p=[0.3, 0.35, 0.15, 0.2]))
    values += trend(rng, kind, points)
    name, noisy = noise(rng, points)
    values += rng.choice([0.08, 0.2, 0.4, 0.8]) * noisy
    changes, values = amplitudes(rng, values)
    if rng.uniform() < 0.2:
        counts = np.round((values - values.min() + 0.5) * rng.uniform(5, 40))
        return f"{kind}-{name}-{changes}", counts
    return f"{kind}-{name}-{changes}", values * 10 ** rng.uniform(-1, 3) + rng.normal(0, 50)


def season(rng: Rng, points: int, period: int) -> Values:
    """A cycle of up to four harmonics, or a peak once a round; of standard deviation 1."""
    phase = 2 * np.pi * (np.arange(points) / period + rng.uniform())
    wave = np.zeros(points)
    if rng.uniform() < 0.25:
        wave += np.exp(rng.uniform(1, 4) * np.cos(phase))
    else:
        for k in range(1, int(rng.integers(2, 5))):
            wave += rng.normal() / k * np.sin(k * phase + rng.uniform(0, 2 * np.pi))
    return np.asarray((wave - wave.mean()) / (wave.std() + 1e-12))


def trend(rng: Rng, kind: str, points: int) -> Values:
    ramp = np.linspace(-0.5, 0.5, points)
    if kind == "line":
        return np.asarray(rng.normal(0, 3) * ramp)
    if kind == "curve":
        return np.asarray(rng.normal(0, 3) * ramp + rng.normal(0, 8) * ramp**2)
    if kind == "walk":
        return np.asarray(rng.uniform(0.5, 2) * np.cumsum(rng.normal(size=points)) / np.sqrt(points))
    return np.zeros(points)


def noise(rng: Rng, points: int) -> tuple[str, Values]:
    """Normal, autoregressive or of slightly heavy tails; of standard deviation 1."""
    kind = str(rng.choice(["gaussian", "ar", "heavy"]))
    if kind == "gaussian":
        return kind, rng.normal(size=points)
    if kind == "ar":
        memory = rng.uniform(0.3, 0.95)
        made = lfilter([np.sqrt(1 - memory**2)], [1, -memory], rng.normal(size=points + 200))
        return kind, np.asarray(made)[200:]
    freedom = rng.uniform(5, 10)
    return kind, np.asarray(rng.standard_t(freedom, points) / np.sqrt(freedom / (freedom - 2)))


def amplitudes(rng: Rng, values: Values) -> tuple[int, Values]:
    """One series in three moves more or less from some points on; how many of these, and the values."""
    if rng.uniform() >= 0.35:
        return 0, values
    changes, points, gain = int(rng.integers(1, 4)), len(values), np.ones(len(values))
    for at in rng.integers(points // 6, points - 50, changes):
        gain[at:] *= np.exp(rng.choice([-1, 1]) * rng.uniform(0.2, 0.7))
    middle = values.mean()
    return changes, np.asarray(middle + (values - middle) * gain)


if __name__ == "__main__":
    main()
