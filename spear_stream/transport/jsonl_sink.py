"""JSON lines as sink: the embedded default."""

import errno
import os
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from io import FileIO

from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.core.records import AlertEvent, DeadLetter
from spear_stream.transport.events import encode_dead_letter, encode_event
from spear_stream.transport.files import STANDARD_STREAM


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
        is_standard = path == STANDARD_STREAM
        self._name = "standard output" if is_standard else path
        try:
            self._stream = FileIO(sys.stdout.fileno() if is_standard else path, "w", closefd=not is_standard)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"cannot write {self._name}: {reason}; give a writable path") from None
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
        try:
            self._stream.close()
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> DeliveryError:
        is_left = error.errno == errno.EPIPE
        cure = "whoever reads it has ended" if is_left else "free space or choose another path"
        return DeliveryError(f"cannot write {self._name}: {error.strerror}; {cure}")
