"""Files as source and sink: the embedded default, and what backtests run on."""

import os
import stat
import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import FileIO
from pathlib import Path

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import ConfigError, DeliveryError, InputError
from spear_stream.core.ports import PartitionListener
from spear_stream.core.records import AlertEvent, DeadLetter, PlainRecord, TopicPartition
from spear_stream.transport.csv_rows import CsvRows
from spear_stream.transport.events import encode_dead_letter, encode_event
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
        self._lines: LineReader | None = None
        self._ahead: list[bytes] = []
        self._to_json: Callable[[bytes], bytes] | None = None
        self._listener: PartitionListener | None = None

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
        if self._lines is None:
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
        return bytes if is_json else CsvRows(line, self._partition.topic).record

    def _require_rows(self, found: int) -> None:
        if self.exhausted and not found:
            raise InputError(f"{self._partition.topic} has no rows; needed: CSV with a header, or JSON lines")

    def _record(self, line: bytes) -> PlainRecord:
        value = line if self._to_json is None else self._to_json(line)
        self._rows += 1
        return PlainRecord(offset=self._rows - 1, timestamp=-1, key=None, value=value)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
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


class JsonlSink:
    """A core.ports.Sink that writes alert events as JSON lines to a file or standard output.

    Files are begun anew. Dead letters go to a file of their own, or are only counted.
    Raises ConfigError if a file cannot be opened.
    """

    def __init__(self, path: str, dead_letters: str | None = None) -> None:
        self.rejected: Counter[str] = Counter()
        """Dead letters by reason."""
        self._alerts = _LineWriter(path)
        self._letters = None if dead_letters is None else _LineWriter(dead_letters)

    def publish(self, events: Sequence[AlertEvent]) -> None:
        """Raises DeliveryError."""
        self._alerts.write(map(encode_event, events))

    def reject(self, letters: Sequence[DeadLetter]) -> None:
        """Raises DeliveryError."""
        self.rejected.update(letter.reason for letter in letters)
        if self._letters is not None:
            self._letters.write(map(encode_dead_letter, letters))

    def flush(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        """Return when all lines are on the disk. Raises DeliveryError."""
        for writer in self._writers():
            writer.sync()

    def close(self, deadline: Deadline) -> None:  # noqa: ARG002 - of the port
        """Raises DeliveryError."""
        for writer in self._writers():
            writer.close()

    def _writers(self) -> list["_LineWriter"]:
        return [self._alerts] if self._letters is None else [self._alerts, self._letters]


class _LineWriter:
    """Unbuffered, so that a full disk shows where it happens and not when the program ends."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            is_standard = path == STANDARD_STREAM
            self._stream = FileIO(sys.stdout.fileno() if is_standard else path, "w", closefd=not is_standard)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"cannot write {path}: {reason}; give a writable path") from None
        self._is_file = stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode)

    def write(self, lines: Iterable[bytes]) -> None:
        rest = memoryview(b"".join(line + b"\n" for line in lines))
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
        except OSError as error:
            raise self._failed(error) from None

    def sync(self) -> None:
        if not self._is_file or self._stream.closed:
            return
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        self.sync()
        self._stream.close()

    def _failed(self, error: OSError) -> DeliveryError:
        return DeliveryError(
            f"cannot write {self._path}: {error.strerror}; free space or choose another path"
        )
