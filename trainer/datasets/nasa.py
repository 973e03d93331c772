"""NASA telemetry of SMAP and MSL with labelled anomalies (Hundman et al., KDD 2018, arXiv 1802.04431)."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from spear_stream.core.columns import START_MS
from spear_stream.core.errors import InputError
from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries, Span, from_labels, mark

LABELS = "labeled_anomalies.csv"
STEP_MS = 60_000
"""The publisher gives no times; a minute a point from 2000 on stands in for them."""


def load_nasa(folder: Path, only: str | None = None, *, with_history: bool = False) -> list[LabelledSeries]:
    """The test parts of all labelled channels, in the order of the labels; names are `SMAP/P-1`.

    only: of this spacecraft, SMAP or MSL. with_history: the train part of each channel comes first and is
    not scored, so the scored points are the same. Rows of the same channel are merged (P-2 has two); a
    channel without a row (T-10) is left out. Raises InputError when a file is missing or cannot be read, or
    there is no channel of the spacecraft.
    """
    labels = _labels(folder).items()
    if only is not None and only not in (crafts := sorted({craft for _, (craft, _) in labels})):
        raise InputError(f"{folder} has no channels of craft={only}, only of {', '.join(crafts)}")
    make = _with_history if with_history else _test
    return [
        make(folder, channel, craft, spans) for channel, (craft, spans) in labels if only in {None, craft}
    ]


def load_nasa_train(folder: Path) -> list[LabelledSeries]:
    """The train parts of the same channels: they end before the test parts and hold no anomaly."""
    return [_train(folder, channel, craft) for channel, (craft, _) in _labels(folder).items()]


def _labels(folder: Path) -> dict[str, tuple[str, list[Span]]]:
    """Spacecraft and anomalies by channel; both ends of a range belong to it."""
    found: dict[str, tuple[str, list[Span]]] = {}
    try:
        with (folder / LABELS).open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                _, spans = found.setdefault(row["chan_id"], (row["spacecraft"], []))
                spans += [(int(start), int(end)) for start, end in json.loads(row["anomaly_sequences"])]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{folder} is no folder of SMAP and MSL: {LABELS} cannot be read ({error})"
        ) from error
    return found


def _test(folder: Path, channel: str, craft: str, spans: Sequence[Span]) -> LabelledSeries:
    return _series(folder, "test", channel, craft, spans)


def _train(folder: Path, channel: str, craft: str) -> LabelledSeries:
    return _series(folder, "train", channel, craft, [])


def _series(folder: Path, part: str, channel: str, craft: str, spans: Sequence[Span]) -> LabelledSeries:
    value = _telemetry(folder / part / channel)
    ts = START_MS + np.arange(len(value), dtype=np.int64) * STEP_MS
    name = f"{craft}/{channel}" if part == "test" else f"{craft}/{channel}/{part}"
    return from_labels(name, ts, value, mark(len(value), spans), group=f"{craft}/{channel}")


def _with_history(folder: Path, channel: str, craft: str, spans: Sequence[Span]) -> LabelledSeries:
    """One series of both parts, of which the same points are scored as of the test part alone."""
    train, test = _train(folder, channel, craft), _test(folder, channel, craft, spans)
    before = len(train)
    return replace(
        test,
        ts=START_MS + np.arange(before + len(test), dtype=np.int64) * STEP_MS,
        value=np.concatenate([train.value, test.value]),
        label=np.concatenate([train.label, test.label]),
        probation=before + test.probation,
        windows=tuple((start + before, end + before) for start, end in test.windows),
        history=before,
    )


def _telemetry(stem: Path) -> Float64Array:
    """Column 0, the telemetry value; the others are commands."""
    for path in _candidates(stem):
        try:
            loaded = np.load(path, allow_pickle=False)
            table = loaded["x"] if path.suffix == ".npz" else loaded
            return np.ascontiguousarray(table[:, 0], dtype=np.float64)
        except (OSError, EOFError, BadZipFile, ValueError, KeyError, IndexError) as error:
            raise InputError(f"{path} is no table of points and columns: {error}") from error
    raise InputError(f"{stem}.npy is missing")


def _candidates(stem: Path) -> Iterator[Path]:
    # Not with_suffix: it would take ".5" of a name for one.
    return (path for path in (Path(f"{stem}.npy"), Path(f"{stem}.npz")) if path.is_file())
