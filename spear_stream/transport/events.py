"""Alert events and dead letters as they leave: JSON values and record headers.

The JSON of an alert event follows `data/alert-event.schema.json`; its headers are CloudEvents
attributes in the binary mode of the CloudEvents Kafka binding 1.0.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

import msgspec

from spear_stream.core.records import AlertEvent, DeadLetter

Headers = list[tuple[str, bytes]]
"""Record headers as kafka-python takes them."""

_TYPE_PREFIX = "spear.anomaly."


@cache
def alert_event_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what encode_event writes."""
    path = resources.files("spear_stream") / "data" / "alert-event.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def encode_event(event: AlertEvent) -> bytes:
    """The JSON value of an alert record."""
    return msgspec.json.encode(event_json(event))


def event_json(event: AlertEvent) -> dict[str, Any]:
    """An alert event as plain JSON types; times are ISO-8601 in UTC with milliseconds."""
    # float() throughout, because numpy's float64 passes for a float everywhere but in the encoder.
    return {
        "type": _TYPE_PREFIX + event.type,
        "alert_id": event.alert_id,
        "sequence": event.sequence,
        "series": event.series,
        "status": "closed" if event.type == "closed" else "open",
        "started_at": iso_time(event.started_at),
        "last_seen_at": iso_time(event.last_seen_at),
        "ended_at": None if event.ended_at is None else iso_time(event.ended_at),
        "resolution": event.resolution,
        "score": float(event.score),
        "peak_score": float(event.peak_score),
        "probability": float(event.probability),
        "severity": event.severity,
        "kind": event.kind,
        "observed": float(event.observed),
        "expected": {name: float(getattr(event.expected, name)) for name in ("low", "mid", "high")},
        "points": [
            {"ts": iso_time(point.ts), "value": float(point.value), "weight": float(point.weight)}
            for point in event.points
        ],
        "model": {"checkpoint": event.model.checkpoint, "backbone": event.model.backbone},
        "position": {
            "topic": event.position.topic,
            "partition": int(event.position.partition),
            "offset": int(event.position.offset),
        },
    }


def ce_headers(event: AlertEvent) -> Headers:
    """CloudEvents attributes; a replayed event has the same ce_source and ce_id."""
    topic, partition = event.position.topic, event.position.partition
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": f"{event.alert_id}.{event.sequence}",
        "ce_type": _TYPE_PREFIX + event.type,
        "ce_source": f"/spear-stream/{quote(topic, safe='')}/{partition}",
        "ce_subject": event.series,
        "ce_time": iso_time(event.last_seen_at if event.ended_at is None else event.ended_at),
        "ce_dataschema": alert_event_schema()["$id"],
        "content-type": "application/json",
    }
    return [(name, text.encode()) for name, text in attributes.items()]


def dead_letter_headers(letter: DeadLetter) -> Headers:
    """What is wrong with a record and where it was, beside its original key and value."""
    attributes = {
        "spear_reason": letter.reason,
        "spear_detail": letter.detail,
        "spear_topic": letter.source.topic,
        "spear_partition": str(letter.source.partition),
        "spear_offset": str(letter.offset),
        "spear_timestamp": str(letter.timestamp),
    }
    return [(name, text.encode()) for name, text in attributes.items()]


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """A dead letter as one JSON object, for sinks without headers; key and value in base64."""
    return msgspec.json.encode(
        {
            "reason": letter.reason,
            "detail": letter.detail,
            "topic": letter.source.topic,
            "partition": letter.source.partition,
            "offset": letter.offset,
            "timestamp": letter.timestamp,
            "key": _base64(letter.key),
            "value": _base64(letter.value),
        }
    )


def iso_time(millis: int) -> str:
    """Milliseconds since the epoch, before year 10000, as `2024-01-31T12:00:00.000Z`."""
    seconds, rest = divmod(int(millis), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _base64(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()
