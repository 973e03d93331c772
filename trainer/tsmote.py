"""T-SMOTE: oversampling of early windows of an event (Zhao et al., IJCAI 2022, doi 10.24963/ijcai.2022/334).

1. Spies: a share of the negatives is put among the positives and a probabilistic scorer is trained on the
   windows that end at the event; the threshold h is the highest score of a spy (or a quantile of them).
2. Leads: the positive windows slide back by l = 0, 1, ... points while their mean score stays at or above h.
3. Synthesis: between the windows of one event at leads l and l + 1, alpha ~ Beta(s_l, s_l+1),
   X = alpha X_l + (1 - alpha) X_l+1, the score likewise; as many in proportion to s_l.
4. Sampling: from what was kept and made, with weight max(0, s - h).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spear_stream.core.bounds import check_numbers
from spear_stream.core.records import Float64Array, IndexArray

SMALLEST = 1e-6
"""Beta distributions want positive parameters."""

Features = npt.NDArray[np.float32]
Scorer = Callable[[Features], Float64Array]
"""(n, features) to the probability of an event, (n,)."""
Fit = Callable[[Features, npt.NDArray[np.bool_]], Scorer]


@dataclass(frozen=True)
class TSmotePlan:
    """How much of it, and its two settings."""

    share: float = 0.0
    """Synthetic windows per real window of a batch; 0 turns T-SMOTE off."""
    spies: float = 0.15
    leads: int = 16
    """Leads tried at most."""
    spy_quantile: float = 0.95
    """Of the spies' scores, the threshold; 1 is the published maximum. Among the hundreds of spies of mixed
    series the maximum is an outlier that no lead reaches on average, and nothing would be made at all."""

    def __post_init__(self) -> None:
        check_numbers(self, "share", least=0, most=1)
        check_numbers(self, "spies", above=0, below=1)
        check_numbers(self, "spy_quantile", above=0, most=1)
        check_numbers(self, "leads", least=2)  # or there are no neighbours


class Neighbours(NamedTuple):
    """Synthetic windows by their parents: event i at leads l and l + 1, mixed alpha to 1 - alpha."""

    event: IndexArray
    lead: IndexArray
    alpha: Float64Array
    score: Float64Array


def spy_threshold(
    rng: np.random.Generator,
    positive: Features,
    negative: Features,
    spies: float,
    fit: Fit,
    quantile: float = 1.0,
) -> tuple[Scorer, float]:
    """The scorer that was trained with spies among the positives, and h, the highest score of a spy.

    positive: windows that end at events (p, features); negative: (n, features), n at least 2.
    quantile: of the spies' scores, where their maximum is an outlier.
    """
    count = min(max(1, round(spies * len(negative))), len(negative) - 1)
    order = rng.permutation(len(negative))
    planted, rest = negative[order[:count]], negative[order[count:]]
    windows = np.concatenate([positive, planted, rest])
    scorer = fit(windows, np.arange(len(windows)) < len(positive) + count)
    return scorer, float(np.quantile(scorer(planted), quantile))


def kept_leads(scores: Float64Array, threshold: float) -> int:
    """How many leads from 0 on have a mean score of at least the threshold; scores (events, leads)."""
    enough = scores.mean(axis=0) >= threshold
    return len(enough) if enough.all() else int(np.argmin(enough))


def synthesize(rng: np.random.Generator, scores: Float64Array, count: int) -> Neighbours:
    """`count` mixtures of temporal neighbours; scores (events, leads >= 2) of the kept windows.

    Each pair (i, l), (i, l + 1) gets its part of `count` in proportion to s_l, as a random draw.
    """
    weight = np.maximum(scores[:, :-1], SMALLEST).ravel()
    event, lead = np.divmod(rng.choice(len(weight), count, p=weight / weight.sum()), scores.shape[1] - 1)
    near = np.maximum(scores[event, lead], SMALLEST)
    far = np.maximum(scores[event, lead + 1], SMALLEST)
    alpha = rng.beta(near, far)
    return Neighbours(event, lead, alpha, alpha * near + (1 - alpha) * far)


def sample(rng: np.random.Generator, scores: Float64Array, threshold: float, count: int) -> IndexArray:
    """Rows of `scores` (n,) drawn with weight max(0, s - h), with replacement; none if all weigh nothing."""
    weight = np.maximum(0.0, scores - threshold)
    if not weight.sum() > 0:
        return np.zeros(0, np.intp)
    return rng.choice(len(scores), count, p=weight / weight.sum())
