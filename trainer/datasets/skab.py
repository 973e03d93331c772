"""Skoltech Anomaly Benchmark (github.com/waico/SKAB): a water circuit, eight sensors, one second."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spear_stream.core.errors import InputError
from trainer.datasets.series import LabelledSeries, from_labels

NOT_SENSORS = ("datetime", "anomaly", "changepoint")


def load_skab(folder: Path) -> list[LabelledSeries]:
    """Every sensor of every run below data/; names are `valve1/0.csv:Pressure`, a run is a group.

    The labels are those of the run: an anomaly of the plant need not show in each sensor. Times are read
    as UTC; the anomaly-free run has no label column. Raises InputError for a file that cannot be read.
    """
    paths = sorted(
        (folder / "data").rglob("*.csv"), key=lambda path: (path.parent.name, len(path.name), path)
    )
    if not paths:
        raise InputError(f"{folder} is no SKAB folder: there is no data/*/*.csv")
    return [
        series for path in paths for series in _load_run(path, path.relative_to(folder / "data").as_posix())
    ]


def _load_run(path: Path, name: str) -> Iterator[LabelledSeries]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            header, *rows = csv.reader(lines, delimiter=";")
        columns = dict(zip(header, np.array(rows).T, strict=True))
        ts = columns["datetime"].astype("datetime64[ms]").astype(np.int64)
        label = columns.get("anomaly", np.zeros(len(ts))).astype(np.float64) > 0
        values = {key: columns[key].astype(np.float64) for key in header if key not in NOT_SENSORS}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no run of SKAB: {error}") from error
    for sensor, value in values.items():
        yield from_labels(f"{name}:{sensor}", ts, value, label, group=name)
