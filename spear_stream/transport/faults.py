"""Why a record was refused: stable reason codes, the only list of them in the transport."""

import re
from enum import StrEnum

import msgspec

from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.records import DeadLetter, RawRecord, TopicPartition

_EXCERPT_CHARS = 60
_WORDS = {type(None): "null", dict: "an object", list: "an array", msgspec.UnsetType: "nothing"}


class Reason(StrEnum):
    """Codes that dead letters carry and metrics count; a released code never changes its meaning."""

    TOMBSTONE = "tombstone"
    """The record has a key but no value."""
    EMPTY = "empty"
    """The value has no bytes but white space."""
    TOO_LARGE = "too_large"
    """The value has more bytes than the limit."""
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_LINE_PROTOCOL = "not_line_protocol"
    TOO_DEEP = "too_deep"
    """Objects and arrays are nested deeper than the parser goes."""
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    """A number beyond the range of a 64-bit float."""
    WRONG_SHAPE = "wrong_shape"
    """An object, an array or a text was needed where something else is."""
    TOO_MANY_SAMPLES = "too_many_samples"
    NO_SAMPLES = "no_samples"
    """Well formed, but without any numeric value: an empty batch, or only texts and booleans."""
    SERIES_MISSING = "series_missing"
    """Neither the value nor the record key names a series."""
    SERIES_INVALID = "series_invalid"
    """The series is neither text nor a 64-bit integer, or the record key is not UTF-8."""
    SERIES_TOO_LONG = "series_too_long"
    TS_MISSING = "ts_missing"
    TS_INVALID = "ts_invalid"
    """The time is neither epoch time nor ISO-8601."""
    TS_OUT_OF_RANGE = "ts_out_of_range"
    """The time is before 1970 or after 2199."""
    VALUE_MISSING = "value_missing"
    VALUE_NOT_NUMBER = "value_not_number"
    VALUE_NOT_FINITE = "value_not_finite"
    """NaN or infinity."""


class Fault(Exception):
    """One thing wrong with a record; never leaves the transport, it becomes a DeadLetter."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def at(self, where: str) -> "Fault":
        return Fault(self.reason, f"{where}: {self.detail}")


def dead_letter(source: TopicPartition, record: RawRecord, fault: Fault) -> DeadLetter:
    return DeadLetter(
        source=source,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        reason=fault.reason.value,
        detail=_placed(record, fault),
    )


def _placed(record: RawRecord, fault: Fault) -> str:
    """The detail with the place in a file; of a record in a topic the position says it."""
    if not isinstance(record, PlacedRecord):
        return fault.detail
    place, within = record.place(fault.reason), re.match(r"record(?=[:[])", fault.detail)
    return f"{place}{fault.detail[within.end() :]}" if within else f"{place}: {fault.detail}"


def describe(found: object) -> str:
    """What was found, in JSON's words and short enough for a log line."""
    if type(found) in _WORDS:
        return _WORDS[type(found)]
    if isinstance(found, str):
        return f"the text {found[:_EXCERPT_CHARS]!r}{_ellipsis(found)}"
    text = repr(found).lower()
    return text[:_EXCERPT_CHARS] + _ellipsis(text)


def _ellipsis(text: str) -> str:
    return "..." if len(text) > _EXCERPT_CHARS else ""
