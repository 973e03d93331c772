"""Real series of the Numenta Anomaly Benchmark as records of a topic."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

DATA = Path(__file__).parents[3] / "shared" / "data" / "NAB" / "data"
FILES = (
    "realKnownCause/nyc_taxi",
    "realKnownCause/machine_temperature_system_failure",
    "realAWSCloudwatch/*",
)


class Reading(NamedTuple):
    ts: int
    """Milliseconds since the epoch."""
    series: str
    value: float

    @property
    def record(self) -> tuple[bytes, bytes]:
        """Key and value, in the default JSON mapping."""
        return self.series.encode(), msgspec.json.encode(self._asdict())


def readings() -> list[Reading]:
    """Every value of FILES, interleaved by time; rows of one series keep the order of their file."""
    paths = [path for pattern in FILES for path in sorted(DATA.glob(f"{pattern}.csv"))]
    return sorted((reading for path in paths for reading in _read(path)), key=lambda reading: reading.ts)


def _read(path: Path) -> list[Reading]:
    with path.open(newline="") as file:
        return [
            Reading(_millis(row["timestamp"]), path.stem, float(row["value"])) for row in csv.DictReader(file)
        ]


def _millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
