"""How fast points go through everything but the model, and what a series costs in memory.

    python benchmarks/bench_pipeline.py [--quick]

Core: points per CPU second from decoded samples to scored windows, with a scorer that always
says the same. Kafka: the same service on a real broker against a bare kafka-python poll loop
over the same topic, in turns, from the first record to the last; needs Java 17+ and Maven.
"""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import typer
from common import write_result
from kafka_loops import RECORDS, bare_and_service
from rich.console import Console
from rich.table import Table

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.coarse import BLOCK
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.records import SampleBatch, TopicPartition
from spear_stream.core.spec import WindowSpec
from spear_stream.testing import ConstantScorer

POLL = 5000
"""Records of one poll."""
START = 1_700_000_000_000
SPEC = WindowSpec()
SCORER = ConstantScorer()


def main(*, quick: Annotated[bool, typer.Option(help="Fewer points, one round: seconds.")] = False) -> None:
    """Points per second of the core and of the service on Kafka; bytes per series."""
    result: dict[str, Any] = {"poll": POLL, "core": core(quick), "memory": memory(2_000 if quick else 10_000)}
    result["kafka"] = bare_and_service(RECORDS // 10, 1) if quick else bare_and_service(RECORDS, 3)
    show(result)
    if not quick:
        print(f"written to {write_result('pipeline', result).name}")


def core(quick: bool) -> list[dict[str, Any]]:  # noqa: FBT001 - a private helper
    polls = 20 if quick else 100
    return [core_rates(series, hop, polls) for series in (1_000, 10_000) for hop in (1, 8)]


def core_rates(series: int, hop: int, polls: int) -> dict[str, Any]:
    """Points per CPU second after the warm-up: observed, and observed, scored and judged."""
    detector = new_detector(hop)
    warm_up = -(-BLOCK * SPEC.min_points * series // POLL)  # until there are windows of means
    observing = judging = 0.0
    for number, samples in enumerate(samples_of(series, warm_up + polls)):
        started = time.process_time()
        windows = detector.observe(samples, START).windows
        observed = time.process_time()
        if len(windows):
            detector.judge(windows, SCORER.score(windows))
        if number >= warm_up:
            observing += observed - started
            judging += time.process_time() - observed
    points = polls * POLL
    return {
        "series": series,
        "hop": hop,
        "observe_points_per_second": round(points / observing),
        "points_per_second": round(points / (observing + judging)),
    }


def samples_of(series: int, polls: int) -> Iterator[SampleBatch]:
    """Every series in turn, one point a second."""
    numbers, names = np.random.default_rng(1), [f"host-{n:05d}.cpu.usage" for n in range(series)]
    for poll in range(polls):
        rows = np.arange(poll * POLL, (poll + 1) * POLL)
        yield SampleBatch(
            source=TopicPartition("metrics", 0),
            series=[names[n] for n in (rows % series).tolist()],
            ts=START + rows // series * 1000,
            value=numbers.normal(50.0, 5.0, POLL),
            offset=rows,
        )


def new_detector(hop: int) -> Detector:
    settings = DetectorSettings(SPEC, AlertPolicy(), hop, max_future_ms=None)
    return Detector(TopicPartition("metrics", 0), 0, settings, lambda _: 0, SCORER.describe)


def memory(series: int) -> dict[str, Any]:
    """Bytes that one more series adds, arrays with their spare capacity and names included."""
    batches = list(samples_of(series, -(-series // POLL)))
    tracemalloc.start()
    detector = new_detector(1)
    for samples in batches:
        detector.observe(samples, START)
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "series": series,
        "state_bytes_per_series": round(detector.state_bytes / series),
        "traced_bytes_per_series": round(traced / series),
    }


def show(result: dict[str, Any]) -> None:
    table = Table("what", "figure", title="Pipeline without a model", title_justify="left")
    for row in result["core"]:
        name = f"core, {row['series']:,} series, hop {row['hop']}"
        table.add_row(f"{name}, observe", f"{row['observe_points_per_second']:,} points/s and core")
        table.add_row(f"{name}, to events", f"{row['points_per_second']:,} points/s and core")
    for name in ("state", "traced"):
        table.add_row(f"{name} bytes per series", f"{result['memory'][f'{name}_bytes_per_series']:,}")
    if kafka := result["kafka"]:
        table.add_row("Kafka, bare poll loop", f"{kafka['bare_poll_loop_per_second']:,} records/s")
        table.add_row("Kafka, service, hop 1", f"{kafka['service_per_second']:,} records/s")
        table.add_row("service / bare time", f"{kafka['ratio']}")
        for stage, share in kafka["share_of_stages"].items():
            table.add_row(f"  share of {stage}", f"{share:.1%}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
