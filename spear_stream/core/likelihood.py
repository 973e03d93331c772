"""Per-series calibration: how unusual is this score for this series?

After the anomaly likelihood of Ahmad, Lavin, Purdy and Agha (Neurocomputing 262,
2017): a score against the distribution of the series' own recent scores, as a tail
probability. Their normal distribution has thinner tails than scores have, so the
spread here is a tail scale (see quantizer.py): a series that often scores high must
score higher still to count the same.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from spear_stream.core.records import Float32Array, Float64Array, IndexArray, MarkArray
from spear_stream.core.table import SeriesTable

MEMORY = 4096
"""Scores over which centre and tail scale forget."""
YOUNG = 64
"""Scores that the prior counts for, until the series has a history of its own."""
PRIOR_MEAN = -2.5
PRIOR_TAIL = 2.0
"""Logits of a trained model on normal series that are young. Measured on generated ones: the mean -2.4, the
tail 1.5 to 1.8; a series that is not generated may be wider."""
TAIL_FLOOR = 0.7
"""Logit units; below it a change of the score means nothing, however quiet the series is."""
EPISODE_SCORE = 0.2
"""A score after one at or above this belongs to the same episode ..."""
EPISODE_WEIGHT = 0.25
"""... and is learnt from with this weight: a long anomaly counts little more than a short one."""
HABIT = 8.0
"""Largest distance that one score teaches, in tail scales: how high one was must not hide the next. What
comes once in HABIT**4 scores or more often becomes usual all the same."""
GAUSSIAN_TAIL = 3.0**0.25
"""Tail scale of a normal distribution of spread one."""
UNMARKED = np.uint32(0)
"""The mark of logits whose checkpoint is not known."""
PRIOR_SEEN = np.float32(1)
"""What is left of `seen` under another checkpoint: centre and tail scale stay as the prior of the new logits
and count for YOUNG of them, as the fixed prior does for a new series (docs/adr/0004-prompt-rollout.md)."""
LOG_TAIL_FULL = -np.log(1e-10)
"""The tail probability that maps to 1.0: one in ten thousand million."""


class Likelihood:
    """Tail probabilities of many series; a row (slot) per series."""

    def __init__(self) -> None:
        self.table = SeriesTable(
            seen=np.float32, mean=np.float32, tail=np.float32, last=np.float32, mark=np.uint32
        )

    def update(
        self,
        slots: IndexArray,
        logits: Float32Array,
        marks: MarkArray | np.uint32 = UNMARKED,
        turns: npt.ArrayLike = 1.0,
    ) -> Float64Array:
        """Surprise of one new logit per series, then learn from it.

        slots: (n,) distinct; logits: (n,); marks: of the checkpoints that gave them; turns: (n,) scores that
        each stands for, at least one (gate.py), unless it is rare itself. Returns (n,) in [0, 1]: -ln of the
        tail probability on a scale where 1.0 is 1e-10, so 0.5 is 1e-5.
        """
        seen = self._seen(slots, marks)
        mean = np.where(seen > 0, self.table["mean"][slots], PRIOR_MEAN).astype(np.float64)
        tail = np.where(seen > 0, self.table["tail"][slots], PRIOR_TAIL).astype(np.float64)
        distance = logits - mean
        unit = np.maximum(tail, TAIL_FLOOR)
        score = rarity(GAUSSIAN_TAIL * distance / unit)
        learnt = np.clip(distance, -HABIT * unit, HABIT * unit)
        weight = np.where(self.table["last"][slots] >= EPISODE_SCORE, EPISODE_WEIGHT, 1.0)
        counts = np.where(score < EPISODE_SCORE, np.asarray(turns, np.float64), 1.0)
        rate = weight * np.minimum(counts / np.minimum(seen + YOUNG + (counts - 1.0), MEMORY), 1.0)
        self.table["mean"][slots] = mean + rate * learnt
        self.table["tail"][slots] = (tail**4 + rate * (learnt**4 - tail**4)) ** 0.25
        self.table["seen"][slots] = seen + counts
        self.table["last"][slots] = score
        return np.asarray(score, np.float64)

    def _seen(self, slots: IndexArray, marks: MarkArray | np.uint32) -> Float32Array:
        """Scores that the calibration rests on: of another checkpoint's they are no more than a prior."""
        seen, before = self.table["seen"][slots], self.table["mark"][slots]
        self.table["mark"][slots] = marks
        return np.where((before != marks) & (before != UNMARKED), np.minimum(seen, PRIOR_SEEN), seen)


def rarity(spreads: Float64Array, sides: int = 1) -> Float64Array:
    """-ln of the tail probability of standard normal distances, on the scale of update(); (n,).

    sides: 2 where a distance to either side counts, and spreads has its size: none at all is then no rarity.
    """
    return np.asarray(np.clip(-(np.log(sides) + log_ndtr(-spreads)) / LOG_TAIL_FULL, 0.0, 1.0))
