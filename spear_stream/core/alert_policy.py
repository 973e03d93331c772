"""The thresholds of alerts: plain values of the settings that concern them."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import Float64Array, IndexArray

UP, DOWN, BOTH = "up", "down", "both"
SEVERITIES = ("info", "warning", "critical")
COLD_PENALTY = 0.5
"""Share of the way to 1.0 by which an empty window raises the opening threshold; a full one by nothing."""


MOST_SCORES = 10_000
"""Scores in a row that an alert may wait for; they are counted in 16 bits."""


@dataclass(frozen=True)
class AlertPolicy:
    """Scores are those of evidence.py, in [0, 1]."""

    open_score: float = 0.3
    close_score: float = 0.15
    min_points: int = 1
    """Scores in a row at or above open_score before an alert opens."""
    cooldown_ms: int = 600_000
    direction: str = BOTH
    min_relative_deviation: float = 0.0
    """Least distance from the expected value, as a share of it."""
    update_ms: int = 300_000
    warning_score: float = 0.5
    critical_score: float = 0.7
    no_data: str | None = None
    """Severity of the alert of a series that falls silent (no_data.py); None: there is none."""

    def __post_init__(self) -> None:
        if not 0 <= self.close_score <= self.open_score <= 1:
            raise ConfigError(
                f"thresholds must be 0 <= close ({self.close_score}) <= open ({self.open_score}) <= 1"
            )

    def threshold(self, full: Float64Array) -> Float64Array:
        """Score that opens an alert; full: share of the window that there is already, of each series."""
        return self.open_score + (1.0 - self.open_score) * COLD_PENALTY * (1.0 - full)

    def severity(self, peak: float) -> str:
        """`info`, `warning` or `critical` by the highest score of the alert."""
        return SEVERITIES[int(self.rank(np.float64(peak)))]

    def least_score(self, severity: str) -> float:
        """Of an alert that is so severe."""
        return (self.open_score, self.warning_score, self.critical_score)[SEVERITIES.index(severity)]

    def rank(self, peak: np.ndarray | np.float64) -> IndexArray:
        """Place of the severity of each peak among SEVERITIES."""
        warning, critical = peak >= self.warning_score, peak >= self.critical_score
        return np.where(critical, 2, np.where(warning, 1, 0))
