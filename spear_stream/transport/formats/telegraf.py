"""Format `telegraf-json`: Telegraf's JSON serializer, one metric or a batch under `metrics`.

https://docs.influxdata.com/telegraf/v1/data_formats/output/json/
"""

from collections.abc import Iterator
from typing import Any

from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault
from spear_stream.transport.formats.base import Format, Reading
from spear_stream.transport.formats.fields import MISSING, label_set, labelled, labels_of
from spear_stream.transport.formats.json_text import as_object, decode_json, items, objects


def _parse(value: bytes, _record: RawRecord) -> Iterator[Reading | Fault]:
    root = decode_json(value)
    if isinstance(root, dict) and "metrics" in root:
        metrics = objects(root["metrics"], "metrics")
    else:
        metrics = items(root)
    for where, metric in metrics:
        if isinstance(metric, Fault):
            yield metric
            continue
        try:
            yield from _readings(metric, where)
        except Fault as fault:
            yield fault


def _readings(metric: dict[str, Any], where: str) -> Iterator[Reading]:
    tags = as_object(metric.get("tags") or {}, f"{where}.tags")
    labels = label_set(labels_of(tags.items()))
    fields = as_object(metric.get("fields"), f"{where}.fields")
    ts = metric.get("timestamp", MISSING)
    for name, value in fields.items():
        # Texts and booleans are regular Telegraf fields, only nothing to watch as a number.
        if not isinstance(value, str | bool):
            yield Reading(labelled(metric.get("name"), labels, name), ts, value, f"{where}.fields.{name}")


TELEGRAF = Format(_parse)
