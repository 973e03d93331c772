"""Samples that the detector refused, back to the records they came in."""

from collections.abc import Sequence

from spear_stream.core.records import DeadLetter, Decoded, RawRecord, Rejection


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


def _letter(decoded: Decoded, rejection: Rejection, record: RawRecord) -> DeadLetter:
    samples = decoded.samples
    return DeadLetter(
        source=samples.source,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        reason=rejection.reason,
        detail=f"series {samples.series[rejection.row]!r}: {rejection.detail}",
    )
