"""Names of alerts and checkpoints that are the same in every process and replay."""

import zlib
from hashlib import sha256

from spear_stream.core.records import Position


def alert_id(series: str, opened: Position, started_at: int, about: str = "") -> str:
    """32 hex digits that depend on these alone, so a replay gives the same.

    opened, started_at: position of the record and time of the point, in milliseconds, which tells apart the
    alerts of one record. about: of two alerts that begin with one point, what the second is about.
    """
    text = f"{series}\0{opened.topic}\0{opened.partition}\0{opened.offset}\0{started_at}"
    text += f"\0{about}" if about else ""
    return sha256(text.encode()).hexdigest()[:32]


def checkpoint_mark(checkpoint: str) -> int:
    """A short name of a checkpoint for columns of state, above 0."""
    return max(1, zlib.crc32(checkpoint.encode()))
