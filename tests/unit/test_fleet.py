from collections.abc import Sequence

import numpy as np
import pytest
from streams import METRICS, OTHER, SETTINGS, SPEC, START, batch, quiet, rows

from spear_stream.core.fleet import Fleet
from spear_stream.core.records import ModelInfo, TopicPartition
from spear_stream.testing import StepScorer

Splits = list[tuple[str, Sequence[TopicPartition]]]


def make_fleet(splits: Splits | None = None) -> Fleet:
    def report(series: str, partitions: Sequence[TopicPartition]) -> None:
        if splits is not None:
            splits.append((series, partitions))

    fleet = Fleet(SETTINGS, lambda _: 0, lambda _: ModelInfo("m", "b"), report)
    fleet.assign(METRICS)
    fleet.assign(OTHER)
    return fleet


def test_windows_of_all_partitions_are_judged_in_one_batch() -> None:
    fleet = make_fleet()
    one = fleet.observe(batch(rows({"a": quiet(20, {19: 50.0})})), START)
    two = fleet.observe(batch(rows({"b": quiet(20, {15: 50.0})}), source=OTHER), START)
    windows = np.stack([one.windows, two.windows], axis=1).ravel()
    scored, events = fleet.judge(windows, StepScorer(SPEC).score(windows))
    assert fleet.names(windows) == ["a", "b"] * 13
    opened = {e.series: e.position.partition for e in events if e.type == "opened"}
    assert opened == {"a": 0, "b": 1}
    assert scored.score[-2] == max(scored.score[::2])
    assert scored.score[17] == max(scored.score[1::2])


def test_partitions_that_go_take_their_series_with_them() -> None:
    fleet = make_fleet()
    fleet.observe(batch(rows({"a": quiet(3)})), START)
    fleet.observe(batch(rows({"b": quiet(3), "c": quiet(3)}), source=OTHER), START)
    assert fleet.series == 3
    before = fleet.state_bytes
    fleet.remove(OTHER)
    assert OTHER not in fleet
    assert list(fleet) == [METRICS]
    assert fleet.series == 1
    assert 0 < fleet.state_bytes < before


def test_a_partition_that_comes_back_starts_anew_under_another_handle() -> None:
    fleet = make_fleet()
    first = fleet.observe(batch(rows({"a": quiet(10)})), START)
    handle = fleet.remove(METRICS)
    assert (first.windows["owner"] == handle).all()
    fleet.assign(METRICS)
    again = fleet.observe(batch(rows({"a": quiet(10)})), START)
    assert len(again.windows) == len(first.windows)
    assert (again.windows["owner"] != handle).all()
    with pytest.raises(KeyError):
        fleet.judge(first.windows, StepScorer(SPEC).score(first.windows))


def test_samples_of_a_foreign_partition_are_an_error() -> None:
    with pytest.raises(KeyError):
        make_fleet().observe(batch([("a", START, 1.0)], source=TopicPartition("metrics", 9)), START)


def test_a_series_on_two_partitions_is_reported_once() -> None:
    splits: Splits = []
    fleet = make_fleet(splits)
    for source in (METRICS, OTHER, METRICS, OTHER):
        fleet.observe(
            batch([("a", START, 1.0), ("only" + str(source.partition), START, 1.0)], source=source), START
        )
    assert splits == [("a", [OTHER, METRICS])]


def test_topics_may_have_series_of_the_same_name() -> None:
    splits: Splits = []
    fleet = make_fleet(splits)
    elsewhere = TopicPartition("other-metrics", 0)
    fleet.assign(elsewhere)
    for source in (METRICS, elsewhere):
        fleet.observe(batch([("a", START, 1.0)], source=source), START)
    assert splits == []


def test_no_windows_have_no_scores() -> None:
    scored, events = make_fleet().judge(np.zeros(0, SPEC.dtype), np.zeros(0, np.float32))
    assert len(scored.model) == len(scored.score) == 0
    assert events == []
