"""Files as source: the embedded default, and what backtests run on."""

import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import InputError
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import PlainRecord, TopicPartition
from spear_stream.transport.csv_rows import CsvRows
from spear_stream.transport.lines import LineReader

STANDARD_STREAM = "-"
"""Path that stands for standard input or output."""


class FileSource:
    """A core.ports.Source over one CSV or JSONL file, or standard input.

    CSV has a header `ts,value[,series]`, `timestamp` standing for `ts` as well; further columns are
    ignored, and without a `series` column the name of the file is the series. One row is one line.
    Every row becomes a record in the default JSON mapping, every line of JSONL is a record as it
    stands. The file is partition 0 of a topic of its name; offsets count the rows from 0.
    """

    def __init__(self, path: str, max_records: int = 500) -> None:
        name = "stdin" if path == STANDARD_STREAM else Path(path).name
        self._path = path
        self._partition = TopicPartition(name, 0)
        self._max_records = max_records
        self._rows = 0
        self.bytes_read = 0
        """Bytes of the file handed out so far, for progress."""
        self.merged: list[str] = []
        """Columns that may tell series apart and are not read (csv_rows.py); known once it is open."""
        self._lines: LineReader | None = None
        self._ahead: list[bytes] = []
        self._to_json: Callable[[bytes], bytes] | None = None
        self._listener: PartitionListener | None = None
        self._paused = False

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
        self._ahead = self._lines.read(self._max_records, 0.0)
        if self._ahead:
            self._converter(self._ahead[0])
        self._require_rows(len(self._ahead))

    def _open(self) -> FileIO:
        try:
            if self._path == STANDARD_STREAM:
                return FileIO(sys.stdin.fileno(), closefd=False)
            return FileIO(self._path)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"cannot read {self._path}: {reason}; give the path of a file") from None

    def poll(self, timeout: float) -> Mapping[TopicPartition, Sequence[PlainRecord]]:
        """Raises InputError if the file is neither CSV with the needed columns nor JSONL."""
        if self._lines is None or self._paused:
            return {}
        lines, self._ahead = self._ahead or self._lines.read(self._max_records, timeout), []
        if lines and self._to_json is None:
            lines = self._read_header(lines)
        records = [self._record(line) for line in lines]
        self.bytes_read += sum(map(len, lines)) + len(lines)
        self._require_rows(self._rows)
        return {self._partition: records} if records else {}

    def _read_header(self, lines: list[bytes]) -> list[bytes]:
        """Tells by the first line what the file is, reports the partition, returns the data lines."""
        self._to_json = self._converter(lines[0])
        if self._listener is not None:
            self._listener.assigned({self._partition})
        first = [lines[0].removeprefix(BOM_UTF8)] if self._to_json is bytes else []
        return [*first, *lines[1:]]

    def _converter(self, line: bytes) -> Callable[[bytes], bytes]:
        """What makes records of the lines after this one; of this one too if it is JSON."""
        line = line.removeprefix(BOM_UTF8)
        is_json = line.lstrip().startswith((b"{", b"["))
        if is_json:
            return bytes
        rows = CsvRows(line, self._partition.topic)
        self.merged = rows.merged
        return rows.record

    def _require_rows(self, found: int) -> None:
        if self.exhausted and not found:
            raise InputError(f"{self._partition.topic} has no rows; needed: CSV with a header, or JSON lines")

    def _record(self, line: bytes) -> PlainRecord:
        value = line if self._to_json is None else self._to_json(line)
        self._rows += 1
        return PlainRecord(offset=self._rows - 1, timestamp=-1, key=None, value=value)

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
        if self._to_json is not None and self._listener is not None:
            self._listener.revoked({self._partition})
