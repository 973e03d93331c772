"""What verdicts on alerts say: how many are true, which threshold would have spared the false ones, and
whether that has changed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from spear_stream.core.records import BoolArray, Float64Array
from trainer.datasets.feedback import Alert, Verdict

LEAST_PART = 10
"""Verdicts on either side of a change; of fewer nothing is said."""
SHUFFLES = 999
SURE = 0.01
"""Probability of a change that is none."""
LOST = 0.02
"""Share of the true alerts that a higher threshold may cost."""


@dataclass(frozen=True)
class Precision:
    """Of alerts with a verdict."""

    true: int
    judged: int

    @classmethod
    def of(cls, true: BoolArray) -> "Precision":
        """Of these verdicts."""
        return cls(int(true.sum()), len(true))

    @property
    def false(self) -> int:
        return self.judged - self.true

    @property
    def value(self) -> float:
        return self.true / self.judged if self.judged else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, of 95 %."""
        if not self.judged:
            return 0.0, 1.0
        low, high = binomtest(self.true, self.judged).proportion_ci(method="wilson")
        return float(low), float(high)


@dataclass(frozen=True)
class Threshold:
    """What an opening threshold would have spared and cost of the alerts with a verdict."""

    score: float
    kept: Precision
    false_spared: int
    true_lost: int


@dataclass(frozen=True)
class Change:
    """The precision before and from some alert on."""

    at: int
    """When that one began, in milliseconds since the epoch."""
    before: Precision
    after: Precision
    p_value: float
    """How often verdicts in any other order would change as much, somewhere."""


@dataclass(frozen=True)
class JudgedAlerts:
    """Alerts with their verdicts, in the order of their beginnings."""

    alerts: tuple[Alert, ...]
    true: BoolArray

    @property
    def precision(self) -> Precision:
        return Precision.of(self.true)

    @property
    def peaks(self) -> Float64Array:
        return np.array([alert.peak for alert in self.alerts], np.float64)

    @property
    def auc(self) -> float:
        """How well the peak scores rank true alerts above false ones; nan where there is one sort only."""
        if len(np.unique(self.true)) < 2:
            return float("nan")
        return float(roc_auc_score(self.true, self.peaks))

    def by(self, key: Callable[[Alert], str]) -> dict[str, Precision]:
        """Most verdicts first."""
        found: dict[str, list[bool]] = {}
        for alert, true in zip(self.alerts, self.true.tolist(), strict=True):
            found.setdefault(key(alert), []).append(true)
        parts = {name: Precision(sum(verdicts), len(verdicts)) for name, verdicts in found.items()}
        return dict(sorted(parts.items(), key=lambda part: (-part[1].judged, part[0])))

    def parts(self, count: int) -> list["JudgedAlerts"]:
        """The alerts in so many stretches of time with equally many verdicts."""
        ends = np.linspace(0, len(self.alerts), count + 1).astype(int).tolist()
        spans = [slice(*pair) for pair in pairwise(ends)]
        return [JudgedAlerts(self.alerts[span], self.true[span]) for span in spans]

    def threshold(self, score: float) -> Threshold:
        """An alert is kept if its peak reaches the score."""
        is_kept = self.peaks >= score
        kept, dropped = Precision.of(self.true[is_kept]), Precision.of(self.true[~is_kept])
        return Threshold(score, kept, false_spared=dropped.false, true_lost=dropped.true)

    @property
    def best_threshold(self) -> Threshold | None:
        """The highest, in hundredths, that costs at most LOST of the true alerts; None if it spares no false
        one.
        """
        true = np.sort(self.peaks[self.true])
        if not len(true):
            return None
        found = self.threshold(float(np.floor(100 * true[int(LOST * len(true))]) / 100))
        return found if found.false_spared else None

    @cached_property
    def change(self) -> Change | None:
        """Where the precision changed most, if the same verdicts in random order seldom change as much."""
        if len(self.true) < 2 * LEAST_PART:
            return None
        found = _gains(self.true)
        rng = np.random.default_rng(0)
        as_much = sum(_gains(rng.permutation(self.true)).max() >= found.max() for _ in range(SHUFFLES))
        p_value = float(1 + as_much) / (1 + SHUFFLES)
        if p_value > SURE:
            return None
        first = LEAST_PART + int(found.argmax())
        before, after = Precision.of(self.true[:first]), Precision.of(self.true[first:])
        return Change(self.alerts[first].start, before, after, p_value)


def judged_alerts(alerts: Mapping[str, Alert], verdicts: Iterable[Verdict]) -> JudgedAlerts:
    """Those that have a verdict and are about values."""
    known = (one for one in verdicts if one.alert_id in alerts and alerts[one.alert_id].is_of_values)
    pairs = [(alerts[one.alert_id], one.verdict == "true_positive") for one in known]
    pairs.sort(key=lambda pair: (pair[0].start, pair[0].series))
    return JudgedAlerts(tuple(alert for alert, _ in pairs), np.array([true for _, true in pairs], np.bool_))


def _gains(true: BoolArray) -> Float64Array:
    """By how much two precisions explain the verdicts better than one, in log likelihood, for every place
    where the first may end.
    """
    count = len(true)
    first = np.arange(LEAST_PART, count - LEAST_PART + 1)
    before = np.cumsum(true)[first - 1]
    total = int(true.sum())
    gains = _likelihood(before, first) + _likelihood(total - before, count - first)
    return np.asarray(gains - _likelihood(np.array(total), np.array(count)))


def _likelihood(true: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Largest log likelihood of so many true ones."""
    share = np.clip(true / count, 1e-12, 1 - 1e-12)
    return np.asarray(true * np.log(share) + (count - true) * np.log(1 - share))
