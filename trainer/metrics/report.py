"""What an evaluation found."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainer.metrics.events import EventCounts


@dataclass(frozen=True)
class Estimate:
    """A corpus figure with its 95 % bootstrap interval over groups of series; nan where undefined (null in
    JSON).
    """

    value: float
    low: float
    high: float
    series: int
    """Series on which the figure rests; those without anomalies are left out where it needs some."""
    groups: int
    """Groups of these series."""

    def __str__(self) -> str:
        if not np.isfinite(self.value):
            return "undefined"
        digits = 3 if abs(self.value) < 10 else 1
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


@dataclass(frozen=True)
class SeriesReport:
    """Figures of one series behind its probation; nan without anomalous points there."""

    name: str
    points: int
    """Scored points."""
    windows: int
    """Labelled windows."""
    buffer: int
    """Longest buffer of VUS-PR in points."""
    vus_pr: float
    auc_pr: float
    prevalence: float
    auc_roc: float
    events: EventCounts | None
    """None when no alerts were given."""
    group: str
    """What series of one patient, machine or run share; the name of a series that stands alone."""


@dataclass(frozen=True)
class Report:
    """Quality of one detector on one corpus."""

    series: tuple[SeriesReport, ...]
    figures: Mapping[str, Estimate]
    """Corpus figures by name, the most telling first."""
    nab_thresholds: Mapping[str, float]
    """Threshold that each NAB profile chose, null in JSON when silence is best."""
    without_anomalies: int
    """Series without anomalous scored points; they count for NAB and events only."""
