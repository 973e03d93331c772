"""The checker of expressions finds what exists, and planted mistakes."""

import pytest
from deploy.exposition import exported
from deploy.promql import Asked, read

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
        "sum(spear_lag_records) by (topic)",
        "sum without (partition) (spear_lag_records) - ignoring (topic) spear_series",
    ],
)
def test_right_expressions_pass(expression: str) -> None:
    read(expression, EXPORTED)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("spear_lag", "no metric spear_lag"),
        ("rate(spear_records[5m])", "no metric spear_records"),
        ("spear_series + spear_stage_seconds", "no metric spear_stage_seconds"),
        ('{__name__="spear_series"}', "no metric {__name__"),
        ("1", "no metric at all"),
        ("sum(rate(spear_dead_letters_total{cause='x'}[5m]))", "spear_dead_letters_total has no label cause"),
        ("sum by (reason) (spear_records_total)", "spear_records_total has no label reason"),
        ("sum without (reason) (spear_records_total)", "spear_records_total has no label reason"),
        ("sum(spear_lag_records) + sum by (stage) (spear_series)", "spear_series has no label stage"),
        ("spear_series > on (topic) spear_lag_records", "spear_series has no label topic"),
        ("spear_series > ignoring (stage) spear_lag_records", "spear_lag_records has no label stage"),
        ("spear_lag_records > on (job) group_left (topic) spear_series", "spear_series has no label topic"),
        ("sum by (topic) (sum by (partition) (spear_lag_records))", "has no label topic"),
        ("sum by (topic) (sum without (topic) (spear_lag_records))", "has no label topic"),
        ("sum(spear_series) > on (job) sum by (job) (spear_series)", "has no label job"),
        ("histogram_quantile(0.9, sum by (stage) (rate(spear_stage_seconds_bucket[5m])))", "has no label le"),
        ("histogram_quantile(0.9, rate(spear_stage_seconds_sum[5m]))", "has no label le"),
        ("rate(spear_series[5m])", "spear_series does not count"),
        ("increase(spear_series[1h:1m])", "spear_series does not count"),
    ],
)
def test_planted_mistakes_are_noticed(expression: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read(expression, EXPORTED)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(spear_records_total)",
        "rates(spear_records_total[5m])",
        "spear_series spear_series",
        "sum by (topic) (spear_records_total) +",
        "sum spear_series",
        "sum(spear_series",
        "spear_series) > 0",
        'spear_series{job="a" or job="b"}',
    ],
)
def test_what_prometheus_refuses_is_noticed(expression: str) -> None:
    with pytest.raises(ValueError, match=r"expected type|unknown function|invalid|parenthesis|no PromQL"):
        read(expression, EXPORTED)


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("spear_dead_letters_total > 0", {"reason", "job", "instance"}),
        ("60 * sum by (job, topic) (rate(spear_records_total[5m])) > 0", {"job", "topic"}),
        ("sum without (instance, partition) (spear_lag_records)", {"job", "topic"}),
        ("histogram_quantile(0.9, sum by (le, stage) (rate(spear_stage_seconds_bucket[5m])))", {"stage"}),
        ("spear_series > on (job) group_left () sum by (job) (spear_series)", {"job", "instance"}),
        (
            "spear_series * on (job) group_right () spear_lag_records",
            {"job", "instance", "topic", "partition"},
        ),
        ("spear_series > on (job) spear_overload", {"job"}),
        ("topk(3, spear_series)", {"job", "instance"}),
        ("absent(spear_series)", set()),
    ],
)
def test_the_labels_of_a_result(expression: str, labels: set[str]) -> None:
    assert read(expression, EXPORTED).labels == labels


def test_the_values_that_selectors_ask_for() -> None:
    asked = read('spear_stage_seconds_sum{stage=~"poll|score"} > spear_series{job!="x"}', EXPORTED).asked
    stages = [Asked("spear_stage_seconds_sum", "stage", value) for value in ("poll", "score")]
    assert asked == (*stages, Asked("spear_series", "job", "x"))
