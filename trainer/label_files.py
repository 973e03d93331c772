"""`spear-trainer label`: automatic labels of a history, as a folder that `--data csv:DIR` reads."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import BoolArray, Int64Array
from trainer.datasets import load_history
from trainer.datasets.series import LabelledSeries, in_order, runs
from trainer.datasets.table_files import files_below
from trainer.label_picture import drawn, require
from trainer.labeling import LabelRule, is_anomalous, label_kinds
from trainer.outputs import check_writable, unwritable, whole_folder, write_bytes, write_json
from trainer.progress import progress
from trainer.tables import plain_title

LONGEST_PART = 150
"""Bytes of a folder or file; file systems take 255, a number may follow."""
SUMMARY = "summary.json"
HEADER = ("ts", "value", "label", "group", "kinds")


@dataclass(frozen=True)
class LabelRequest:
    """What to label by which rule, and where to put it."""

    data: str
    out: Path
    rule: LabelRule
    plot: Path | None = None
    """A picture of the series with the most labelled stretches."""


@dataclass(frozen=True)
class Summary:
    """What was found in one series."""

    series: str
    file: str
    points: int
    anomalous: int
    stretches: int
    by_kind: dict[str, int]
    """Points by test; one point may fail several."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A series with what the tests say of its points (n, kinds) and the label (n,) that follows."""

    series: LabelledSeries
    kinds: BoolArray
    label: BoolArray


def label_history(request: LabelRequest, out: Console, log: Console) -> list[Summary]:
    """Write a CSV file per series and summary.json; print a table on `out`, progress on `log`.

    Labels that the data has already are not used. The files are there when all of them are. Raises InputError
    for the data, ConfigError for a folder or a picture that cannot be written, for a folder that holds CSV
    files already, and for a picture without matplotlib.
    """
    _check(request)
    with whole_folder(request.out) as scratch:
        corpus = [in_order(series) for series in load_history(request.data)]  # as those that read it do
        labelled, found = _label(corpus, request.rule, scratch, log)
        summary = {"data": request.data, "rule": asdict(request.rule), "series": found}
        write_json(scratch / SUMMARY, summary)
        picture = drawn(labelled, request.rule.kinds, request.plot) if request.plot else b""
    if request.plot:
        write_bytes(request.plot, picture, "give another --plot")
    out.print(_table(request, found))
    return found


def _check(request: LabelRequest) -> None:
    """Before the work: afterwards a rerun would be refused for the CSV files that are there."""
    if files_below(request.out, ".csv"):
        raise ConfigError(f"--out {request.out} holds CSV files already: choose an empty folder")
    if request.plot is not None:
        require(request.plot)
        if request.plot.parent.resolve() != request.out.resolve():  # which may come with the files
            check_writable(request.plot, "--plot")


def _label(
    corpus: Sequence[LabelledSeries], rule: LabelRule, folder: Path, log: Console
) -> tuple[list[Labelled], list[Summary]]:
    labelled, found = [], []
    with progress(log, "labelling", len(corpus)) as advance:
        for done, (series, name) in enumerate(zip(corpus, _names(corpus), strict=True), 1):
            kinds = label_kinds(series.value, rule)
            labelled.append(Labelled(series, kinds, is_anomalous(kinds, rule)))
            found.append(_write(folder, labelled[-1], rule, name))
            advance(done, series.name)
    return labelled, found


def _names(corpus: Sequence[LabelledSeries]) -> Iterator[str]:
    """A file for every series, below folders where its name has slashes."""
    taken: set[str] = set()
    for series in corpus:
        parts = [re.sub(r"[^\w.-]", "_", part) for part in series.name.split("/")]
        stem = "/".join(_cut(part.lstrip(".")) or "_" for part in parts).removesuffix(".csv")
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        yield f"{name}.csv"


def _cut(part: str) -> str:
    return part.encode()[:LONGEST_PART].decode(errors="ignore")


def _write(folder: Path, labelled: Labelled, rule: LabelRule, name: str) -> Summary:
    series, path = labelled.series, folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines)
            writer.writerow(HEADER)
            writer.writerows(_rows(labelled, rule))
    except OSError as error:
        raise unwritable(path, error) from error
    return Summary(
        series=series.name,
        file=name,
        points=len(series),
        anomalous=int(labelled.label.sum()),
        stretches=len(runs(labelled.label)),
        by_kind=dict(zip(rule.kinds, labelled.kinds.sum(axis=0).tolist(), strict=True)),
    )


def _rows(labelled: Labelled, rule: LabelRule) -> Iterator[tuple[object, ...]]:
    series = labelled.series
    columns = zip(
        _iso(series.ts), series.value.tolist(), labelled.label.tolist(), labelled.kinds.tolist(), strict=True
    )
    for ts, value, label, failed in columns:
        kinds = " ".join(kind for kind, fails in zip(rule.kinds, failed, strict=True) if fails)
        yield ts, value, int(label), series.group, kinds


def _iso(ts: Int64Array) -> list[str]:
    """Not epoch times: those before 1973 in ms would be taken for seconds."""
    return [f"{moment}Z" for moment in np.datetime_as_string(ts.astype("datetime64[ms]")).tolist()]


def _table(request: LabelRequest, found: Sequence[Summary]) -> Table:
    points = sum(one.points for one in found)
    title = plain_title(f"{request.data}: {len(found)} series")
    table = Table("label", "points", "share", "series", title=title)
    rows = {kind: [one.by_kind[kind] for one in found] for kind in request.rule.kinds}
    rows["anomalous"] = [one.anomalous for one in found]
    for name, counts in rows.items():
        share = sum(counts) / points if points else 0.0
        table.add_row(name, str(sum(counts)), f"{share:.1%}", str(sum(count > 0 for count in counts)))
    return table
