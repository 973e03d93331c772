"""What keeping state costs: bytes written per point, and how long a restore takes.

    python benchmarks/bench_state.py [--quick]

Compares a journal of samples and logits with the rows that they change (both compressed), and
restores a snapshot with the longest journal that may follow it, first from memory and then from a
real broker (left out without Java 17+ and Maven). One partition, a constant scorer, every series
reports once per commit. Times are CPU seconds, those of the broker's share seconds on the clock.
"""

import gc
import time
from typing import Annotated, Any

import numpy as np
import typer
from common import write_result
from rich.console import Console
from rich.table import Table
from state_on_kafka import StateOnKafka, state_on_kafka

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.envelope import Document, pack
from spear_stream.core.ledger import Ledger, restore
from spear_stream.core.records import SampleBatch, TopicPartition
from spear_stream.core.spec import WindowSpec
from spear_stream.core.stored import StoredState
from spear_stream.testing import ConstantScorer

SOURCE = TopicPartition("metrics", 0)
START = 1_700_000_000_000
SCORER = ConstantScorer()
SETTINGS = DetectorSettings(WindowSpec(), AlertPolicy(), max_future_ms=None)
WARM_UP = SETTINGS.spec.length
"""Commits before anything is measured: every window is full by then."""


def main(*, quick: Annotated[bool, typer.Option(help="1,000 series only: seconds.")] = False) -> None:
    """Bytes per point and seconds of a restore."""
    rows = []
    with state_on_kafka() as kafka:
        for series in (1_000,) if quick else (1_000, 10_000, 100_000):
            rows.append(figures(series, kafka))
            gc.collect()
    show(rows)
    if not quick:
        print(f"written to {write_result('state', {'sizes': rows}).name}")


def figures(series: int, kafka: StateOnKafka | None) -> dict[str, Any]:
    detector = make(SETTINGS)
    ledger = Ledger(detector)
    names = [f"host-{number:06d}.cpu.usage" for number in range(series)]
    numbers = np.random.default_rng(1)
    for commit in range(WARM_UP):
        observe(detector, ledger, names, commit, numbers)
    started = time.process_time()
    snapshot = ledger.change(WARM_UP * series).data
    snapshot_seconds = time.process_time() - started
    journal, seconds, commit = [], 0.0, WARM_UP
    while True:
        observe(detector, ledger, names, commit, numbers)
        commit += 1
        started = time.process_time()
        change = ledger.change(commit * series)
        if change.snapshot:
            break
        seconds += time.process_time() - started
        journal.append(change.data)
    points, stored = len(journal) * series, StoredState(snapshot, journal)
    started = time.process_time()
    restored = make(SETTINGS)
    restore(stored, restored, make)
    restore_seconds = time.process_time() - started
    return {
        "series": series,
        "snapshot_bytes_per_series": round(len(snapshot) / series),
        "snapshot_seconds": round(snapshot_seconds, 3),
        "journal_bytes_per_point": round(sum(map(len, journal)) / points, 1),
        "journal_microseconds_per_point": round(1e6 * seconds / points, 2),
        "changed_rows_bytes_per_point": round(len(changed_rows(detector)) / series),
        "points_between_snapshots": points,
        "written_bytes_per_point": round((len(snapshot) + sum(map(len, journal))) / points, 1),
        "restore_seconds": round(restore_seconds, 2),
        **(kafka.load_back(stored, SOURCE, points) if kafka else {}),
    }


def observe(
    detector: Detector, ledger: Ledger, names: list[str], commit: int, numbers: np.random.Generator
) -> None:
    """One point of every series, observed and judged."""
    count = len(names)
    ts = np.full(count, START + commit * 60_000)
    offsets = np.arange(count) + commit * count
    samples = SampleBatch(SOURCE, names, ts, numbers.normal(50.0, 5.0, count).round(3), offsets)
    ledger.journal.observed(samples, START)
    windows = detector.observe(samples, START).windows
    logits = SCORER.score(windows) + (numbers.normal(0.0, 64.0, len(windows)).round() / 64).astype(np.float32)
    ledger.journal.judged(logits)
    detector.judge(windows, logits)


def changed_rows(detector: Detector) -> bytes:
    """A changelog of rows: every series changed, so all of its columns are written."""
    tables = detector.state().tables
    return pack(
        Document("rows", {}, {f"{t}.{name}": c for t, cs in tables.items() for name, c in cs.items()})
    )


def make(settings: DetectorSettings) -> Detector:
    return Detector(SOURCE, 0, settings, lambda _: 0, SCORER.describe)


def show(rows: list[dict[str, Any]]) -> None:
    table = Table("figure", *(f"{row['series']:,} series" for row in rows), title="State")
    for name in rows[0]:
        if name != "series":
            table.add_row(name.replace("_", " "), *(f"{row[name]:,}" for row in rows))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
