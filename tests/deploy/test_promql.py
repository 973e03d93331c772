"""The checker of expressions finds what exists, and planted mistakes."""

import pytest
from deploy.exposition import exported
from deploy.promql import faults, result_labels

EXPORTED = exported()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("spear_records_total", {"topic"}),
        ("spear_lag_records", {"topic", "partition"}),
        ("spear_stage_seconds_bucket", {"stage", "le"}),
        ("spear_stage_seconds_sum", {"stage"}),
        ("spear_batch_windows_count", set()),
        ("spear_shadow_windows_total", {"tenant", "checkpoint", "anomalous"}),
        ("process_resident_memory_bytes", set()),
    ],
)
def test_exported_are_the_names_of_the_exposition(name: str, labels: set[str]) -> None:
    assert EXPORTED[name] == labels


def test_names_without_their_suffix_are_not_exported() -> None:
    assert EXPORTED.keys().isdisjoint({"spear_records", "spear_stage_seconds", "spear_records_created"})


@pytest.mark.parametrize(
    "expression",
    [
        "spear_series > 0",
        'sum by (topic) (rate(spear_records_total{topic="a,b", instance!~"x.*"}[5m])) > 2 * 10',
        "histogram_quantile(0.99, sum by (le, stage) (rate(spear_stage_seconds_bucket[$__rate_interval])))",
        "count by (topic) (count by (topic, partition) (spear_lag_records offset 15m))",
        "spear_series > on (job) group_left () max_over_time(sum by (job) (spear_series)[1h:1m])",
    ],
)
def test_right_expressions_pass(expression: str) -> None:
    assert faults(expression, EXPORTED) == []


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("spear_lag", "no metric spear_lag"),
        ("rate(spear_records[5m])", "no metric spear_records"),
        ("spear_series + spear_stage_seconds", "no metric spear_stage_seconds"),
        ("sum(rate(spear_dead_letters_total{cause='x'}[5m]))", "spear_dead_letters_total has no label cause"),
        ("sum by (reason) (spear_records_total)", "spear_records_total has no label reason"),
        ("sum(spear_lag_records) + sum by (stage) (spear_series)", "spear_series has no label stage"),
        ("spear_series > on (topic) spear_lag_records", "spear_series has no label topic"),
        ("sum by (topic) (sum by (partition) (spear_lag_records))", "an aggregation drops topic"),
        ("sum by (topic) (sum(spear_lag_records))", "an aggregation drops topic"),
        ("sum(spear_series) > on (job) sum by (job) (spear_series)", "an aggregation drops job"),
        ("histogram_quantile(0.9, sum by (stage) (rate(spear_stage_seconds_bucket[5m])))", "drops le"),
        ("histogram_quantile(0.9, rate(spear_stage_seconds_sum[5m]))", "_sum has no label le"),
        ("rate(spear_series[5m])", "spear_series does not count"),
        ("rates(spear_records_total[5m])", "no function rates"),
        ("sum(spear_series) by (job)", "no function by"),
        ("sum spear_series", "no parenthesis where one is due"),
        ("sum(spear_series", "a parenthesis is left open"),
        ("spear_series) > 0", "a parenthesis closes nothing"),
        ("1 > 0", "no metric at all"),
    ],
)
def test_planted_mistakes_are_noticed(expression: str, fault: str) -> None:
    assert any(fault in found for found in faults(expression, EXPORTED))


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("spear_dead_letters_total > 0", {"reason", "job", "instance"}),
        ("60 * sum by (job, topic) (rate(spear_records_total[5m])) > 0", {"job", "topic"}),
        ("histogram_quantile(0.9, sum by (le, stage) (rate(spear_stage_seconds_bucket[5m])))", {"stage"}),
        ("spear_series > on (job) group_left () sum by (job) (spear_series)", {"job", "instance"}),
        ("absent(spear_series)", set()),
    ],
)
def test_the_labels_of_a_result(expression: str, labels: set[str]) -> None:
    assert result_labels(expression, EXPORTED) == labels
