"""Per-series calibration: how unusual is this score for this series?

After the anomaly likelihood of Ahmad, Lavin, Purdy and Agha (Neurocomputing 262,
2017): a short mean of the scores against the distribution of the series' own
recent scores, as a tail probability. A noisy series must be more unusual than a
quiet one to count the same.
"""

import numpy as np
from scipy.special import log_ndtr

from spear_stream.core.records import Float32Array, Float64Array, IndexArray
from spear_stream.core.table import SeriesTable

MEMORY = 1024
"""Scores over which mean and spread forget."""
SHORT = 3.0
"""Scores the short mean spans: a lone flicker counts less than a lasting rise."""
CLIP = 4.0
"""Largest pull of one score on mean and spread, in spreads: an anomaly must not become the norm at once."""
SPREAD_FLOOR = 0.75
"""Logit units; below it a change of the score means nothing however quiet the series is."""
YOUNG = 64
"""Scores over which the series' own distribution takes over from the prior."""
PRIOR_MEAN = -4.0
PRIOR_SPREAD = 1.5
"""Logits of a trained model on normal data, before a series has a history of its own."""
LOG_TAIL_FULL = 23.0
"""-ln of the tail probability that maps to 1.0: one in ten thousand million."""


class Likelihood:
    """Tail probabilities of many series; a row (slot) per series."""

    def __init__(self) -> None:
        self.table = SeriesTable(seen=np.float32, mean=np.float32, spread=np.float32, short=np.float32)

    def update(self, slots: IndexArray, logits: Float32Array) -> Float64Array:
        """Surprise of one new logit per series, then learn from it.

        slots: (n,) distinct; logits: (n,). Returns (n,) in [0, 1]: the logarithm of
        the tail probability on a scale where 1.0 is 1e-10.
        """
        seen = self.table["seen"][slots]
        mean = np.where(seen > 0, self.table["mean"][slots], PRIOR_MEAN)
        spread = np.where(seen > 0, self.table["spread"][slots], PRIOR_SPREAD)
        before = np.where(seen > 0, self.table["short"][slots], mean)
        short = before + (logits - before) / SHORT
        unit = np.maximum(spread, SPREAD_FLOOR)
        surprise = -log_ndtr(-(short - mean) / unit) / LOG_TAIL_FULL
        self._learn(slots, logits, seen, mean, spread)
        self.table["short"][slots] = short
        return np.asarray(np.clip(surprise, 0.0, 1.0), np.float64)

    def _learn(
        self, slots: IndexArray, logits: Float32Array, seen: Float32Array, mean: np.ndarray, spread: np.ndarray
    ) -> None:
        unit = np.maximum(spread, SPREAD_FLOOR)
        pull = np.clip(logits - mean, -CLIP * unit, CLIP * unit)
        rate = 1.0 / (YOUNG + np.minimum(seen, MEMORY - YOUNG))
        self.table["mean"][slots] = mean + rate * pull
        self.table["spread"][slots] = np.sqrt(spread**2 + rate * (pull**2 - spread**2))
        self.table["seen"][slots] = seen + 1
