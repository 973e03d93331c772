"""Lines of a file or pipe as they arrive."""

import os
from collections import deque
from io import FileIO
from select import select
from typing import NamedTuple

from spear_stream.core.errors import InputError

BLANK = b" \r"
"""A line of nothing else is none; tabs separate cells."""
_CHUNK_BYTES = 1 << 18
_MAX_LINE_BYTES = 16 << 20


class Line(NamedTuple):
    number: int
    """1 is the first of the file."""
    text: bytes
    """Without its end."""


class LineReader:
    """Reads without waiting longer than asked, which a buffered stream on a pipe cannot do."""

    def __init__(self, stream: FileIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._lines: deque[Line] = deque()
        self._ends = 0
        """Of lines, seen so far."""
        self._rest = b""
        self._ended = False

    @property
    def waiting(self) -> int:
        """Lines read from the file and not yet handed out."""
        return len(self._lines)

    @property
    def exhausted(self) -> bool:
        return self._ended and not self._lines

    def read(self, limit: int, timeout: float) -> list[Line]:
        """Up to `limit` lines, blank ones left out, after at most `timeout` seconds.

        Raises InputError if the file cannot be read on.
        """
        while len(self._lines) < limit and not self._ended:
            if not select([self._stream], [], [], 0 if self._lines else timeout)[0]:
                break
            self._fill()
        return [self._lines.popleft() for _ in range(min(limit, len(self._lines)))]

    def _fill(self) -> None:
        chunk = self._chunk()
        self._ended = not chunk
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if self._ended:
            lines, self._rest = [*lines, self._rest], b""
        numbered = enumerate(lines, self._ends + 1)
        self._lines.extend(Line(n, line.rstrip(b"\r")) for n, line in numbered if line.strip(BLANK))
        self._ends += len(lines)
        if len(self._rest) > _MAX_LINE_BYTES:
            raise InputError(f"{self._name} has a line of more than {_MAX_LINE_BYTES} bytes; is it text?")

    def _chunk(self) -> bytes:
        try:
            return os.read(self._stream.fileno(), _CHUNK_BYTES)
        except OSError as error:
            raise InputError(f"cannot read {self._name}: {error.strerror}") from None

    def close(self) -> None:
        self._stream.close()
