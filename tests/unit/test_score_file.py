"""score-file and the demo without a command line: what is drawn and said goes by settings and checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from e2e.tiny import save_tiny
from rich.console import Console
from streams import SETTINGS, START, batch, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.records import Observation
from spear_stream.core.spec import WindowSpec
from spear_stream.demo import report
from spear_stream.demo.board import Board
from spear_stream.demo.outputs import Outputs
from spear_stream.ops.settings import load_settings
from spear_stream.transport.recorders import Counts
from spear_stream.wiring import score_file
from spear_stream.wiring.common import alert_policy
from spear_stream.wiring.score_file import ScoreFile
from spear_stream.wiring.score_file_report import summary

THRESHOLDS = {"open_score": 0.6, "close_score": 0.1, "warning_score": 0.7, "critical_score": 0.8}
SPEC = WindowSpec(length=64, min_points=20)


def test_the_policy_takes_every_setting_of_alerts() -> None:
    others = {"min_points": 3, "direction": "up", "min_relative_deviation": 0.5}
    seconds = {"cooldown_seconds": 7.0, "update_seconds": 0.25}
    flags = {f"alerts.{name}": value for name, value in (THRESHOLDS | others | seconds).items()}
    wanted: dict[str, Any] = {**THRESHOLDS, **others, "cooldown_ms": 7000, "update_ms": 250}
    assert alert_policy(load_settings(flags)) == AlertPolicy(**wanted)
    assert wanted.keys() == AlertPolicy.__dataclass_fields__.keys()


def test_a_picture_shows_the_thresholds_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[AlertPolicy] = []
    monkeypatch.setattr(score_file, "draw_overview", lambda *given: drawn.append(given[2]))
    monkeypatch.setattr(score_file, "configure_logs", lambda *_: None)
    (tmp_path / "a.csv").write_text("ts,value\n" + "".join(f"{i},{i % 7}\n" for i in range(1, 41)))
    flags = {f"alerts.{name}": value for name, value in THRESHOLDS.items()}
    settings = load_settings(flags | {"model.checkpoint": str(save_tiny(tmp_path / "tiny", "tiny"))})
    paths = ScoreFile(str(tmp_path / "a.csv"), str(tmp_path / "out"), plot=tmp_path / "plot.png")
    score_file.score(settings, paths, Console(quiet=True))
    assert drawn == [AlertPolicy(**THRESHOLDS)]


def test_so_does_the_overview_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt may leave a single series."""
    drawn: list[AlertPolicy] = []
    monkeypatch.setattr(report, "draw_overview", lambda *given: drawn.append(given[2]))
    policy = AlertPolicy(**THRESHOLDS)
    report.draw_pictures(Console(quiet=True), Board(total=1), Outputs(tmp_path), policy)
    assert drawn == [policy]


@pytest.mark.parametrize(("hop", "first"), [(1, 20), (3, 21), (20, 20), (30, 30)])
def test_too_short_a_file_hears_when_its_checkpoint_would_have_scored(hop: int, first: int) -> None:
    samples = batch(rows({"a": quiet(60)}))
    windows = make_detector(replace(SETTINGS, spec=SPEC, hop=hop)).observe(samples, START).windows
    assert windows["offset"][0] + 1 == first, "what is said is so"

    counts, short = Counts(), first - 1
    samples, all_of_them = batch(rows({"a": quiet(short)})), np.ones(short, np.bool_)
    counts.points(samples, Observation(np.zeros(0, SPEC.dtype), (), all_of_them, all_of_them))
    told = summary(counts, SPEC, hop, ScoreFile("a.csv", "out"), 1.0)
    assert f"the first score comes after {first} points" in told
    assert (f"then one every {hop}" in told) == (hop > 1)


@pytest.mark.parametrize(("start", "told"), [(0, True), (START, False)])
def test_times_that_cannot_be_of_metrics_are_told(start: int, told: bool) -> None:
    counts, points = Counts(), np.ones(60, np.bool_)
    samples = batch(rows({"a": quiet(60)}))
    samples = replace(samples, ts=samples.ts - START + start)
    counts.points(samples, Observation(np.zeros(0, SPEC.dtype), (), points, points))
    assert ("before 2000" in summary(counts, SPEC, 1, ScoreFile("a.csv", "out"), 1.0)) == told
