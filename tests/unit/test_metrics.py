from dataclasses import replace

import pytest
from messages import OPENED
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from spear_stream.core.errors import BrokerUnavailable
from spear_stream.core.ports import Telemetry
from spear_stream.core.records import ModelInfo, TopicPartition
from spear_stream.ops.metrics import Metrics
from spear_stream.ops.prometheus import PrometheusTelemetry

FIRST, SECOND = TopicPartition("metrics", 0), TopicPartition("metrics", 1)
ALERT = replace(OPENED, severity="critical")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def telemetry(registry: CollectorRegistry) -> Telemetry:
    return PrometheusTelemetry(registry, clock=lambda: 1234.0)


def test_records_and_bytes_add_up_per_topic(registry: CollectorRegistry, telemetry: Telemetry) -> None:
    telemetry.polled(FIRST, records=10, size=1000)
    telemetry.polled(SECOND, records=5, size=500)
    assert registry.get_sample_value("spear_records_total", {"topic": "metrics"}) == 15
    assert registry.get_sample_value("spear_record_bytes_total", {"topic": "metrics"}) == 1500


def test_points_windows_and_batches(registry: CollectorRegistry, telemetry: Telemetry) -> None:
    telemetry.observed(samples=100, warming_up=3, windows=98, coarse=8)
    telemetry.scored(windows=64, seconds=0.02)
    telemetry.scored(windows=26, seconds=0.01)
    telemetry.judged("one", windows=60, probability=6.5)
    telemetry.judged("one", windows=22, probability=2.0)
    telemetry.judged("two", windows=1, probability=0.5)
    assert registry.get_sample_value("spear_model_windows_total", {"checkpoint": "one"}) == 82
    assert registry.get_sample_value("spear_model_probability_total", {"checkpoint": "one"}) == 8.5
    assert registry.get_sample_value("spear_points_total") == 100
    assert registry.get_sample_value("spear_points_warming_up_total") == 3
    assert registry.get_sample_value("spear_points_held_total") == 7
    assert registry.get_sample_value("spear_windows_total") == 98
    assert registry.get_sample_value("spear_windows_coarse_total") == 8
    assert registry.get_sample_value("spear_windows_scored_total") == 90
    assert registry.get_sample_value("spear_batch_windows_count") == 2
    assert registry.get_sample_value("spear_batch_windows_bucket", {"le": "32.0"}) == 1
    assert registry.get_sample_value("spear_batch_seconds_sum") == pytest.approx(0.03)


def test_dead_letters_by_reason_and_alerts_by_type_severity_and_kind(
    registry: CollectorRegistry, telemetry: Telemetry
) -> None:
    telemetry.rejected("not_json")
    telemetry.alert(ALERT)
    assert registry.get_sample_value("spear_dead_letters_total", {"reason": "not_json"}) == 1
    labels = {"type": "opened", "severity": "critical", "kind": "spike"}
    assert registry.get_sample_value("spear_alerts_total", labels) == 1


def test_every_stage_is_there_from_the_start(registry: CollectorRegistry, telemetry: Telemetry) -> None:
    telemetry.stage("score", 0.5)
    assert registry.get_sample_value("spear_stage_seconds_sum", {"stage": "score"}) == 0.5
    assert registry.get_sample_value("spear_stage_seconds_count", {"stage": "commit"}) == 0


def test_what_rate_would_miss_is_there_from_the_start(
    registry: CollectorRegistry, telemetry: Telemetry
) -> None:
    critical = {"type": "opened", "severity": "critical", "kind": "shift"}
    assert registry.get_sample_value("spear_alerts_total", critical) == 0
    telemetry.lag({TopicPartition("quiet", 0): 500})
    assert registry.get_sample_value("spear_records_total", {"topic": "quiet"}) == 0


def test_lag_of_a_partition_goes_when_the_partition_goes(
    registry: CollectorRegistry, telemetry: Telemetry
) -> None:
    telemetry.lag({FIRST: 5, SECOND: 7})
    telemetry.lag({SECOND: 3})
    assert registry.get_sample_value("spear_lag_records", {"topic": "metrics", "partition": "0"}) is None
    assert registry.get_sample_value("spear_lag_records", {"topic": "metrics", "partition": "1"}) == 3


def test_load_of_a_worker_with_and_without_series(registry: CollectorRegistry, telemetry: Telemetry) -> None:
    telemetry.load(pending=0, overloaded=False, series=0, state_bytes=0)
    assert registry.get_sample_value("spear_series_state_bytes") == 0
    telemetry.load(pending=9, overloaded=True, series=10, state_bytes=9000)
    assert registry.get_sample_value("spear_pending_windows") == 9
    assert registry.get_sample_value("spear_overload") == 1
    assert registry.get_sample_value("spear_series") == 10
    assert registry.get_sample_value("spear_series_state_bytes") == 900
    assert registry.get_sample_value("spear_last_step_timestamp_seconds") == 1234


def test_checkpoint_and_split_series(registry: CollectorRegistry) -> None:
    telemetry = PrometheusTelemetry(registry)
    telemetry.checkpoint(ModelInfo("default", "minilm"))
    telemetry.split_series("host1.cpu", [FIRST, SECOND])
    labels = {"checkpoint": "default", "backbone": "minilm"}
    assert registry.get_sample_value("spear_checkpoint_info", labels) == 1
    assert registry.get_sample_value("spear_split_series_total") == 1


def test_a_poll_that_failed_is_no_commit_that_was_put_off(
    registry: CollectorRegistry, telemetry: Telemetry
) -> None:
    telemetry.poll_failed(BrokerUnavailable("away"))
    assert registry.get_sample_value("spear_commit_retries_total") == 0
    assert registry.get_sample_value("spear_poll_retries_total") == 1
    telemetry.commit_put_off(BrokerUnavailable("away"))
    assert registry.get_sample_value("spear_commit_retries_total") == 1


def test_names_follow_the_conventions_and_no_series_name_is_exposed(
    registry: CollectorRegistry, telemetry: Telemetry
) -> None:
    telemetry.alert(ALERT)
    telemetry.split_series("host1.cpu", [FIRST, SECOND])
    text = generate_latest(registry).decode()
    assert "host1.cpu" not in text
    assert "_created" not in text
    for info in Metrics(CollectorRegistry()).infos:
        assert info.name.startswith("spear_")
        assert info.name.endswith("_total") == (info.type == "counter")
        assert info.name in text


def test_the_process_is_measured_too(registry: CollectorRegistry, telemetry: Telemetry) -> None:
    assert registry.get_sample_value("process_resident_memory_bytes")
