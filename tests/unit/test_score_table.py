"""score-file --scores: one row per input point, whatever became of the point."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brittle import POISON, Brittle
from streams import METRICS, MINUTE, OTHER, SETTINGS, SPEC, START, Row, poll_of, polls_of, quiet, rows, run_on

from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.core.level import FADE, NEWEST
from spear_stream.core.records import PlainRecord
from spear_stream.core.tolerant import TolerantScorer
from spear_stream.service import Pace
from spear_stream.testing import ListSource, RecordingTelemetry
from spear_stream.transport.score_table import ScoreTable


def table_of(tmp_path: Path, script: list[Any], **options: Any) -> list[dict[str, str]]:
    table = ScoreTable(tmp_path / "scores.csv")
    run_on(ListSource(script), recorder=table, **options)
    table.close()
    with (tmp_path / "scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def statuses(table: list[dict[str, str]]) -> list[str]:
    return [row["status"] for row in table]


def scores(table: list[dict[str, str]]) -> list[float]:
    return [float(row["score"]) for row in table]


def test_every_point_has_its_row_in_input_order(tmp_path: Path) -> None:
    points = rows({"a": quiet(30, {25: 40.0}), "b": quiet(30, seed=1)})

    table = table_of(tmp_path, polls_of(points, 7))

    assert list(table[0]) == ["series", "ts", "value", "score", "probability", "status"]
    assert [(row["series"], float(row["value"])) for row in table] == [(s, v) for s, _, v in points]
    assert table[2]["ts"] == "2023-11-14T22:14:20.000Z"
    warm_up = SPEC.min_points - 1
    assert statuses(table) == ["warming_up"] * 2 * warm_up + ["scored"] * (60 - 2 * warm_up)
    assert scores(table).index(max(scores(table))) == 50  # the jump in a
    assert all(0 <= float(row[column]) <= 1 for row in table for column in ("score", "probability"))
    assert scores(table)[: 2 * warm_up] == [0.0] * 2 * warm_up


def test_rows_do_not_depend_on_when_they_are_written(tmp_path: Path) -> None:
    points = rows({"a": quiet(30, {25: 40.0})})

    often = table_of(tmp_path, polls_of(points, 1))
    once = table_of(tmp_path, polls_of(points, 1), pace=Pace(commit_interval=1e9))

    assert often == once


def test_points_between_hops_are_held_and_the_window_tells_of_all_of_them(tmp_path: Path) -> None:
    settings = DetectorSettings(SPEC, SETTINGS.policy, hop=4, max_future_ms=None)

    table = table_of(tmp_path, polls_of(rows({"a": quiet(20, {15: 40.0})}), 20), settings=settings)

    assert statuses(table)[7:12] == ["scored", "held", "held", "held", "scored"]
    assert scores(table)[15] == scores(table)[16] == max(scores(table)) > 0.3


@pytest.mark.parametrize("hop", [1, 4])
def test_a_point_that_the_scorer_failed_on_says_so(tmp_path: Path, hop: int) -> None:
    settings = DetectorSettings(SPEC, SETTINGS.policy, hop, max_future_ms=None)
    tolerant = TolerantScorer(Brittle(), RecordingTelemetry())
    first, later = SPEC.min_points - 1, 15
    values = quiet(24)
    values[first] = values[later] = POISON

    table = table_of(tmp_path, polls_of(rows({"a": values}), 20), settings=settings, scorer=tolerant)

    assert [i for i, status in enumerate(statuses(table)) if status == "scorer_failed"] == [first, later]
    assert scores(table)[first] == 0.0
    assert scores(table)[later] == pytest.approx(scores(table)[later - 1], rel=0.02) != 0.0
    assert statuses(table)[first + 1] == ("scored" if hop == 1 else "warming_up")


def test_the_level_fades_between_hops_too(tmp_path: Path) -> None:
    settings = DetectorSettings(SPEC, SETTINGS.policy, hop=4, max_future_ms=None)

    table = table_of(tmp_path, polls_of(rows({"a": quiet(28, {15: 40.0})}), 20), settings=settings)

    assert statuses(table)[15:23] == ["scored", "held", "held", "held"] * 2
    assert len(set(scores(table)[15:19])) == 1  # of the newest score, which is the highest
    assert scores(table)[19] > scores(table)[20] > scores(table)[21] > scores(table)[22] > 0.29


def test_the_score_fades_after_an_anomaly_and_the_probability_is_of_the_point_alone(tmp_path: Path) -> None:
    table = table_of(tmp_path, polls_of(rows({"a": quiet(60, {30: 40.0})}), 1))

    after = scores(table)[30:]
    fading = (1 - NEWEST) * FADE ** np.arange(len(after)) * after[0]
    assert (np.array(after[1:]) - fading[1:] < NEWEST * 0.1).all()  # the rest is of quiet points
    assert after[0] / 5 < after[20] < after[1] < 0.4 * after[0]
    before, at, later = (float(table[i]["probability"]) for i in (29, 30, 35))
    assert max(before, later) < 0.99 < at


def test_refused_points_carry_the_last_score_and_the_reason(tmp_path: Path) -> None:
    points: list[Row] = rows({"a": quiet(12)})
    late, duplicate = ("a", START - MINUTE, 3.0), ("a", points[-1][1], 4.0)

    table = table_of(tmp_path, polls_of([late, *points, duplicate, late], 20))

    assert statuses(table)[-3:] == ["scored", "duplicate", "late"]
    assert scores(table)[-3] == scores(table)[-2] == scores(table)[-1] > 0
    assert len(table) == 15  # a letter about a point adds no row


def test_a_record_that_is_none_has_a_row_with_the_reason(tmp_path: Path) -> None:
    records = poll_of(rows({"a": quiet(10)}))[METRICS]
    broken = PlainRecord(10, -1, None, b"\xff")
    partly = [
        {"series": "a", "ts": START + 11 * MINUTE, "value": 9.0},
        {"series": "b", "ts": 1, "value": "x"},
    ]
    both = PlainRecord(11, -1, None, json.dumps(partly).encode())

    table = table_of(tmp_path, [{METRICS: [*records, broken, both]}])

    assert table[10] == {
        "series": "", "ts": "", "value": "", "score": "0.0", "probability": "0.0", "status": "not_utf8"
    }  # fmt: skip
    assert [(row["series"], row["status"]) for row in table[11:]] == [
        ("a", "scored"),
        ("", "value_not_number"),
    ]


def test_series_of_one_record_are_told_apart(tmp_path: Path) -> None:
    values = {"up": quiet(30, {29: 60.0}), "calm": quiet(30, seed=2)}
    items = rows(values)
    pairs = [items[i : i + 2] for i in range(0, 60, 2)]
    records = [
        PlainRecord(
            i, -1, None, json.dumps([{"series": s, "ts": t, "value": v} for s, t, v in pair]).encode()
        )
        for i, pair in enumerate(pairs)
    ]

    table = table_of(tmp_path, [{METRICS: records}])

    assert [row["series"] for row in table] == ["up", "calm"] * 30
    assert scores(table)[-2] > 0.5 > scores(table)[-1]


def test_partitions_each_keep_their_order(tmp_path: Path) -> None:
    a, b = rows({"a": quiet(9)}), rows({"b": quiet(9)})
    script = [
        {**poll_of(a[:5]), **poll_of(b[:5], 0, OTHER)},
        {**poll_of(b[5:], 5, OTHER), **poll_of(a[5:], 5)},
    ]

    table = table_of(tmp_path, script)

    for series in ("a", "b"):
        times = [row["ts"] for row in table if row["series"] == series]
        assert times == sorted(times)
        assert len(times) == 9


def test_a_path_that_cannot_be_written_is_named() -> None:
    with pytest.raises(ConfigError, match=r"cannot write /nowhere/s\.csv: No such file"):
        ScoreTable("/nowhere/s.csv")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_is_named() -> None:
    table = ScoreTable("/dev/full")
    with pytest.raises(DeliveryError, match="cannot write /dev/full: No space left"):
        table.flush()
    with pytest.raises(DeliveryError):
        table.close()
