"""Samples that the detector refused or the model failed on, back to the records they came in."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spear_stream.core.records import DeadLetter, Decoded, RawRecord, Rejection, TopicPartition
from spear_stream.core.refusals import Refusal

LINE = "line "
"""What the place in a file begins with."""


class CellNames(NamedTuple):
    """The columns of a table that a record comes from; None where it is no column."""

    series: str | None
    time: str | None
    value: str

    def blamed(self, reason: str) -> str | None:
        """The column that a record is refused for."""
        of = {"series": self.series, "ts": self.time}
        return of.get(reason.partition("_")[0], self.value)


class LineFault(NamedTuple):
    """Why a line holds no record."""

    reason: str
    detail: str


class PlacedRecord(NamedTuple):
    """A RawRecord that people find by its line in a file, not by its offset."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    line: int
    """1 is the first."""
    cells: CellNames | None = None
    """Of a row of a table."""
    fault: LineFault | None = None
    """Of a line that holds no record."""

    @property
    def at(self) -> str:
        """Its line, for people."""
        return f"{LINE}{self.line}"

    def place(self, reason: str) -> str:
        """The cell too, where the record is refused for this."""
        column = self.cells and self.cells.blamed(reason)
        return self.at if column is None else f"{self.at}, column {column or repr('')}"


def dead_letters(
    decoded: Decoded, rejections: Sequence[Rejection], records: Sequence[RawRecord]
) -> list[DeadLetter]:
    """One letter per record with its first fault, however many of its samples were refused."""
    letters = {letter.offset: letter for letter in decoded.rejected}
    if rejections:
        by_offset = {record.offset: record for record in records}
        for rejection in rejections:
            record = by_offset[int(decoded.samples.offset[rejection.row])]
            letters.setdefault(record.offset, _letter(decoded, rejection, record))
    return list(letters.values())


def unscored_point(source: TopicPartition, series: str, window: np.void) -> DeadLetter:
    """The newest point of a window in the default JSON form: the record's own bytes are gone by now."""
    point = {"series": series, "ts": int(window["ts"]), "value": float(window["value"])}
    return DeadLetter(
        source=source,
        offset=int(window["offset"]),
        timestamp=int(window["ts"]),
        key=series.encode(),
        value=json.dumps(point).encode(),
        reason=Refusal.SCORER_FAILED,
        detail=f"series {series!r}: the model failed on the window that ends here; see the log",
    )


def _letter(decoded: Decoded, rejection: Rejection, record: RawRecord) -> DeadLetter:
    samples = decoded.samples
    line = f"{record.at}, " if isinstance(record, PlacedRecord) else ""
    return DeadLetter(
        source=samples.source,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        reason=rejection.reason,
        detail=f"{line}series {samples.series[rejection.row]!r}: {rejection.detail}",
    )
