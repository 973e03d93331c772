"""What score-file tells of alerts: the worst ones, with their ends."""

from dataclasses import replace
from typing import Any

import pytest
from streams import START, batch, feed, make_detector, quiet, rows

from spear_stream.core.records import AlertEvent
from spear_stream.core.spec import WindowSpec
from spear_stream.transport import recorders
from spear_stream.transport.recorders import Counts
from spear_stream.wiring.score_file_report import ScoreFile, summary

SPEC = WindowSpec()


def alert(number: int, peak: float, ended: int | None = None, **others: Any) -> AlertEvent:
    """Of a series of its own, from minute `number` to minute `ended`."""
    (event,) = feed(make_detector(), batch(rows({f"s{number}": quiet(30, {29: 90.0})})))[1]
    minute = 60_000
    times = {"started_at": START + number * minute, "ended_at": ended and START + ended * minute}
    return replace(event, alert_id=str(number), peak_score=peak, **times, **others)


def test_the_worst_alerts_are_told_of_with_their_ends_those_that_are_open_first() -> None:
    counts = Counts()
    counts.events([alert(1, 0.4), alert(2, 0.6, severity="warning"), alert(3, 0.5)])
    counts.events([alert(1, 0.9, 91, resolution="new_level", kind="shift")])
    counts.events([alert(3, 0.5, 3, resolution="silent")])
    counts.events([alert(4, 0.3, 64, resolution="recovered", kind="no_data")])
    told = summary(counts, SPEC, 1, ScoreFile("a.csv", "out"), 1.0).splitlines()
    assert [" ".join(line.split()) for line in told[1:6]] == [
        "4 alerts, 1 still open: 3 critical, 1 warning",
        "warning 2023-11-14 22:15:20 spike peak 0.60, still open s2",
        "critical 2023-11-14 22:14:20 shift peak 0.90, new level after 1.5 h s1",
        "critical 2023-11-14 22:16:20 spike peak 0.50, then silent s3",
        "critical 2023-11-14 22:17:20 no_data recovered after 1.0 h s4",
    ]


def test_of_many_alerts_the_worst_are_told_of_whenever_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorders, "MOST_WORST", 2)
    counts, one = Counts(), alert(0, 0.5, 1)
    for number in range(500):
        peak = 0.9 if number in {3, 499} else 0.5
        counts.events([replace(one, alert_id=str(number), series=f"s{number}", peak_score=peak)])
    assert [event.series for event in counts.worst] == ["s3", "s499"]
    assert "  and 498 others" in summary(counts, SPEC, 1, ScoreFile("a", "b"), 1.0)
    counts.events([alert(number, 0.3) for number in range(1000, 1300)])
    assert [event.series for event in counts.worst] == ["s1000", "s1001"], "the open ones first"
    told = summary(counts, SPEC, 1, ScoreFile("a", "b"), 1.0)
    assert "800 alerts, 300 still open" in told
    assert "  and 798 others" in told
