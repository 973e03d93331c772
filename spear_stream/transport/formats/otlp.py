"""Format `otlp-json`: OpenTelemetry metrics, an ExportMetricsServiceRequest in JSON.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: 64-bit integers are texts, and
so are NaN and infinities. A series is a metric name with the attributes of resource and point and
the scope as `otel_scope_name`; histograms and summaries give the series `name.sum` and `name.count`.
"""

from collections.abc import Iterator
from typing import Any

from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault
from spear_stream.transport.formats.base import Format, Reading
from spear_stream.transport.formats.fields import (
    MISSING,
    Labels,
    label_set,
    labelled,
    labels_of,
    nanoseconds,
    number_or_text,
)
from spear_stream.transport.formats.json_text import as_object, decode_json, objects

_NUMBERS = ("gauge", "sum")
_DISTRIBUTIONS = ("histogram", "exponentialHistogram", "summary")
_NO_RECORDED_VALUE = 1
"""Flag of a point that says a series has gone stale."""


def _parse(value: bytes, _record: RawRecord) -> Iterator[Reading | Fault]:
    root = as_object(decode_json(value), "record")
    for where, resource_metrics in objects(root.get("resourceMetrics") or [], "resourceMetrics"):
        yield from _guarded(_resource, resource_metrics, where)


def _guarded(
    read: Any, found: dict[str, Any] | Fault, where: str, *context: Any
) -> Iterator[Reading | Fault]:
    """What `read` finds; a Fault spoils this node of the tree only."""
    if isinstance(found, Fault):
        yield found
        return
    try:
        yield from read(found, where, *context)
    except Fault as fault:
        yield fault


def _resource(found: dict[str, Any], where: str) -> Iterator[Reading | Fault]:
    resource = as_object(found.get("resource") or {}, f"{where}.resource")
    labels = _attributes(resource, f"{where}.resource")
    for place, scope_metrics in objects(found.get("scopeMetrics") or [], f"{where}.scopeMetrics"):
        yield from _guarded(_scope, scope_metrics, place, labels)


def _scope(found: dict[str, Any], where: str, labels: Labels) -> Iterator[Reading | Fault]:
    name = as_object(found.get("scope") or {}, f"{where}.scope").get("name")
    scoped = labels + labels_of([("otel_scope_name", name)] if name else [])
    for place, metric in objects(found.get("metrics") or [], f"{where}.metrics"):
        yield from _guarded(_metric, metric, place, scoped)


def _metric(found: dict[str, Any], where: str, labels: Labels) -> Iterator[Reading | Fault]:
    for kind in (*_NUMBERS, *_DISTRIBUTIONS):
        if kind in found:
            data = as_object(found[kind], f"{where}.{kind}")
            for place, point in objects(data.get("dataPoints") or [], f"{where}.{kind}.dataPoints"):
                yield from _guarded(_point, point, place, kind, found.get("name"), labels)


def _point(found: dict[str, Any], where: str, kind: str, name: object, labels: Labels) -> Iterator[Reading]:
    flags = found.get("flags", 0)
    if isinstance(flags, int) and flags & _NO_RECORDED_VALUE:
        return
    rendered = label_set(labels + _attributes(found, where))
    ts = found.get("timeUnixNano", MISSING)
    if kind in _NUMBERS:
        value = found.get("asDouble", found.get("asInt", MISSING))
        yield Reading(labelled(name, rendered), ts, value, where)
        return
    for part in ("sum", "count"):
        # A histogram with negative measurements has no sum.
        if part in found:
            yield Reading(labelled(name, rendered, part), ts, found[part], f"{where}.{part}")


def _attributes(found: dict[str, Any], where: str) -> Labels:
    """`[{"key": "host", "value": {"stringValue": "a"}}]` as labels; a value is a one-entry object."""
    pairs = []
    for place, attribute in objects(found.get("attributes") or [], f"{where}.attributes"):
        if isinstance(attribute, Fault):
            raise attribute
        value = as_object(attribute.get("value") or {}, f"{place}.value")
        pairs.append((attribute.get("key"), next(iter(value.values()), "")))
    return labels_of(pairs)


OTLP = Format(_parse, timestamp=nanoseconds, number=number_or_text)
