"""Calm series with a spike here and there, as records keyed by series."""

import json
import random
from collections.abc import Collection, Iterable

START = 1_700_000_000
STEP = 60
SPIKE = 1000.0


def feed(
    series: Collection[str],
    points: Iterable[int],
    spikes: Collection[int] = (),
    *,
    keyed: bool = True,
    size: float = SPIKE,
) -> list[tuple[bytes | None, bytes]]:
    """One value a minute; the same point of a series is the same record each time."""
    return [
        (name.encode() if keyed else None, _record(name, point, size if point in spikes else 0.0))
        for point in points
        for name in series
    ]


def _record(series: str, point: int, offset: float) -> bytes:
    value = random.Random(f"{series} {point}").gauss() + offset
    return json.dumps({"series": series, "ts": START + point * STEP, "value": value}).encode()
