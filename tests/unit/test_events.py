"""What leaves: alert events that follow the shipped schema, CloudEvents headers, dead letters."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from messages import CLOSED, LETTER, OPENED

from spear_stream.core.records import AlertEvent, Position
from spear_stream.transport.events import (
    alert_event_schema,
    ce_headers,
    dead_letter_headers,
    encode_dead_letter,
    encode_event,
    event_json,
    iso_time,
)


def validate(value: Any) -> None:
    validator = Draft202012Validator(alert_event_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(value)


@pytest.mark.parametrize("event", [OPENED, replace(OPENED, type="updated", sequence=1), CLOSED])
def test_every_event_follows_the_schema(event: AlertEvent) -> None:
    validate(json.loads(encode_event(event)))


def test_the_schema_is_a_schema_and_covers_every_field() -> None:
    Draft202012Validator.check_schema(alert_event_schema())
    assert set(alert_event_schema()["required"]) == set(event_json(OPENED))
    assert set(alert_event_schema()["properties"]) == set(event_json(OPENED))


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"type": "spear.anomaly.resolved"},
        {"kind": "weird"},
        {"severity": "fatal"},
        {"score": 1.5},
        {"observed": None},
        {"started_at": 1_700_000_000_123},
        {"started_at": "2023-11-14T22:13:20Z"},
        {"status": "closed"},
        {"ended_at": "2023-11-14T22:13:20.000Z"},
        {"resolution": "recovered"},
        {"position": {"topic": "metrics", "partition": 0, "offset": -1}},
        {"series": ""},
    ],
)
def test_the_schema_refuses_what_is_no_event(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validate(event_json(OPENED) | change)


def test_the_end_of_an_alert_says_how_it_ended() -> None:
    with pytest.raises(ValidationError):
        validate(event_json(CLOSED) | {"resolution": None})


def test_times_are_utc_with_milliseconds() -> None:
    value = event_json(CLOSED)
    assert (value["started_at"], value["ended_at"]) == (
        "2023-11-14T22:13:20.123Z",
        "2023-11-14T22:15:20.000Z",
    )
    assert iso_time(0) == "1970-01-01T00:00:00.000Z"


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    event = replace(OPENED, score=np.float64(0.5), observed=np.float32(2.0), points=())
    value = json.loads(encode_event(event))
    assert (value["score"], value["observed"]) == (0.5, 2.0)
    validate(value)


def test_status_follows_the_type() -> None:
    assert [event_json(event)["status"] for event in (OPENED, CLOSED)] == ["open", "closed"]


def test_cloudevents_attributes() -> None:
    headers = dict(ce_headers(CLOSED))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"a1b2.2",
        "ce_type": b"spear.anomaly.closed",
        "ce_source": b"/spear-stream/metrics/3",
        "ce_subject": b"h1.cpu",
        "ce_time": b"2023-11-14T22:15:20.000Z",
        "ce_dataschema": b"urn:spear-stream:alert-event:1",
        "content-type": b"application/json",
    }


def test_a_replayed_event_has_the_same_headers_and_another_event_another_id() -> None:
    assert ce_headers(OPENED) == ce_headers(replace(OPENED))
    assert dict(ce_headers(OPENED))["ce_id"] != dict(ce_headers(CLOSED))["ce_id"]


def test_a_source_with_odd_letters_is_a_valid_uri_reference() -> None:
    odd = replace(OPENED, position=Position("my file\u00e9.csv", 0, 0))
    assert dict(ce_headers(odd))["ce_source"] == b"/spear-stream/my%20file%C3%A9.csv/0"


def test_a_dead_letter_keeps_its_bytes_and_says_why_and_where() -> None:
    value = json.loads(encode_dead_letter(LETTER))
    assert b64decode(value.pop("value")) == b"\xff{"
    assert value == {
        "reason": "not_utf8",
        "detail": "byte 0: invalid start",
        "topic": "metrics",
        "partition": 3,
        "offset": 42,
        "timestamp": -1,
        "key": None,
    }
    headers = dict(dead_letter_headers(LETTER))
    assert headers["spear_reason"] == b"not_utf8"
    assert (headers["spear_topic"], headers["spear_partition"], headers["spear_offset"]) == (
        b"metrics",
        b"3",
        b"42",
    )
