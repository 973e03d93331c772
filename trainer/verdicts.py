"""spear-trainer verdicts: what people's verdicts on alerts say of the settings and of the prompt."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from spear_stream.core.errors import ConfigError, InputError, SpearError
from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.packaged import checkpoint_folder
from trainer.datasets.feedback import Alert, Verdict, latest_alerts, latest_verdicts
from trainer.datasets.topic import KAFKA, alert_topic, records_of
from trainer.judged_alerts import LEAST_PART, JudgedAlerts, Precision, Threshold, judged_alerts
from trainer.outputs import check_writable, write_json
from trainer.verdict_tables import day, interval, tables

EXAMPLE = '{"alert_id": "...", "verdict": "true_positive"}, or "false_positive"'
NEWEST = 50
"""Verdicts that --least-precision looks at."""


class RetrainWanted(SpearError):
    """The verdicts say that the alerts are worse than they were, or than they should be."""

    exit_code = 7


@dataclass(frozen=True)
class VerdictRequest:
    """feedback, alerts: kafka:TOPIC or a file of JSON lines; alerts: the daemon's topic when None.

    checkpoint: a folder or `default`, whose alerts are looked at alone; all when None.
    """

    feedback: str
    alerts: str | None = None
    checkpoint: str | None = None
    least_precision: float | None = None
    check: bool = False
    json: Path | None = None


def report(request: VerdictRequest, out: Console, err: Console) -> None:
    """Tables for people, and figures for programs.

    Raises ConfigError, CheckpointError, InputError or BrokerError for what cannot be read, RetrainWanted if
    that was asked.
    """
    check_writable(request.json, "--json")
    alerts, verdicts = _read(request, err)
    judged = judged_alerts(alerts, verdicts)
    found, count = judged.precision, sum(alert.is_of_values for alert in alerts.values())
    out.print(
        f"Verdicts on {found.judged:,} of {count:,} alerts: {found.true:,} true, {found.false:,} "
        f"false; precision {interval(found)}",
        highlight=False,
    )
    if judged.alerts:
        tables(judged, out)
    wanted = list(_wanted(judged, request.least_precision))
    more = wanted or ["these verdicts want no retraining"] * request.check
    for line in (*_threshold(judged), *_changed(judged), *more):
        out.print(line, highlight=False, soft_wrap=True)
    if request.json is not None:
        write_json(request.json, _figures(judged, count, wanted), "give another --json")
    if wanted and request.check:
        raise RetrainWanted("; ".join(wanted))


def _read(request: VerdictRequest, err: Console) -> tuple[dict[str, Alert], Collection[Verdict]]:
    """The alerts by id that are asked about, and all verdicts."""
    name = request.checkpoint
    wanted = None if name is None else load_manifest(checkpoint_folder(name)).id
    place = _alerts_of(request)
    with err.status("reading verdicts and alerts"):
        verdicts, bad = latest_verdicts(records_of(request.feedback))
        alerts = latest_alerts(records_of(place))
    if bad:
        told = f"{request.feedback}: {bad} records are no verdict and are left out; one is {EXAMPLE}"
        err.print(told, markup=False, highlight=False)
    if unknown := len(verdicts.keys() - alerts.keys()):
        err.print(f"verdicts on no alert of {place}, which are left out: {unknown}", markup=False)
    if not judged_alerts(alerts, verdicts.values()).alerts:
        raise InputError(f"no alert of {place} has a verdict in {request.feedback}; see docs/training.md")
    ours = {key: alert for key, alert in alerts.items() if wanted in {None, alert.checkpoint}}
    return ours, verdicts.values()


def _alerts_of(request: VerdictRequest) -> str:
    if request.alerts is not None:
        return request.alerts
    if request.feedback.startswith(KAFKA):
        return alert_topic()
    raise ConfigError("--alerts is missing: the file of the alerts that the verdicts are on, or kafka:TOPIC")


def _wanted(judged: JudgedAlerts, least: float | None) -> Iterator[str]:
    """Why retraining is wanted."""
    change = judged.change
    if change and change.after.value < change.before.value:
        yield "retraining is wanted: alerts are true less often than they were"
    newest = JudgedAlerts(judged.alerts[-NEWEST:], judged.true[-NEWEST:]).precision
    if least is not None and newest.interval[1] < least:
        yield (
            f"retraining is wanted: the precision of the newest {newest.judged} verdicts, "
            f"{interval(newest)}, is below {least:g}"
        )


def _threshold(judged: JudgedAlerts) -> Iterator[str]:
    if best := judged.best_threshold:
        total = judged.precision
        yield (
            f"SPEAR_ALERTS__OPEN_SCORE={best.score:.2f} would have spared {best.false_spared} of "
            f"{total.false} false alerts and lost {best.true_lost} of {total.true} true ones"
        )
    elif judged.precision.false and judged.precision.true:
        yield "no higher SPEAR_ALERTS__OPEN_SCORE spares false alerts without losing true ones"


def _changed(judged: JudgedAlerts) -> Iterator[str]:
    change = judged.change
    if len(judged.alerts) < 2 * LEAST_PART:
        yield f"of fewer than {2 * LEAST_PART} verdicts it cannot be said whether the precision has changed"
    if change is None:
        return
    went = "fell" if change.after.value < change.before.value else "rose"
    yield (
        f"the precision {went} from {interval(change.before)} to {interval(change.after)} with the alerts "
        f"from {day(change.at)} on (p = {change.p_value:g})"
    )


def _figures(judged: JudgedAlerts, alerts: int, wanted: list[str]) -> dict[str, Any]:
    change, best = judged.change, judged.best_threshold
    return {
        "alerts": alerts,
        **_plain(judged.precision),
        "auc_of_peaks": judged.auc,
        "best_threshold": best and _plain_threshold(best),
        "change": change
        and {
            "at": change.at,
            "before": _plain(change.before),
            "after": _plain(change.after),
            "p_value": change.p_value,
        },
        "retraining_wanted": wanted,
    }


def _plain(precision: Precision) -> dict[str, Any]:
    return {
        "judged": precision.judged,
        "true": precision.true,
        "precision": precision.value,
        "interval": precision.interval,
    }


def _plain_threshold(found: Threshold) -> dict[str, Any]:
    return {"score": found.score, "false_spared": found.false_spared, "true_lost": found.true_lost}
