"""Fast path of format `json` for mappings of top-level names: a whole poll into columns at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from spear_stream.core.records import Float64Array, RawRecord, SampleBatch, TopicPartition
from spear_stream.core.times import END_OF_TIME, epoch_millis
from spear_stream.transport.faults import Fault
from spear_stream.transport.formats.base import DecodeLimits, Reading
from spear_stream.transport.formats.fields import (
    key_text,
    series_name,
    timestamp,
)
from spear_stream.transport.formats.json_mapping import JsonMapping, JsonParser

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def is_flat(mapping: JsonMapping) -> bool:
    """One sample per record, its three fields at the top of the value."""
    names = {*mapping.series, mapping.ts, mapping.value}
    nested = any(name is None or "." in name for name in names)
    return len(names) == 3 and not nested and not mapping.values and mapping.records is None


class FlatJson:
    """Decodes straight into typed rows; what does not fit goes to JsonParser to be told why."""

    def __init__(self, mapping: JsonMapping, limits: DecodeLimits) -> None:
        self._parse = JsonParser(mapping)
        self._limits = limits
        row = msgspec.defstruct(
            "Row",
            [
                ("value", float, msgspec.field(name=mapping.value)),
                ("ts", int | float | str, msgspec.field(name=mapping.ts)),
                ("series", str | int | None, msgspec.field(default=None, name=mapping.series[0])),
            ],
            gc=False,
        )
        self._decode: Any = msgspec.json.Decoder(row).decode

    def parse(self, value: bytes, record: RawRecord) -> Iterator[Reading | Fault]:
        """One record; takes and refuses exactly what `columns` does."""
        try:
            row = self._decode(value)
        except _UNREADABLE:
            return self._parse(value, record)
        series = key_text(record) if row.series is None else row.series
        if series is None:
            return self._parse(value, record)
        return iter([Reading(series, row.ts, row.value, "record")])

    def columns(self, source: TopicPartition, records: Sequence[RawRecord]) -> SampleBatch | None:
        """All records at once, or None if any of them is not perfect."""
        values = [record.value or b"" for record in records]
        if max(map(len, values)) > self._limits.max_bytes:
            return None
        try:
            _check_utf8(values)
            rows = list(map(self._decode, values))
            series = self._series([row.series for row in rows], records)
            ts = _millis([row.ts for row in rows])
        except (*_UNREADABLE, OverflowError, Fault):
            return None
        if ts.min() < 0 or ts.max() >= END_OF_TIME:
            return None
        return SampleBatch(
            source=source,
            series=series,
            ts=ts.astype(np.int64),
            value=np.array([row.value for row in rows], dtype=np.float64),
            offset=np.array([record.offset for record in records], dtype=np.int64),
        )

    def _series(self, found: list[Any], records: Sequence[RawRecord]) -> list[str]:
        limit = self._limits.max_series_chars
        if set(map(type, found)) == {str} and all(found) and max(map(len, found)) <= limit:
            return found
        return [
            series_name(key_text(record) if name is None else name, limit)
            for name, record in zip(found, records, strict=True)
        ]


def _check_utf8(values: list[bytes]) -> None:
    """Raises UnicodeDecodeError; the JSON decoder does not look into fields that it skips."""
    if not all(map(bytes.isascii, values)):
        for value in values:
            value.decode()


def _millis(found: list[Any]) -> Float64Array:
    """Times to milliseconds; shape (n,). Raises Fault and OverflowError."""
    if str in set(map(type, found)):
        return np.array([timestamp(ts) for ts in found], dtype=np.float64)
    return epoch_millis(np.array(found, dtype=np.float64))
