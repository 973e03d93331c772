"""One alert and one dead letter, for tests of what leaves."""

from dataclasses import replace

from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Expected,
    ModelInfo,
    Point,
    Position,
    TopicPartition,
)

OPENED = AlertEvent(
    type="opened",
    alert_id="a1b2",
    sequence=0,
    series="h1.cpu",
    started_at=1_700_000_000_123,
    last_seen_at=1_700_000_060_000,
    ended_at=None,
    resolution=None,
    score=0.91,
    peak_score=0.97,
    probability=0.9995,
    severity="warning",
    kind="spike",
    observed=99.5,
    expected=Expected(low=10.0, mid=20.0, high=30.0),
    points=(Point(ts=1_700_000_060_000, value=99.5, weight=0.8),),
    model=ModelInfo(checkpoint="default", backbone="minilm"),
    position=Position(topic="metrics", partition=3, offset=42),
)
CLOSED = replace(OPENED, type="closed", sequence=2, ended_at=1_700_000_120_000, resolution="recovered")
LETTER = DeadLetter(TopicPartition("metrics", 3), 42, -1, None, b"\xff{", "not_utf8", "byte 0: invalid start")
