"""Format `prometheus`: the JSON of prometheus-kafka-adapter, one sample per record.

https://github.com/Telefonica/prometheus-kafka-adapter#json
"""

from collections.abc import Iterator

from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault
from spear_stream.transport.formats.base import Format, Reading
from spear_stream.transport.formats.fields import MISSING, label_set, labelled, labels_of, number_or_text
from spear_stream.transport.formats.json_text import as_object, decode_json

_NAME = "__name__"


def _parse(value: bytes, _record: RawRecord) -> Iterator[Reading | Fault]:
    sample = as_object(decode_json(value), "record")
    labels = as_object(sample.get("labels") or {}, "labels")
    series = labelled(
        sample.get("name", labels.get(_NAME)),
        label_set(labels_of((name, text) for name, text in labels.items() if name != _NAME)),
    )
    yield Reading(series, sample.get("timestamp", MISSING), sample.get("value", MISSING), "record")


PROMETHEUS = Format(_parse, number=number_or_text)
