"""Format `json`: any JSON, adapted by a mapping of dotted paths."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.errors import ConfigError
from spear_stream.core.records import RawRecord
from spear_stream.transport.faults import Fault, Reason
from spear_stream.transport.formats.base import Reading
from spear_stream.transport.formats.fields import MISSING, broker_time, key_text, series_text
from spear_stream.transport.formats.json_text import decode_json, items, objects

Path = tuple[str, ...]

_NO_TIME = (Reason.TS_MISSING, "SPEAR_INPUT__TS_PATH says where the time is")
_NO_VALUE = (Reason.VALUE_MISSING, "SPEAR_INPUT__VALUE_PATH says where the value is")
_NO_CELL = "the row ends before it"


@dataclass(frozen=True, slots=True)
class JsonMapping:
    """Dotted paths to the fields of a sample, such as `payload.cpu.load`.

    A record holds one item or, as a top-level array or at `records`, many. Paths start at the
    item; what is not found there is looked for from the top of the record, so that a batch can
    share a series or a time.
    """

    series: tuple[str, ...] = ("series",)
    """Paths whose texts, joined with dots, name the series; the record key does if none is there."""
    ts: str | None = "ts"
    """Epoch s, ms, us or ns, or ISO-8601; None takes the broker's timestamp of the record."""
    value: str = "value"
    values: Mapping[str, str] = field(default_factory=dict)
    """Several metrics per item, suffix to path, instead of `value`; an absent path is skipped."""
    records: str | None = None
    """Path of an array of items."""

    def __post_init__(self) -> None:
        paths = [*self.series, self.value, *self.values.values(), self.ts, self.records]
        if not self.series or not all(part for path in paths if path is not None for part in path.split(".")):
            raise ConfigError(f"mapping has an empty path, write names joined by dots: {self}")


class JsonParser:
    """A Parse for records that follow a JsonMapping."""

    def __init__(self, mapping: JsonMapping) -> None:
        self._series = [_split(path) for path in mapping.series]
        self._ts = _split(mapping.ts) if mapping.ts is not None else None
        self._value = _split(mapping.value)
        self._values = [(name, _split(path)) for name, path in mapping.values.items()]
        self._records = _split(mapping.records) if mapping.records is not None else None

    def __call__(self, value: bytes, record: RawRecord) -> Iterator[Reading | Fault]:
        root = decode_json(value)
        for where, item in self._items(root):
            if isinstance(item, Fault):
                yield item
                continue
            try:
                yield from self._readings(item, root, where, record)
            except Fault as fault:
                yield fault.at(where)

    def _items(self, root: Any) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
        if self._records is not None:
            path = ".".join(self._records)
            return objects(_walk(root, self._records), path)
        return items(root)

    def _readings(self, item: dict[str, Any], root: Any, where: str, record: RawRecord) -> Iterator[Reading]:
        series = self._series_of(item, root, record)
        ts = broker_time(record) if self._ts is None else _needed(item, root, self._ts, _NO_TIME, record)
        if not self._values:
            yield Reading(series, ts, _needed(item, root, self._value, _NO_VALUE, record), where)
            return
        found = [(name, _find(item, root, path)) for name, path in self._values]
        present = [(name, value) for name, value in found if value is not MISSING]
        if not present:
            raise Fault(Reason.VALUE_MISSING, "none of the mapped values is there")
        for name, value in present:
            yield Reading(f"{series_text(series)}.{name}", ts, value, f"{where}, {name}")

    def _series_of(self, item: dict[str, Any], root: Any, record: RawRecord) -> object:
        parts = [_find(item, root, path) for path in self._series]
        present = [part for part in parts if part is not MISSING and part is not None]
        if not present:
            return self._key_of(record)
        if len(parts) == 1:
            return parts[0]
        if len(present) < len(parts):
            raise Fault(Reason.SERIES_MISSING, "a part of the series is not there")
        return ".".join(map(series_text, parts))

    def _key_of(self, record: RawRecord) -> str:
        if key := key_text(record):
            return key
        names = ", ".join(repr(".".join(path)) for path in self._series)
        cure = _cure(record, "SPEAR_INPUT__SERIES_PATHS says where the series is named")
        raise Fault(Reason.SERIES_MISSING, f"there is none of {names}, and no record key: {cure}")


def _split(path: str) -> Path:
    return tuple(path.split("."))


def _walk(node: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(node, dict):
            return MISSING
        node = node.get(name, MISSING)
    return node


def _needed(
    item: dict[str, Any], root: Any, path: Path, missing: tuple[Reason, str], record: RawRecord
) -> Any:
    """What stands there. Raises Fault with the path and the setting that names it."""
    found = _find(item, root, path)
    if found is MISSING:
        reason, cure = missing
        raise Fault(reason, f"there is no {'.'.join(path)!r}: {_cure(record, cure)}")
    return found


def _cure(record: RawRecord, of_mappings: str) -> str:
    is_row = isinstance(record, PlacedRecord) and record.cells is not None
    return _NO_CELL if is_row else of_mappings


def _find(item: dict[str, Any], root: Any, path: Path) -> Any:
    found = _walk(item, path)
    return _walk(root, path) if found is MISSING and item is not root else found
