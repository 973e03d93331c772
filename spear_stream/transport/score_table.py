"""Scores of every input point as CSV, for benchmarks and spreadsheets."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.core.level import Level
from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)
from spear_stream.core.refusals import Refusal
from spear_stream.transport.events import iso_time
from spear_stream.transport.faults import Reason

COLUMNS = ("series", "ts", "value", "score", "probability", "status")
SCORED, HELD, WARMING_UP = "scored", "held", "warming_up"

NOTHING = (Level(), 0.0)
"""Level and probability of a series that has no score yet."""

Measures = tuple[float, float]
"""Score and probability of a point."""

Key = tuple[str, int, int]
"""Series, offset and time: one accepted point. A record may carry a series twice, not at one time."""


@dataclass(frozen=True, slots=True)
class _Row:
    source: TopicPartition
    offset: int
    series: str
    ts: int | None
    value: float | None
    status: str | None
    """None for an accepted point: scored or held, which is known once all windows are scored."""

    @property
    def place(self) -> tuple[TopicPartition, int, bool]:
        """What was wrong with a record comes after its good samples."""
        return self.source, self.offset, self.ts is None


class ScoreTable:
    """A core.ports.Recorder: one CSV row per input point, in input order within a partition.

    `score` is the level of the series (core/level.py): the score of the point and what is left of higher
    ones before it, because anomalies last longer than an onset. `probability` is that of the point alone. A
    point between hops, or that the scorer failed on, has the score and probability of the one before it. A
    point that was refused (late, duplicate) shows what its series shows and changes nothing, a record without
    any sample has an empty series and 0; `status` says which. Rows reach the file at flush(), so memory is
    bounded by the points between two.
    """

    def __init__(self, path: str | Path) -> None:
        """Begins the file anew. Raises ConfigError if it cannot be written."""
        self._path = path
        self._rows: list[_Row] = []
        self._fresh: dict[Key, Measures] = {}
        self._failed: set[Key] = set()
        self._last: dict[str, tuple[Level, float]] = {}
        try:
            self._file = Path(path).open("w", newline="", encoding="utf-8")  # noqa: SIM115 - until close()
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"cannot write {path}: {reason}; give a writable path for the scores") from None
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def points(self, samples: SampleBatch, observed: Observation) -> None:
        status: list[str | None] = [WARMING_UP if young else None for young in observed.warming_up.tolist()]
        for rejection in observed.rejections:
            status[rejection.row] = rejection.reason
        columns = (
            samples.offset.tolist(),
            samples.series,
            samples.ts.tolist(),
            samples.value.tolist(),
            status,
        )
        self._rows += [_Row(samples.source, *row) for row in zip(*columns, strict=True)]

    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        """Points that were refused, or that the scorer failed on, have their rows from points()."""
        self._failed |= {
            ((letter.key or b"").decode(), letter.offset, letter.timestamp)
            for letter in letters
            if letter.reason == Refusal.SCORER_FAILED
        }
        undecoded = [letter for letter in letters if letter.reason in _DECODER_REASONS]
        self._rows += [_Row(x.source, x.offset, "", None, None, x.reason) for x in undecoded]

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:
        keys = zip(names, windows["offset"].tolist(), windows["ts"].tolist(), strict=True)
        measures = zip(scored.score.tolist(), scored.probability.tolist(), strict=True)
        self._fresh.update(zip(keys, measures, strict=True))

    def events(self, events: Sequence[AlertEvent]) -> None:
        """The table has no events."""

    def flush(self) -> None:
        """Raises DeliveryError if the file cannot be written."""
        rows = [self._finish(row) for row in sorted(self._rows, key=lambda row: row.place)]
        with self._translated():
            self._writer.writerows(rows)
            self._file.flush()
        self._rows.clear()
        self._fresh.clear()
        self._failed.clear()

    def close(self) -> None:
        """Raises DeliveryError."""
        with self._translated():
            self._file.close()

    def _finish(self, row: _Row) -> tuple[object, ...]:
        measures, status = self._measures(row)
        ts = "" if row.ts is None else iso_time(row.ts)
        return row.series, ts, row.value, *measures, status

    def _measures(self, row: _Row) -> tuple[Measures, str]:
        if row.status == WARMING_UP:  # also a series that was forgotten and comes back
            self._last.pop(row.series, None)
        known = row.series in self._last
        level, probability = self._last.get(row.series, NOTHING)
        key = None if row.ts is None else (row.series, row.offset, row.ts)
        scored = None if key is None else self._fresh.get(key)
        unscored = Refusal.SCORER_FAILED if key in self._failed else HELD if known else WARMING_UP
        if row.status is None and (scored or known):
            score, probability = scored or (level.score, probability)
            level = level.after(score)
            self._last[row.series] = level, probability
        return (level.value, probability), row.status or (SCORED if scored else unscored)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise DeliveryError(
                f"cannot write {self._path}: {reason}; free space or choose another path"
            ) from None


_DECODER_REASONS = frozenset(reason.value for reason in Reason)
