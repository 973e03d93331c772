"""The history of a Kafka topic: what the daemon saw, with the verdicts that people gave on its alerts."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.records import Decoded, PlainRecord, RawRecord
from trainer.datasets.feedback import join, latest_alerts, latest_verdicts
from trainer.datasets.rows import to_millis
from trainer.datasets.series import LabelledSeries, unlabelled

_log = logging.getLogger(__name__)
KAFKA = "kafka:"
"""What a place in Kafka begins with."""


class Reader(Protocol):
    """What spear_stream.wiring.history.History offers."""

    @property
    def alert_topic(self) -> str: ...
    @property
    def repartition_topic(self) -> str | None: ...
    def samples(self, topic: str, since: int | None, until: int | None) -> Iterable[Decoded]: ...
    def records(self, topic: str) -> Iterable[RawRecord]: ...


@dataclass
class _Columns:
    ts: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)


def load_topic(topic: str, options: Mapping[str, str]) -> list[LabelledSeries]:
    """As load_from(), with the daemon's settings from the environment, `.env` and SPEAR_CONFIG."""
    from spear_stream.wiring.history import History  # noqa: PLC0415 - only this kind needs Kafka

    return load_from(History(), topic, options)


def records_of(place: str) -> Iterable[RawRecord]:
    """All records of kafka:TOPIC, read as load_topic() reads, or the lines of a file.

    Raises InputError for a file that cannot be read, otherwise as load_topic().
    """
    if place.startswith(KAFKA):
        from spear_stream.wiring.history import History  # noqa: PLC0415 - as above

        return History().records(place.removeprefix(KAFKA))
    try:
        lines = Path(place).read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"cannot read {place}: {error.strerror}; give a file, or {KAFKA}TOPIC") from error
    return [PlainRecord(number, -1, None, line) for number, line in enumerate(lines) if line.strip()]


def alert_topic() -> str:
    """Where the daemon's settings send alerts, as a place for records_of()."""
    from spear_stream.wiring.history import History  # noqa: PLC0415 - as above

    return f"{KAFKA}{History().alert_topic}"


def load_from(reader: Reader, topic: str, options: Mapping[str, str]) -> list[LabelledSeries]:
    """Every series of a time range by name, unlabelled or, with `feedback`, labelled by verdicts.

    options: since, until (epoch or ISO-8601; record timestamps), feedback and alerts (topics).
    Points come in the order of their own times; of several with one time the first counts, as in the daemon.
    Raises InputError for an empty range, ConfigError for settings, BrokerError for Kafka.
    """
    corpus = _history(reader, topic, options)
    if "feedback" not in options:
        return corpus
    verdicts, bad = latest_verdicts(reader.records(options["feedback"]))
    if bad:
        _log.warning("%s: %d records are no verdict and are left out", options["feedback"], bad)
    alerts = latest_alerts(reader.records(options.get("alerts", reader.alert_topic)))
    if unknown := sorted(set(verdicts) - set(alerts)):
        _log.warning(
            "%d verdicts are on alerts that are not there, the first is %s: "
            "they are left out; the alert topic may have dropped them",
            len(unknown),
            unknown[0],
        )
    ours = {name: alert for name, alert in alerts.items() if alert.topic in {topic, reader.repartition_topic}}
    if others := len(verdicts.keys() & alerts.keys() - ours.keys()):
        _log.warning("%d verdicts are on alerts of other topics than %s: they are left out", others, topic)
    return join(corpus, ours, verdicts)


def _history(reader: Reader, topic: str, options: Mapping[str, str]) -> list[LabelledSeries]:
    since, until = (_time(options, name) for name in ("since", "until"))
    found: dict[str, _Columns] = {}
    refused: Counter[str] = Counter()
    for decoded in reader.samples(topic, since, until):
        batch = decoded.samples
        for name, ts, value in zip(batch.series, batch.ts.tolist(), batch.value.tolist(), strict=True):
            columns = found.setdefault(name, _Columns())
            columns.ts.append(ts)
            columns.value.append(value)
        refused.update(letter.reason for letter in decoded.rejected)
    if refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in refused.most_common())
        _log.warning("%s: records that cannot be read are left out: %s", topic, reasons)
    if not found:
        raise InputError(f"topic {topic} holds no measurement of this time range; see since and until")
    return [_series(name, columns) for name, columns in sorted(found.items())]


def _series(name: str, columns: _Columns) -> LabelledSeries:
    ts, first = np.unique(np.array(columns.ts, dtype=np.int64), return_index=True)
    return unlabelled(name, ts, np.array(columns.value)[first])


def _time(options: Mapping[str, str], name: str) -> int | None:
    return to_millis(options[name], f"option {name}") if name in options else None
