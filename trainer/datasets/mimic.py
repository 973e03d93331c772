"""Vital signs of MIMIC-IV (physionet.org/content/mimiciv) in its public schema, module icu."""

import csv
import gzip
import io
import math
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.times import iso_millis
from trainer.datasets.series import LabelledSeries, unlabelled

VITALS = {
    220045: "heart-rate",
    220277: "spo2",
    220210: "respiratory-rate",
    220179: "nbp-systolic",
    220180: "nbp-diastolic",
    220181: "nbp-mean",
    220050: "abp-systolic",
    220051: "abp-diastolic",
    220052: "abp-mean",
    223761: "temperature-f",
    223762: "temperature-c",
}
"""Item ids of icu/d_items that are vital signs."""
TABLES = ("chartevents", "vitals")
NEEDED = ("subject_id", "charttime", "itemid", "valuenum")
Key = tuple[str, str, int]
"""Subject, stay and item."""


@dataclass
class _Measured:
    """Compact columns: the full table has hundreds of millions of rows."""

    ts: "array[int]" = field(default_factory=lambda: array("q"))
    value: "array[float]" = field(default_factory=lambda: array("d"))


def load_mimic(folder: Path, items: str | None = None) -> list[LabelledSeries]:
    """A series per stay (or subject, where the table has no stays) and item, by time; a subject is a group.

    items: ids, comma-separated, the vitals when None. Rows without a number are left out; artefacts stay,
    real data has them. Shifted times lie in the future, as published. Raises InputError naming file and
    line, ConfigError for items that are no ids.
    """
    wanted = _wanted(items)
    path = _find(folder, *TABLES)
    if path is None:
        raise InputError(f"{folder} holds no chartevents.csv.gz, nor does its folder icu")
    names = _labels(folder) | VITALS
    return [
        _series(key, measured, names.get(key[2], str(key[2])))
        for key, measured in sorted(_read(path, wanted).items())
    ]


def _wanted(items: str | None) -> dict[str, int]:
    try:
        return {str(item): item for item in (VITALS if items is None else map(int, items.split(",")))}
    except ValueError:
        raise ConfigError(f"items={items}: expected item ids such as 220045,220277") from None


def _find(folder: Path, *tables: str) -> Path | None:
    places = (folder, folder / "icu")
    paths = (place / f"{table}.csv{end}" for table in tables for place in places for end in (".gz", ""))
    return next((path for path in paths if path.is_file()), None)


def _labels(folder: Path) -> dict[int, str]:
    path = _find(folder, "d_items")
    if path is None:
        return {}
    with _rows(path, ("itemid", "label")) as reader:
        labelled = (row for row in reader if row["label"])
        return {int(row["itemid"]): row["label"].lower().replace(" ", "-") for row in labelled}


def _read(path: Path, wanted: dict[str, int]) -> dict[Key, _Measured]:
    found: dict[Key, _Measured] = {}
    with _rows(path, NEEDED) as reader:
        for row in reader:
            item = wanted.get(row["itemid"])
            if item is None or not row["valuenum"]:
                continue
            value = float(row["valuenum"])
            if math.isfinite(value):
                measured = found.setdefault((row["subject_id"], row.get("stay_id") or "", item), _Measured())
                measured.ts.append(iso_millis(row["charttime"]))
                measured.value.append(value)
    if not found:
        raise InputError(f"{path} holds no value of the items {', '.join(wanted)}")
    return found


@contextmanager
def _rows(path: Path, needed: tuple[str, ...]) -> "Iterator[csv.DictReader[str]]":
    """Rows of a plain or gzipped table. Raises InputError naming the file, and the line of a bad row."""
    opened = gzip.open if path.suffix == ".gz" else open
    reader = None
    try:
        with opened(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := set(needed).difference(reader.fieldnames or ()):
                raise InputError(f"{path}: no column {', '.join(sorted(missing))}")
            yield reader
    except (OSError, EOFError, ValueError, TypeError, csv.Error, zlib.error) as error:
        raise InputError(f"{path}, line {reader.line_num if reader else 1}: {error}") from error


def _series(key: Key, measured: _Measured, item: str) -> LabelledSeries:
    subject, stay, _ = key
    ts = np.array(measured.ts, dtype=np.int64)
    order = np.argsort(ts, kind="stable")
    name = f"{subject}/{stay}/{item}" if stay else f"{subject}/{item}"
    return unlabelled(name, ts[order], np.array(measured.value)[order], group=subject)
