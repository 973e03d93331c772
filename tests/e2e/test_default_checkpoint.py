"""What nobody would forgive the shipped checkpoint to miss, or to shout about."""

import numpy as np
import pytest

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.records import AlertEvent, Float64Array, SampleBatch, TopicPartition
from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.model.scorer import FrozenScorer

HISTORY = 600
START_MS = 1_700_000_000_000
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def scorer() -> FrozenScorer:
    return load_scorer(ModelChoice())


def opened(scorer: FrozenScorer, values: Float64Array) -> list[AlertEvent]:
    """Alerts that the values, one a minute, open."""
    source = TopicPartition("metrics", 0)
    settings = DetectorSettings(scorer.spec, AlertPolicy(), max_future_ms=None)
    detector = Detector(source, 0, settings, lambda _: 0, scorer.describe)
    rows = np.arange(len(values))
    samples = SampleBatch(source, ["a"] * len(values), START_MS + MINUTE_MS * rows, values, rows)
    windows = detector.observe(samples, START_MS).windows
    _, events = detector.judge(windows, scorer.score(windows))
    return [event for event in events if event.type == "opened"]


@pytest.mark.parametrize("size", [10, 30, 100, 1000, 1e6])
def test_a_spike_out_of_noise_opens_an_alert_however_large(scorer: FrozenScorer, size: float) -> None:
    values = np.random.default_rng(5).normal(size=HISTORY + 5)
    values[HISTORY] += size
    assert any(event.started_at >= START_MS + MINUTE_MS * HISTORY for event in opened(scorer, values))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e12])
def test_a_lasting_shift_opens_an_alert_in_any_unit(scorer: FrozenScorer, unit: float) -> None:
    values = np.random.default_rng(6).normal(size=HISTORY + 30)
    values[HISTORY:] += 12
    assert any(event.started_at >= START_MS + MINUTE_MS * HISTORY for event in opened(scorer, values * unit))


def test_noise_and_a_constant_open_none(scorer: FrozenScorer) -> None:
    assert opened(scorer, np.random.default_rng(7).normal(size=HISTORY)) == []
    assert opened(scorer, np.full(HISTORY, 3.0)) == []
