"""Numenta Anomaly Benchmark (github.com/numenta/NAB): 58 real and artificial series with labelled windows."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spear_stream.core.errors import InputError
from spear_stream.core.records import Int64Array
from trainer.datasets.series import LabelledSeries, Span, mark, probation_points

WINDOWS = Path("labels", "combined_windows.json")
MOMENTS = Path("labels", "combined_labels.json")


def load_nab(folder: Path) -> list[LabelledSeries]:
    """All series named in labels/combined_windows.json, in its order; names are `category/file.csv`.

    A window of NAB is a tenth of its file, shared among its anomalies and laid around the labelled moments
    (labels/combined_labels.json, if it is there). Times are read as UTC. Raises InputError when a file is
    missing or cannot be read.
    """
    windows: dict[str, list[list[str]]] = _labels(folder, WINDOWS)
    moments: dict[str, list[str]] = _labels(folder, MOMENTS) if (folder / MOMENTS).is_file() else {}
    return [
        _load_file(folder / "data" / name, name, limits, moments.get(name, ()))
        for name, limits in windows.items()
    ]


def _labels(folder: Path, file: Path) -> Any:
    try:
        return json.loads((folder / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is no NAB folder: {file} cannot be read ({error})") from error


def _load_file(
    path: Path, name: str, limits: Sequence[Sequence[str]], moments: Sequence[str]
) -> LabelledSeries:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))[1:]
        ts = _milliseconds([row[0] for row in rows])
        value = np.array([row[1] for row in rows], dtype=np.float64)
        windows = tuple(sorted(_window(ts, limit) for limit in limits))
        starts = tuple(sorted(_rows(ts, moments)))
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path} is no NAB file with columns timestamp,value: {error}") from error
    label, probation = mark(len(ts), windows), probation_points(len(ts))
    return LabelledSeries(name, ts, value, label, probation, windows, moments=starts)


def _milliseconds(texts: Sequence[str]) -> Int64Array:
    return np.array(texts, dtype="datetime64[ms]").astype(np.int64)


def _window(ts: Int64Array, limit: Sequence[str]) -> Span:
    """Index range of a labelled window."""
    start, end = _rows(ts, limit)
    return start, end


def _rows(ts: Int64Array, moments: Sequence[str]) -> list[int]:
    """Where the times are; where one occurs twice the first counts, as in NAB's scorer."""
    return [int(np.flatnonzero(ts == moment)[0]) for moment in _milliseconds(moments)]
