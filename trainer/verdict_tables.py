"""Tables of verdicts, for people."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from trainer.judged_alerts import JudgedAlerts, Precision
from trainer.tables import plain, plain_title, print_wide

PARTS = 5
LEAST_OF_PART = 20
"""Verdicts of a stretch of time that has a row."""
NOISIEST = 5
SCORES = (0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def tables(judged: JudgedAlerts, out: Console) -> None:
    """Who is right how often, what thresholds would do, and how it went."""
    print_wide(out, _by_group(judged))
    noisiest = {
        name: found for name, found in judged.by(lambda alert: alert.series).items() if found.false > 1
    }
    if noisiest:
        print_wide(out, _noisiest(noisiest))
    print_wide(out, _thresholds(judged))
    if (count := min(PARTS, len(judged.alerts) // LEAST_OF_PART)) > 1:
        print_wide(out, _over_time(judged.parts(count)))


def interval(found: Precision) -> str:
    """The precision, with what is likely."""
    if not found.judged:
        return "unknown"
    low, high = found.interval
    return f"{found.value:.2f} ({low:.2f} to {high:.2f})"


def _by_group(judged: JudgedAlerts) -> Table:
    table = _table("Precision of alerts", "alerts", "judged", "true", "precision")
    groups = (
        judged.by(lambda alert: alert.severity),
        judged.by(lambda alert: alert.kind),
        judged.by(lambda alert: alert.checkpoint),
    )
    for group in groups:
        for name, found in group.items():
            table.add_row(*plain(name or "-", str(found.judged), str(found.true), interval(found)))
        table.add_section()
    return table


def _noisiest(series: Mapping[str, Precision]) -> Table:
    table = _table("Series with most false alerts", "series", "judged", "false")
    for name, found in sorted(series.items(), key=lambda one: -one[1].false)[:NOISIEST]:
        table.add_row(*plain(name, str(found.judged), str(found.false)))
    return table


def _thresholds(judged: JudgedAlerts) -> Table:
    columns = ("open_score", "false alerts spared", "true alerts lost", "precision of the rest")
    table = _table("What a higher threshold would have done", *columns)
    for found in map(judged.threshold, SCORES):
        if found.kept.judged:
            table.add_row(
                *plain(
                    f"{found.score:g}", str(found.false_spared), str(found.true_lost), interval(found.kept)
                )
            )
    return table


def _over_time(parts: list[JudgedAlerts]) -> Table:
    table = _table("Over time", "from", "to", "judged", "precision", "AUC-ROC of the peak scores")
    for part in parts:
        first, last = (day(alert.start) for alert in (part.alerts[0], part.alerts[-1]))
        table.add_row(*plain(first, last, str(len(part.alerts)), interval(part.precision), f"{part.auc:.2f}"))
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=plain_title(title))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def day(millis: int) -> str:
    """Of a time in milliseconds since the epoch."""
    return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%d}"
