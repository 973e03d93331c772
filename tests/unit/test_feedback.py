"""Verdicts of people on alerts become labels, by the rule that feedback.py states."""

import json
from collections.abc import Iterable

import numpy as np
import pytest

from spear_stream.core.errors import InputError
from spear_stream.core.records import DeadLetter, Decoded, PlainRecord, RawRecord, SampleBatch, TopicPartition
from trainer.datasets.series import LabelledSeries
from trainer.datasets.topic import load_from

START = 1_700_000_000_000
SOURCE = TopicPartition("metrics", 0)


def iso(minute: int) -> str:
    return f"{np.datetime64(START + 60_000 * minute, 'ms')}Z"


def alert(
    name: str, series: str, first: int, last: int, sequence: int = 0, topic: str = "metrics"
) -> dict[str, object]:
    return {
        "type": "spear.anomaly.opened", "alert_id": name, "sequence": sequence, "series": series,
        "started_at": iso(first), "last_seen_at": iso(last), "score": 0.9,
        "position": {"topic": topic, "partition": 0, "offset": first},
    }  # fmt: skip


def verdict(name: str, said: str) -> dict[str, object]:
    return {"alert_id": name, "verdict": said, "by": "ann"}


class Topics:
    """A Reader over what the test wrote."""

    alert_topic = "spear.alerts"
    repartition_topic = "spear.by-series"

    def __init__(self, alerts: list[object], feedback: list[object]) -> None:
        self._written = {"spear.alerts": alerts, "verdicts": feedback}

    def samples(self, topic: str, since: int | None, until: int | None) -> Iterable[Decoded]:
        minutes = np.arange(20)
        for name in ("cpu", "ram", "disk"):
            ts = START + 60_000 * minutes
            batch = SampleBatch(SOURCE, [name] * 20, ts, minutes.astype(float), minutes)
            yield Decoded(batch, [DeadLetter(SOURCE, 9, -1, None, b"x", "not_json", "")])
        yield Decoded(SampleBatch(SOURCE, ["cpu"], ts[:1], np.array([99.0]), minutes[:1]), ())

    def records(self, topic: str) -> Iterable[RawRecord]:
        for offset, value in enumerate(self._written[topic]):
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            yield PlainRecord(offset, START + offset, None, content)


def joined(alerts: list[object], feedback: list[object]) -> dict[str, LabelledSeries]:
    corpus = load_from(Topics(alerts, feedback), "metrics", {"feedback": "verdicts"})
    return {series.name: series for series in corpus}


def test_verdicts_on_silence_are_about_no_point() -> None:
    silent = {**alert("a", "cpu", 3, 3), "kind": "no_data"}
    unjudged = {**alert("b", "ram", 5, 5), "kind": "no_data"}
    found = joined(
        [silent, unjudged, alert("c", "ram", 9, 9)],
        [verdict("a", "true_positive"), verdict("c", "true_positive")],
    )
    assert not found["cpu"].labelled
    assert (found["ram"].windows, found["ram"].unclear) == (((9, 9),), ())


def test_a_true_positive_is_an_anomaly_from_its_start_to_its_last_sign() -> None:
    alerts = [
        alert("a", "cpu", 3, 3),
        alert("a", "cpu", 3, 6, 1),
        alert("b", "cpu", 10, 12),
        alert("c", "cpu", 15, 16),
    ]
    cpu = joined(alerts, [verdict("a", "true_positive"), verdict("b", "false_positive")])["cpu"]
    assert cpu.labelled
    assert cpu.windows == ((3, 6),)
    assert cpu.unclear == ((15, 16),)


def test_the_later_verdict_wins() -> None:
    said = [verdict("a", "true_positive"), verdict("a", "false_positive")]
    assert joined([alert("a", "cpu", 3, 6)], said)["cpu"].windows == ()
    assert joined([alert("a", "cpu", 3, 6)], said[::-1])["cpu"].windows == ((3, 6),)


def test_where_verdicts_overlap_it_is_an_anomaly() -> None:
    alerts = [alert("a", "cpu", 3, 6), alert("b", "cpu", 5, 9), alert("c", "cpu", 8, 11)]
    cpu = joined(alerts, [verdict("a", "true_positive"), verdict("b", "false_positive")])["cpu"]
    assert cpu.windows == ((3, 6),)
    assert cpu.unclear == ((10, 11),)


def test_series_without_a_verdict_stay_unlabelled() -> None:
    found = joined([alert("a", "cpu", 3, 6), alert("b", "ram", 3, 6)], [verdict("a", "true_positive")])
    assert [name for name, series in found.items() if series.labelled] == ["cpu"]
    assert not found["ram"].unclear


def test_a_verdict_on_a_time_that_was_not_read_says_nothing() -> None:
    alerts = [alert("old", "cpu", -900, -890), alert("new", "cpu", 3, 6), alert("ram", "ram", 3, 6)]
    found = joined(alerts, [verdict("old", "true_positive"), verdict("ram", "false_positive")])
    assert [name for name, series in found.items() if series.labelled] == ["ram"]


def test_a_series_of_the_same_name_in_another_topic_is_another(caplog: pytest.LogCaptureFixture) -> None:
    alerts = [alert("a", "cpu", 3, 6, topic="elsewhere"), alert("b", "ram", 3, 6, topic="spear.by-series")]
    found = joined(alerts, [verdict("a", "true_positive"), verdict("b", "true_positive")])
    assert [name for name, series in found.items() if series.labelled] == ["ram"]
    assert "1 verdicts are on alerts of other topics than metrics: they are left out" in caplog.text


def test_what_cannot_be_used_is_told(caplog: pytest.LogCaptureFixture) -> None:
    feedback = [verdict("gone", "true_positive"), b"{", {"alert_id": "a", "verdict": "maybe"}]
    joined([alert("a", "cpu", 3, 6)], feedback)
    assert "3 not_json" in caplog.text
    assert "verdicts: 2 records are no verdict" in caplog.text
    assert "1 verdicts are on alerts that are not there, the first is gone" in caplog.text


def test_a_topic_that_holds_no_alerts_is_named() -> None:
    with pytest.raises(InputError, match=r"record that is none .*alerts="):
        joined([b"1,2"], [])


def test_points_come_in_time_order_and_the_first_of_a_time_counts() -> None:
    cpu = joined([], [])["cpu"]
    assert (np.diff(cpu.ts) > 0).all()
    assert cpu.value[0] == 0.0
