"""What an evaluation found, for machines (JSON) and for people (a table)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from rich.table import Table

from trainer.metrics.events import EventCounts


@dataclass(frozen=True)
class Estimate:
    """A corpus figure with its 95 % bootstrap interval over series; nan where undefined (null in JSON)."""

    value: float
    low: float
    high: float
    series: int
    """Series on which the figure rests; those without anomalies are left out where it needs some."""

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

    def to_json(self) -> str:
        """Indented JSON; undefined figures are null."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def table(self, title: str = "") -> Table:
        """One row per corpus figure; rich prints it as plain text where there is no terminal."""
        table = Table("figure", "value [95 % interval]", "series", title=title or None)
        for name, estimate in self.figures.items():
            table.add_row(name, str(estimate), str(estimate.series))
        return table
