"""The whole state of a detector as plain bytes, and back; see envelope.py for their layout."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.coarse import BLOCK, EARLIER
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import RULES, DetectorSettings
from spear_stream.core.envelope import Document, pack, unpack
from spear_stream.core.errors import ConfigError, StateError
from spear_stream.core.roster import RosterState
from spear_stream.core.spec import WindowSpec
from spear_stream.core.stored import DetectorState
from spear_stream.core.table import Column, SeriesTable

KIND = "snapshot"
HEARD = "roster.heard"


@dataclass(frozen=True)
class Snapshot:
    offset: int
    """The next record to observe."""
    settings: DetectorSettings
    """Those the detector ran with: what followed is replayed with the same."""
    state: DetectorState


def encode_snapshot(detector: Detector, offset: int) -> bytes:
    """offset: the next record to observe. Every window must have been judged."""
    state = detector.state()
    tables = {f"{table}.{name}": c for table, columns in state.tables.items() for name, c in columns.items()}
    header = {
        "offset": offset,
        "settings": asdict(detector.settings),
        "names": state.roster.names,
        "free": state.roster.free,
    }
    return pack(Document(KIND, header, {HEARD: state.roster.heard, **tables}))


def decode_snapshot(data: bytes) -> Snapshot:
    """Raises StateError."""
    document = unpack(data, KIND)
    try:
        offset = int(document.header["offset"])
        settings = _settings(document.header["settings"])
        roster = _roster(document)
    except (KeyError, TypeError, ValueError, OverflowError, ConfigError) as error:
        raise StateError(f"the snapshot is damaged ({error})") from error
    return Snapshot(offset, settings, DetectorState(roster, _grouped(document.columns)))


def load_state(state: DetectorState, detector: Detector) -> None:
    """Let a detector go on from a state. Raises StateError if its columns do not fit: another window."""
    rows = len(state.roster.names)
    for name, table in detector.tables.items():
        _check(name, table, state.tables.get(name, {}), rows)
    detector.restore(state)


def _settings(found: Mapping[str, Any]) -> DetectorSettings:
    plain = dict(found)
    if plain["block"] not in (0, BLOCK, EARLIER):
        raise ValueError(f"means of {plain['block']} points")
    if plain["rules"] not in range(1, RULES + 1):
        raise ValueError(f"rules {plain['rules']}")
    return DetectorSettings(WindowSpec(**plain.pop("spec")), AlertPolicy(**plain.pop("policy")), **plain)


def _roster(document: Document) -> RosterState:
    names, free, heard = document.header["names"], document.header["free"], document.columns[HEARD]
    used = [name for name in names if name is not None]
    if heard.shape != (len(names),) or heard.dtype != np.int64 or len(set(used)) != len(used):
        raise ValueError("names and rows do not agree")
    if sorted(free) != [slot for slot, name in enumerate(names) if name is None]:
        raise ValueError("free rows and names do not agree")
    return RosterState(names, free, heard)


def _grouped(columns: Mapping[str, Column]) -> dict[str, dict[str, Column]]:
    tables: dict[str, dict[str, Column]] = {}
    for path, column in columns.items():
        table, _, name = path.partition(".")
        tables.setdefault(table, {})[name] = column
    return tables


def _check(table_name: str, table: SeriesTable, found: Mapping[str, Column], rows: int) -> None:
    expected = {name: ((rows, *c.shape[1:]), c.dtype) for name, c in table.state().items()}
    shapes = {name: (c.shape, c.dtype) for name, c in found.items()}
    if wrong := sorted(name for name in expected | shapes if expected.get(name) != shapes.get(name)):
        raise StateError(f"the state does not fit the windows: {table_name} differs in {', '.join(wrong)}")
