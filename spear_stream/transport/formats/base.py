"""What every input format is made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault
from spear_stream.transport.formats.fields import MAX_NAME_CHARS, json_number, timestamp


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one record may cost."""

    max_bytes: int = 1 << 20
    """Bytes of a record value."""
    max_series_chars: int = 512
    """Characters of a series name."""
    max_samples: int = 10_000
    """Samples of a record; a record with more is refused as a whole."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.max_series_chars > MAX_NAME_CHARS:
            raise ConfigError(
                f"max_series_chars must be at most {MAX_NAME_CHARS}, got {self.max_series_chars}"
            )


class Reading(NamedTuple):
    """A sample as found in a record, nothing of it checked yet."""

    series: object
    ts: object
    value: object
    where: str
    """Place in the record, for people."""


Parse = Callable[[bytes, RawRecord], Iterator[Reading | Fault]]
"""Yields what a record value holds; a Fault yielded spoils one sample, a Fault raised the whole record."""


@dataclass(frozen=True, slots=True)
class Format:
    """How to find samples in a record value, and how to read their times and numbers."""

    parse: Parse
    timestamp: Callable[[object], int] = timestamp
    """To milliseconds since the epoch. Raises Fault."""
    number: Callable[[object], float] = json_number
    """To a finite float. Raises Fault."""
