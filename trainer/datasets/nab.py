"""Numenta Anomaly Benchmark (github.com/numenta/NAB): 58 real and artificial series with labelled windows."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.records import Int64Array
from trainer.datasets.series import LabelledSeries, Span, mark, probation_points

WINDOWS = Path("labels", "combined_windows.json")


def load_nab(folder: Path) -> list[LabelledSeries]:
    """All series named in labels/combined_windows.json, in its order; names are `category/file.csv`.

    Times are read as UTC. Raises InputError when a file is missing or cannot be read.
    """
    try:
        windows: dict[str, list[list[str]]] = json.loads((folder / WINDOWS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is no NAB folder: {WINDOWS} cannot be read ({error})") from error
    return [_load_file(folder / "data" / name, name, limits) for name, limits in windows.items()]


def _load_file(path: Path, name: str, limits: Sequence[Sequence[str]]) -> LabelledSeries:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))[1:]
        ts = _milliseconds([row[0] for row in rows])
        value = np.array([row[1] for row in rows], dtype=np.float64)
        windows = tuple(sorted(_window(ts, limit) for limit in limits))
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path} is no NAB file with columns timestamp,value: {error}") from error
    return LabelledSeries(name, ts, value, mark(len(ts), windows), probation_points(len(ts)), windows)


def _milliseconds(texts: Sequence[str]) -> Int64Array:
    return np.array(texts, dtype="datetime64[ms]").astype(np.int64)


def _window(ts: Int64Array, limit: Sequence[str]) -> Span:
    """Index range of a labelled window; where a time occurs twice the first counts, as in NAB's scorer."""
    start, end = (int(np.flatnonzero(ts == moment)[0]) for moment in _milliseconds(limit))
    return start, end
