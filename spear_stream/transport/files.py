"""Files as source: the embedded default, and what backtests run on."""

import sys
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from io import FileIO
from itertools import dropwhile
from pathlib import Path

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.csv_header import COMMENT
from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import InputError
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import TopicPartition
from spear_stream.transport.csv_rows import CsvRows, RowRecord
from spear_stream.transport.lines import Line, LineReader

STANDARD_STREAM = "-"
"""Path that stands for standard input or output."""
_OPEN = (b"{", b"[")
"""What a line of JSON ends with that goes on in the next one."""


def _told(name: str) -> str:
    """As it can be written to the outputs: bytes of a name that are not UTF-8 are question marks."""
    return name.encode(errors="replace").decode()


def _is_comment(line: Line) -> bool:
    return line.text.removeprefix(BOM_UTF8).startswith(COMMENT.encode())


class FileSource:
    """A core.ports.Source over one CSV or JSONL file, or standard input.

    CSV has a header, ts,value[,series] unless `columns` says otherwise (core/columns.py); further columns
    are ignored, and without one of series the name of the file is the series. One row is one line.
    Every value becomes a record in the default JSON mapping, every line of JSONL is a record as it
    stands, with the name of the file for its key, so one that names no series is of that. The file is
    partition 0 of a topic of its name; offsets count the records from 0.
    """

    def __init__(
        self, path: str, max_records: int = 500, columns: ColumnNames = USUAL, *, lines_only: bool = False
    ) -> None:
        """max_records: of a poll; a row may hold more. lines_only: every line is a record, JSON or not."""
        name = "stdin" if path == STANDARD_STREAM else _told(Path(path).name)
        self._path = path
        self._partition = TopicPartition(name, 0)
        self._stem = Path(name).stem.encode()
        self._max_records = max_records
        self._columns = columns
        self._lines_only = lines_only
        self._rows = 0
        self._records = 0
        self.bytes_read = 0
        """Bytes of the file so far, for progress."""
        self._lines: LineReader | None = None
        self._ahead: list[Line] = []
        self._begun = False
        self._table: CsvRows | None = None
        """Of a file that has begun; without one its lines are JSON."""
        self._listener: PartitionListener | None = None
        self._assigned = False
        self._paused = False

    @property
    def is_table(self) -> bool:
        """Its records are rows, not lines as they stand; known once it is open."""
        return self._table is not None

    @property
    def merged(self) -> list[str]:
        """Columns that may tell series apart and are not read (columns.py); known once it is open."""
        return [] if self._table is None else self._table.merged

    def start(self, listener: PartitionListener) -> None:
        """Raises InputError as open() does."""
        self._listener = listener
        if self._lines is None:
            self.open()

    def open(self) -> None:
        """Open the input and see by what is there already whether it can be read: before outputs are begun.

        Raises InputError.
        """
        self._lines = LineReader(self._open(), self._partition.topic)
        self._ahead = self._data(self._lines.read(self._max_records, 0.0))
        self._require_rows(len(self._ahead))

    def _open(self) -> FileIO:
        try:
            if self._path == STANDARD_STREAM:
                return FileIO(sys.stdin.fileno(), closefd=False)
            return FileIO(self._path)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"cannot read {self._path}: {reason}; give the path of a file") from None

    def poll(self, timeout: float) -> Mapping[TopicPartition, Sequence[PlacedRecord]]:
        """Raises InputError if the file is neither CSV with the needed columns nor JSONL."""
        if self._lines is None or self._paused:
            return {}
        lines = self._next(self._lines, timeout)
        if self._begun and self._listener is not None and not self._assigned:
            self._assigned = True
            self._listener.assigned({self._partition})
        records = [self._record(line, found) for line in lines for found in self._found(line)]
        self._rows += len(lines)
        self._require_rows(self._rows)
        return {self._partition: records} if records else {}

    def _next(self, lines: LineReader, timeout: float) -> list[Line]:
        """Those that were read ahead, then what comes; as many as hold the records of a poll."""
        wanted = max(1, self._max_records // (1 if self._table is None else self._table.samples))
        if not self._ahead:
            return self._data(lines.read(wanted, timeout))
        ahead, self._ahead = self._ahead[:wanted], self._ahead[wanted:]
        return ahead

    def _data(self, lines: list[Line]) -> list[Line]:
        """What of these lines are records or rows: a header is none. By the first one it is known what the
        file is.
        """
        self.bytes_read += sum(len(line.text) + 1 for line in lines)
        if self._begun:
            return lines
        lines = lines if self._lines_only else list(dropwhile(_is_comment, lines))
        if not lines:
            return lines
        self._begun = True
        first = lines[0].text.removeprefix(BOM_UTF8)
        if self._lines_only or first.lstrip().startswith((b"{", b"[")):
            self._require_no_columns()
            if first.rstrip().endswith(_OPEN):
                raise InputError(
                    f"{self._partition.topic} is one JSON document over many lines; needed: a record in one "
                    "line each, or all of the document in one (jq -c . does that)"
                )
            return [lines[0]._replace(text=first), *lines[1:]]
        self._table = CsvRows(first, self._partition.topic, self._columns)
        return lines[1:] if self._columns.header else [lines[0]._replace(text=first), *lines[1:]]

    def _require_no_columns(self) -> None:
        if self._columns != USUAL:
            raise InputError(
                f"{self._partition.topic} holds JSON lines; --time, --time-format, --every, --value, "
                "--series and --decimal are of CSV"
            )

    def _found(self, line: Line) -> list[RowRecord]:
        return [RowRecord(line.text)] if self._table is None else self._table.records(line.text)

    def _require_rows(self, found: int) -> None:
        if self.exhausted and not found:
            raise InputError(f"{self._partition.topic} has no rows; needed: CSV with a header, or JSON lines")

    def _record(self, line: Line, found: RowRecord) -> PlacedRecord:
        self._records += 1
        key = self._stem if self._table is None else None
        value, cells, fault = found
        return PlacedRecord(self._records - 1, -1, key, value, line.number, cells, fault)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, offsets: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """A file is always read from its start; there is nothing to store."""

    def lag(self) -> Mapping[TopicPartition, int]:
        return {} if self._lines is None else {self._partition: self._lines.waiting + len(self._ahead)}

    @property
    def exhausted(self) -> bool:
        return self._lines is not None and self._lines.exhausted and not self._ahead

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        if self._lines is None:
            return
        self._lines.close()
        self._lines = None
        if self._assigned and self._listener is not None:
            self._listener.revoked({self._partition})
