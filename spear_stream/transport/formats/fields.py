"""Checked reading of the three fields of a sample: series, time and value."""

import re
from collections.abc import Iterable
from math import isfinite

import msgspec

from spear_stream.core.records import RawRecord
from spear_stream.core.times import END_OF_TIME, iso_millis, one_epoch_millis
from spear_stream.transport.faults import Fault, Reason, describe

MISSING = msgspec.UNSET
"""Stands for a field that is not there; None is a field that is null."""

MAX_NAME_CHARS = 4096
"""Longest name and longest set of labels that are joined to a series at all, so that a record of
one megabyte cannot ask for ten thousand names of half a megabyte each."""

Labels = list[tuple[str, str]]

_NANOSECONDS = re.compile(r"[0-9]{1,19}")
# Tighter than float(), which also takes white space, underscores and non-ASCII digits.
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_MARKS = re.compile(r"[+-]?[0-9][0-9.,' _]*")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def timestamp(found: object) -> int:
    """Epoch number (unit by size) or ISO-8601 text (naive means UTC) to milliseconds. Raises Fault."""
    if isinstance(found, str):
        return _in_range(_iso_millis(found), found)
    if found is None or found is MISSING:
        raise Fault(Reason.TS_MISSING, "there is no time")
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise Fault(Reason.TS_INVALID, f"time is {describe(found)}, needed: epoch time or ISO-8601 text")
    number = _to_float(found)
    return _in_range(one_epoch_millis(number), found)


def nanoseconds(found: object) -> int:
    """Nanoseconds since the epoch, as number or decimal text, to milliseconds. Raises Fault."""
    if found is None or found is MISSING:
        raise Fault(Reason.TS_MISSING, "there is no time")
    text = str(found) if type(found) is int else found
    if not isinstance(text, str) or not _NANOSECONDS.fullmatch(text):
        raise Fault(Reason.TS_INVALID, f"time is {describe(found)}, needed: nanoseconds since the epoch")
    return _in_range(int(text) // 1_000_000, found)


def broker_time(record: RawRecord) -> int | None:
    """The record's own timestamp, for formats and mappings whose values carry no time."""
    return record.timestamp if record.timestamp >= 0 else None


def _iso_millis(text: str) -> int:
    try:
        return iso_millis(text)
    except ValueError:
        told = f"time is {describe(text)}, which is not ISO-8601, such as 2026-01-31T12:00:00Z"
        raise Fault(Reason.TS_INVALID, told) from None


def _in_range(millis: int, found: object) -> int:
    if 0 <= millis < END_OF_TIME:
        return millis
    raise Fault(Reason.TS_OUT_OF_RANGE, f"time {describe(found)} is not within 1970 to 2199")


def json_number(found: object) -> float:
    """A JSON number to a finite float; texts and booleans are none. Raises Fault."""
    if found is MISSING:
        raise Fault(Reason.VALUE_MISSING, "there is no value")
    if not isinstance(found, int | float) or isinstance(found, bool):
        marked = isinstance(found, str) and _OTHER_MARKS.fullmatch(found) and not DECIMAL.fullmatch(found)
        cure = " such as 1234.5, with no mark but the decimal one" if marked else ""
        raise Fault(Reason.VALUE_NOT_NUMBER, f"value is {describe(found)}, needed: a number{cure}")
    number = _to_float(found)
    if not isfinite(number):
        raise Fault(Reason.VALUE_NOT_FINITE, f"value is {number}")
    return number


def number_or_text(found: object) -> float:
    """A number, or the decimal text of one, to a finite float. Raises Fault."""
    if not isinstance(found, str):
        return json_number(found)
    if DECIMAL.fullmatch(found):
        return _finite(float(found), found)
    if _NOT_FINITE.fullmatch(found):
        raise Fault(Reason.VALUE_NOT_FINITE, f"value is {describe(found)}")
    raise Fault(Reason.VALUE_NOT_NUMBER, f"value is {describe(found)}, needed: a number")


def _to_float(found: float) -> float:
    try:
        return float(found)
    except OverflowError:
        raise Fault(Reason.NUMBER_OUT_OF_RANGE, f"{describe(found)} is beyond a 64-bit float") from None


def _finite(number: float, text: str) -> float:
    if isfinite(number):
        return number
    raise Fault(Reason.NUMBER_OUT_OF_RANGE, f"{describe(text)} is beyond a 64-bit float")


def series_text(found: object) -> str:
    """A text, or an integer such as a sensor number, as text. Raises Fault."""
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 1 << 63:
        found = str(found)
    if found is None or found is MISSING or found == "":
        raise Fault(Reason.SERIES_MISSING, "neither the value nor the record key names a series")
    if not isinstance(found, str):
        raise Fault(Reason.SERIES_INVALID, f"series is {describe(found)}, needed: text or a 64-bit integer")
    return found


def series_name(found: object, max_chars: int) -> str:
    """The name of a series, of at most `max_chars` characters. Raises Fault."""
    name = series_text(found)
    if len(name) > max_chars:
        raise Fault(Reason.SERIES_TOO_LONG, f"series has {len(name)} characters, the limit is {max_chars}")
    return name


def key_text(record: RawRecord) -> str | None:
    """The record key as the name of a series. Raises Fault."""
    if not record.key:
        return None
    try:
        return record.key.decode()
    except UnicodeDecodeError as error:
        raise Fault(Reason.SERIES_INVALID, f"record key is not UTF-8 at byte {error.start}") from None


def _label_text(found: object) -> str:
    """A label as text; anything but text is written as compact JSON. Raises Fault."""
    if isinstance(found, str):
        return found
    try:
        return msgspec.json.encode(found).decode()
    except RecursionError:
        raise Fault(Reason.TOO_DEEP, "a label is nested too deeply") from None


def labels_of(pairs: Iterable[tuple[object, object]]) -> Labels:
    """Labels as texts. Raises Fault if they are longer together than a series may be."""
    labels = [(_label_text(name), _label_text(value)) for name, value in pairs]
    chars = sum(len(name) + len(value) for name, value in labels)
    if chars > MAX_NAME_CHARS:
        raise Fault(Reason.SERIES_TOO_LONG, f"labels have {chars} characters")
    return labels


def label_set(labels: Labels) -> str:
    """`{a="b",c="d"}`, sorted and escaped as in the Prometheus text format; nothing without labels."""
    pairs = ",".join(f'{name}="{_escape(text)}"' for name, text in sorted(labels))
    return f"{{{pairs}}}" if pairs else ""


def labelled(name: object, labels: str, suffix: str = "") -> object:
    """`name.suffix` and a label_set. A name that is no text stays as it is, for series_name to refuse.

    Raises Fault if the name is too long.
    """
    if not isinstance(name, str) or not name:
        return name
    if len(name) + len(suffix) > MAX_NAME_CHARS:
        raise Fault(Reason.SERIES_TOO_LONG, f"series has {len(name) + len(suffix)} characters")
    return f"{name}.{suffix}{labels}" if suffix else name + labels


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
