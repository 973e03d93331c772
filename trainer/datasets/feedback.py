"""Verdicts of people on alerts, as labels.

The rule: the latest verdict on an alert wins. `true_positive` labels the points from the alert's start to
its last sign as an anomaly, `false_positive` says that they are normal; where both cover a point it is an
anomaly. An alert without a verdict is unclear: nothing is learned from its points. What no alert covers
counts as normal. Series without any verdict stay unlabelled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from spear_stream.core.errors import InputError
from spear_stream.core.no_data import NO_DATA
from spear_stream.core.records import BoolArray, RawRecord
from spear_stream.core.times import iso_millis
from trainer.datasets.series import LabelledSeries, mark, runs


class Verdict(msgspec.Struct, frozen=True):
    """One record of the feedback topic; other fields are ignored."""

    alert_id: str
    verdict: Literal["true_positive", "false_positive"]


class _Model(msgspec.Struct, frozen=True):
    checkpoint: str = ""


class _Position(msgspec.Struct, frozen=True):
    topic: str = ""


class _Event(msgspec.Struct, frozen=True):
    """What is needed of one record of the alert topic."""

    alert_id: str
    sequence: int
    series: str
    started_at: str
    last_seen_at: str
    peak_score: float = 0.0
    severity: str = ""
    kind: str = ""
    model: _Model = _Model()
    position: _Position = _Position()


@dataclass(frozen=True)
class Alert:
    """The last state of one alert; first and last time in milliseconds, both belong to it."""

    series: str
    start: int
    end: int
    peak: float = 0.0
    severity: str = ""
    kind: str = ""
    checkpoint: str = ""
    topic: str = ""
    """Where the points of its series were read."""

    @property
    def is_of_values(self) -> bool:
        """One of silence is about no point, and no model said it."""
        return self.kind != NO_DATA


def latest_verdicts(records: Iterable[RawRecord]) -> tuple[dict[str, Verdict], int]:
    """By alert id, and how many records are no verdict. Later is by the timestamp, then by the offset."""
    found: list[tuple[tuple[int, int], Verdict]] = []
    bad = 0
    for record in records:
        try:
            verdict = msgspec.json.decode(record.value or b"", type=Verdict)
        except (msgspec.DecodeError, UnicodeDecodeError):
            bad += 1
        else:
            found.append(((record.timestamp, record.offset), verdict))
    found.sort(key=lambda entry: entry[0])
    return {verdict.alert_id: verdict for _, verdict in found}, bad


def latest_alerts(records: Iterable[RawRecord]) -> dict[str, Alert]:
    """By id, as of the event with the highest sequence. Raises InputError for a record that is no event."""
    last: dict[str, _Event] = {}
    for record in records:
        try:
            event = msgspec.json.decode(record.value or b"", type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"among the alerts is a record that is none ({error}): name the topic or file that holds "
                "alerts (alerts=, --alerts)"
            ) from error
        if event.alert_id not in last or event.sequence >= last[event.alert_id].sequence:
            last[event.alert_id] = event
    return {
        alert_id: Alert(
            event.series,
            iso_millis(event.started_at),
            iso_millis(event.last_seen_at),
            event.peak_score,
            event.severity,
            event.kind,
            event.model.checkpoint,
            event.position.topic,
        )
        for alert_id, event in last.items()
    }


def join(
    corpus: Sequence[LabelledSeries], alerts: Mapping[str, Alert], verdicts: Mapping[str, Verdict]
) -> list[LabelledSeries]:
    """The corpus with the labels that the verdicts give; see the rule above. alerts: of the topics that the
    corpus is of; series of one name in two topics are two series.
    """
    by_series: dict[str, list[tuple[Alert, str | None]]] = {}
    for alert_id, alert in alerts.items():
        if not alert.is_of_values:
            continue
        given = verdicts.get(alert_id)
        by_series.setdefault(alert.series, []).append((alert, None if given is None else given.verdict))
    return [_labelled(series, by_series.get(series.name, ())) for series in corpus]


def _labelled(series: LabelledSeries, judged: Sequence[tuple[Alert, str | None]]) -> LabelledSeries:
    """By the alerts on points that are there: a verdict on another time says nothing of these."""
    there = [
        (points, verdict) for alert, verdict in judged if (points := series.between(alert.start, alert.end))
    ]
    if all(verdict is None for _, verdict in there):
        return series
    anomalous, normal, unjudged = (
        _covered(series, [points for points, verdict in there if verdict == wanted])
        for wanted in ("true_positive", "false_positive", None)
    )
    return replace(
        series,
        label=anomalous,
        windows=runs(anomalous),
        labelled=True,
        unclear=runs(unjudged & ~anomalous & ~normal),
    )


def _covered(series: LabelledSeries, stretches: Sequence[range]) -> BoolArray:
    return mark(len(series), [(points[0], points[-1]) for points in stretches])
