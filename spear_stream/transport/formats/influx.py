"""Format `influx`: InfluxDB line protocol, several lines per record, several fields per line.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
A backslash escapes comma, equals sign and space in names and tags, and quote and backslash in
texts; anywhere else it stands for itself. Times may be in any unit, told apart by size.
"""

import re
from collections.abc import Iterator

from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault, Reason
from spear_stream.transport.formats.base import Format, Reading
from spear_stream.transport.formats.fields import broker_time, label_set, labelled, labels_of, number_or_text

# Possessive quantifiers (++, *+) keep a hostile line from causing exponential backtracking.
_NAME = r"(?:[^, \r\n\\]++|\\[, ]?+)++"
_KEY = r"(?:[^,= \r\n\\]++|\\[,= ]?+)++"
_TEXT = r'"(?:[^"\\]++|\\.)*+"'
_FIELD = rf'({_KEY})=({_TEXT}|[^", \r\n]++)'
_LINE = re.compile(
    rf" *+(?P<name>{_NAME})(?P<tags>(?:,{_KEY}={_KEY})*+) ++"
    rf"(?P<fields>{_FIELD}(?:,{_FIELD})*+)(?: ++(?P<ts>-?[0-9]{{1,19}}+))? *+\r?(?:\n|\Z)",
    re.DOTALL,
)
_TAGS = re.compile(rf",({_KEY})=({_KEY})")
_FIELDS = re.compile(_FIELD, re.DOTALL)
_BLANK_OR_COMMENT = re.compile(r"[ \t\r]*+(?:#[^\n]*+)?(?:\n|\Z)")
_ESCAPED = re.compile(r"\\([,= ])")
_INTEGER = re.compile(r"-?[0-9]+[iu]")
_BOOLEANS = frozenset({"t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"})


def _parse(value: bytes, record: RawRecord) -> Iterator[Reading | Fault]:
    text = value.decode()
    position, number = 0, 1
    while position < len(text):
        if blank := _BLANK_OR_COMMENT.match(text, position):
            end = blank.end()
        elif line := _LINE.match(text, position):
            end = line.end()
            yield from _guarded(line, record, f"line {number}")
        else:
            end = _next_line(text, position)
            yield Fault(Reason.NOT_LINE_PROTOCOL, f"line {number} is no line protocol")
        number += text.count("\n", position, end)
        position = end


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _guarded(line: re.Match[str], record: RawRecord, where: str) -> Iterator[Reading | Fault]:
    try:
        yield from _readings(line, record, where)
    except Fault as fault:
        yield fault.at(where)


def _readings(line: re.Match[str], record: RawRecord, where: str) -> Iterator[Reading]:
    name = _unescape(line["name"])
    tags = _TAGS.findall(line["tags"])
    labels = label_set(labels_of((_unescape(key), _unescape(tag)) for key, tag in tags))
    ts = broker_time(record) if line["ts"] is None else int(line["ts"])
    for key, value in _FIELDS.findall(line["fields"]):
        # Texts and booleans are regular fields, only nothing to watch as a number.
        if value[0] != '"' and value not in _BOOLEANS:
            field = _unescape(key)
            number = value[:-1] if _INTEGER.fullmatch(value) else value
            yield Reading(labelled(name, labels, field), ts, number, f"{where}, field {field}")


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


INFLUX = Format(_parse, number=number_or_text)
