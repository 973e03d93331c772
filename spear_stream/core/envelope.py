"""Plain, versioned, checksummed bytes of a header and columns; no pickle, nothing of a class.

Layout: magic, version, CRC-32 of the rest, length before compression, then zlib of: length of
the header, the header as JSON, and each column byte-transposed (the first bytes of all values,
then the second ones), which zlib packs much better than values one after the other.
"""

import json
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spear_stream.core.errors import StateError
from spear_stream.core.migrations import MIGRATIONS
from spear_stream.core.table import Column

VERSION = 1 + len(MIGRATIONS)
"""Of the state this code writes; it reads every earlier one."""
MAGIC = b"SPEAR"
LEVEL = 1
"""zlib's fastest: a snapshot is written while the main loop waits."""
MOST_PACKED = 1100
"""zlib packs at most 1032 to 1: a record that claims to be larger is damaged."""
TYPES = frozenset({"|b1", "|u1", "|i1", "<i2", "<i4", "<i8", "<u4", "<u8", "<f4", "<f8"})
_HEAD = struct.Struct(">5sHIQ")
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Document:
    """What one record of state says: `kind` is snapshot or journal, `header` is plain JSON."""

    kind: str
    header: Mapping[str, Any]
    columns: Mapping[str, Column]


def pack(document: Document) -> bytes:
    """The bytes of a document, in the present version."""
    columns = {name: np.ascontiguousarray(column) for name, column in document.columns.items()}
    shapes = [[name, column.dtype.str, list(column.shape)] for name, column in columns.items()]
    header = json.dumps({"kind": document.kind, "header": document.header, "columns": shapes}).encode()
    compressor, size, parts = zlib.compressobj(LEVEL), 0, list[bytes]()
    for piece in (_LENGTH.pack(len(header)), header, *map(_transposed, columns.values())):
        size += len(piece)
        parts.append(compressor.compress(piece))
    body = b"".join((*parts, compressor.flush()))
    return _HEAD.pack(MAGIC, VERSION, _checksum(size, body), size) + body


def unpack(data: bytes, kind: str) -> Document:
    """Raises StateError for what is damaged, of another kind, or written by a newer version.

    Sizes and shapes are checked before memory is taken for them.
    """
    version, raw = _open(data)
    try:
        (length,) = _LENGTH.unpack_from(raw)
        found = json.loads(raw[_LENGTH.size : _LENGTH.size + length])
        columns = dict(_columns(found["columns"], memoryview(raw)[_LENGTH.size + length :]))
        document = Document(found["kind"], found["header"], columns)
        for migrate in MIGRATIONS[version - 1 :]:
            document = Document(document.kind, *migrate(document.kind, document.header, document.columns))
    except (ValueError, KeyError, TypeError, RecursionError, struct.error) as error:
        raise StateError(f"the record of state is damaged ({error})") from error
    if document.kind != kind:
        raise StateError(f"the record of state is damaged (a {document.kind} in place of a {kind})")
    return document


def _open(data: bytes) -> tuple[int, bytes]:
    """Version and what was compressed."""
    if len(data) < _HEAD.size or not data.startswith(MAGIC):
        raise StateError("the record is no state of spear-stream")
    _, version, checksum, size = _HEAD.unpack_from(data)
    if not 1 <= version <= VERSION:
        raise StateError(f"the state has version {version}, this spear-stream reads up to {VERSION}")
    body = data[_HEAD.size :]
    if checksum != _checksum(size, body) or not 0 < size <= MOST_PACKED * len(body):
        raise StateError("the record of state is damaged (its checksum is wrong)")
    try:
        raw = zlib.decompressobj().decompress(body, size)
    except zlib.error as error:
        raise StateError(f"the record of state is damaged ({error})") from error
    if len(raw) != size:
        raise StateError("the record of state is damaged (it is shorter than it says)")
    return version, raw


def _checksum(size: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(size.to_bytes(8, "big")))


def _columns(shapes: list[Any], data: memoryview) -> Iterator[tuple[str, Column]]:
    """Columns out of `data`, which must hold exactly these."""
    at = 0
    for name, type_name, shape in shapes:
        if type_name not in TYPES or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError(f"column {name!r} of {type_name!r} and shape {shape!r}")
        dtype = np.dtype(type_name)
        size = dtype.itemsize * math.prod(shape)
        if at + size > len(data):
            raise ValueError(f"column {name!r} ends beyond the record")
        bytewise = np.frombuffer(data[at : at + size], np.uint8).reshape(dtype.itemsize, -1)
        yield name, np.ascontiguousarray(bytewise.T).view(dtype).reshape(shape)
        at += size
    if at != len(data):
        raise ValueError("bytes follow the last column")


def _transposed(column: Column) -> bytes:
    return column.reshape(-1).view(np.uint8).reshape(-1, column.dtype.itemsize).T.tobytes()
