"""Bytes to samples: the input formats, and what is done with records that cannot be read.

JSON is parsed by msgspec: on records of 104 bytes 5.3 M/s and core into typed rows, where orjson
parses 2.8 M/s and the standard library 0.4 M/s into dicts. The default mapping comes to 1.9 M/s
with the SampleBatch built (benchmarks/bench_codec.py).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.errors import ConfigError
from spear_stream.core.ports import Decoder
from spear_stream.core.records import DeadLetter, Decoded, RawRecord, SampleBatch, TopicPartition
from spear_stream.transport.faults import Fault, Reason, dead_letter
from spear_stream.transport.formats.base import DecodeLimits, Format, Reading
from spear_stream.transport.formats.fields import series_name
from spear_stream.transport.formats.flat_json import FlatJson, is_flat
from spear_stream.transport.formats.influx import INFLUX
from spear_stream.transport.formats.json_mapping import JsonMapping, JsonParser
from spear_stream.transport.formats.otlp import OTLP
from spear_stream.transport.formats.prometheus import PROMETHEUS
from spear_stream.transport.formats.telegraf import TELEGRAF

__all__ = ["FORMATS", "DecodeLimits", "JsonMapping", "make_decoder"]

_NAMED: Mapping[str, Format] = {
    "telegraf-json": TELEGRAF,
    "influx": INFLUX,
    "prometheus": PROMETHEUS,
    "otlp-json": OTLP,
}
FORMATS = ("json", *_NAMED)

Sample = tuple[str, int, float]
"""Series, milliseconds since the epoch, value."""


def make_decoder(
    format: str,  # noqa: A002 - the name of the setting
    mapping: JsonMapping | None = None,
    limits: DecodeLimits | None = None,
) -> Decoder:
    """The decoder of one of FORMATS; only `json` uses the mapping. Raises ConfigError."""
    limits = limits or DecodeLimits()
    if format in _NAMED:
        return RecordDecoder(_NAMED[format], limits)
    if format != "json":
        raise ConfigError(f"unknown input format {format!r}, use one of {', '.join(FORMATS)}")
    mapping = mapping or JsonMapping()
    if is_flat(mapping):
        return FlatJsonDecoder(FlatJson(mapping, limits), limits)
    return RecordDecoder(Format(JsonParser(mapping)), limits)


class RecordDecoder:
    """A Decoder that takes record by record, and of each record what is good."""

    def __init__(self, form: Format, limits: DecodeLimits) -> None:
        self._form = form
        self._limits = limits

    def decode(self, source: TopicPartition, records: Sequence[RawRecord]) -> Decoded:
        samples: list[Sample] = []
        offsets: list[int] = []
        rejected: list[DeadLetter] = []
        for record in records:
            found, fault = self._read(record)
            samples += found
            offsets += [record.offset] * len(found)
            if fault is not None:
                rejected.append(dead_letter(source, record, fault))
        return Decoded(_batch(source, samples, offsets), rejected)

    def _read(self, record: RawRecord) -> tuple[list[Sample], Fault | None]:
        """The good samples of a record and the first thing wrong with it."""
        if isinstance(record, PlacedRecord) and record.fault is not None:
            return [], Fault(Reason(record.fault.reason), record.fault.detail)
        try:
            return self._samples(record)
        except Fault as fault:
            return [], fault

    def _samples(self, record: RawRecord) -> tuple[list[Sample], Fault | None]:
        samples: list[Sample] = []
        first: Fault | None = None
        for count, reading in enumerate(self._form.parse(self._checked(record.value), record)):
            if count == self._limits.max_samples:
                raise Fault(Reason.TOO_MANY_SAMPLES, f"more than {count} samples in the record")
            try:
                samples.append(self._sample(reading))
            except Fault as fault:
                first = first or fault
        if not samples and first is None:
            raise Fault(Reason.NO_SAMPLES, "there is no numeric value in the record")
        return samples, first

    def _sample(self, reading: Reading | Fault) -> Sample:
        if isinstance(reading, Fault):
            raise reading
        try:
            series = series_name(reading.series, self._limits.max_series_chars)
            return series, self._form.timestamp(reading.ts), self._form.number(reading.value)
        except Fault as fault:
            raise fault.at(reading.where) from None

    def _checked(self, value: bytes | None) -> bytes:
        if value is None:
            raise Fault(Reason.TOMBSTONE, "the record has no value")
        if len(value) > self._limits.max_bytes:
            raise Fault(Reason.TOO_LARGE, f"{len(value)} bytes, the limit is {self._limits.max_bytes}")
        if not value or value.isspace():
            raise Fault(Reason.EMPTY, "the record value is empty")
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise Fault(Reason.NOT_UTF8, f"byte {error.start}: {error.reason}; convert it to UTF-8") from None
        return value


class FlatJsonDecoder:
    """A Decoder that tries a whole poll at once and goes record by record if one is bad."""

    def __init__(self, flat: FlatJson, limits: DecodeLimits) -> None:
        self._flat = flat
        self._each = RecordDecoder(Format(flat.parse), limits)

    def decode(self, source: TopicPartition, records: Sequence[RawRecord]) -> Decoded:
        samples = self._flat.columns(source, records) if records else None
        if samples is None:
            return self._each.decode(source, records)
        return Decoded(samples, ())


def _batch(source: TopicPartition, samples: Sequence[Sample], offsets: Sequence[int]) -> SampleBatch:
    return SampleBatch(
        source=source,
        series=[series for series, _, _ in samples],
        ts=np.array([ts for _, ts, _ in samples], dtype=np.int64),
        value=np.array([value for _, _, value in samples], dtype=np.float64),
        offset=np.array(offsets, dtype=np.int64),
    )
