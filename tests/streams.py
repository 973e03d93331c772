"""Samples, detectors and services of a small window, for tests of the core and of the main loop."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.control import FixedPrompts, Prompts
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import Ports, Source
from spear_stream.core.records import (
    AlertEvent,
    ModelInfo,
    Observation,
    PlainRecord,
    SampleBatch,
    TopicPartition,
)
from spear_stream.core.spec import WindowSpec
from spear_stream.service import Pace, Service
from spear_stream.testing import FakeClock, ListSink, RecordingTelemetry, StepScorer, json_records
from spear_stream.transport.codec import make_decoder

METRICS = TopicPartition("metrics", 0)
OTHER = TopicPartition("metrics", 1)
SPEC = WindowSpec(length=16, patch=4, level_memory=64, tail_memory=64, min_points=8, recent=8)
SETTINGS = DetectorSettings(SPEC, AlertPolicy(), max_future_ms=None)
START = 1_700_000_000_000
MINUTE = 60_000
Row = tuple[str, int, float]


def batch(rows: Iterable[Row], first: int = 0, source: TopicPartition = METRICS) -> SampleBatch:
    """One record per row, offsets from `first`."""
    series, ts, values = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), ())
    offsets = np.arange(first, first + len(series))
    return SampleBatch(source, series, np.array(ts, np.int64), np.array(values, np.float64), offsets)


def rows(values: Mapping[str, Sequence[float]], start: int = START) -> list[Row]:
    """A point a minute of every series, interleaved by time."""
    longest = max(map(len, values.values()))
    return [(s, start + i * MINUTE, v[i]) for i in range(longest) for s, v in values.items() if i < len(v)]


def quiet(points: int, jumps: Mapping[int, float] | None = None, seed: int = 0) -> list[float]:
    """Noise of spread one around 10, with `jumps` added at some points."""
    values = 10 + np.random.default_rng(seed).normal(size=points)
    for at, size in (jumps or {}).items():
        values[at] += size
    return [float(value) for value in values]


def make_detector(settings: DetectorSettings = SETTINGS, source: TopicPartition = METRICS) -> Detector:
    return Detector(source, 0, settings, lambda _: 0, lambda _: ModelInfo("test", "none"))


def feed(
    detector: Detector, samples: SampleBatch, now_ms: int = START
) -> tuple[Observation, list[AlertEvent]]:
    """Observe and judge at once."""
    observed = detector.observe(samples, now_ms)
    logits = StepScorer(SPEC).score(observed.windows)
    return observed, detector.judge(observed.windows, logits)[1]


def poll_of(
    rows: Iterable[Row], first: int = 0, source: TopicPartition = METRICS
) -> dict[Any, list[PlainRecord]]:
    return {source: json_records(rows, first)}


def polls_of(
    rows: Sequence[Row], size: int, source: TopicPartition = METRICS
) -> list[dict[Any, list[PlainRecord]]]:
    """The rows in polls of `size` records."""
    return [poll_of(rows[i : i + size], i, source) for i in range(0, len(rows), size)]


def make_service(
    source: Source,
    sink: ListSink,
    *,
    settings: DetectorSettings = SETTINGS,
    limits: BatchLimits | None = None,
    pace: Pace | None = None,
    telemetry: RecordingTelemetry | None = None,
    clock: FakeClock | None = None,
    make_prompts: Callable[[Fleet], Prompts] = lambda _: FixedPrompts(),
    **ports: Any,
) -> Service:
    telemetry, clock = telemetry or RecordingTelemetry(), clock or FakeClock()
    scorer = ports.pop("scorer", StepScorer(settings.spec))
    fleet = Fleet(settings, lambda _: 0, scorer.describe, telemetry.split_series)
    decoder = ports.pop("decoder", None) or make_decoder("json")
    wired = Ports(source, decoder, scorer, sink, telemetry, clock, **ports)
    batcher = Batcher(settings.spec, limits or BatchLimits(max_delay=0.0))
    return Service(wired, fleet, batcher, pace or Pace(commit_interval=0.0), make_prompts(fleet))


def run(service: Service) -> None:
    """As the daemon does: errors drain nothing."""
    service.start()
    while not service.finished:
        service.step()
    service.drain()


def run_on(source: Source, **options: Any) -> ListSink:
    """A whole life of a service on the source; what came out of it."""
    sink = ListSink()
    run(make_service(source, sink, **options))
    return sink
