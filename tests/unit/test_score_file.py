"""score-file and the demo without a command line: what is drawn and said goes by settings and checkpoint."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from e2e.tiny import save_tiny
from rich.console import Console
from scored import row, said
from streams import SETTINGS, START, batch, make_detector, quiet, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.column_names import ColumnNames
from spear_stream.core.errors import SpearError
from spear_stream.core.records import Observation
from spear_stream.core.spec import WindowSpec
from spear_stream.demo import report
from spear_stream.demo.board import Board
from spear_stream.demo.outputs import Outputs
from spear_stream.ops.settings import load_settings
from spear_stream.transport.recorders import Counts
from spear_stream.wiring import score_file
from spear_stream.wiring.common import alert_policy, detector_settings
from spear_stream.wiring.score_file import ScoreFile
from spear_stream.wiring.score_file_report import summary

THRESHOLDS = {"open_score": 0.6, "close_score": 0.1, "warning_score": 0.7, "critical_score": 0.8}
SPEC = WindowSpec(length=64, min_points=20)


def test_the_policy_takes_every_setting_of_alerts() -> None:
    others = {"min_points": 3, "direction": "up", "min_relative_deviation": 0.5, "no_data": "info"}
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


@pytest.mark.parametrize(
    ("usable", "others", "error"),
    [
        (40, 0, None),
        (40, 361, None),
        (20, 1, None),
        (3, 0, None),
        (10, 190, "nothing in a.csv was scored: 190 of 200 records could not be used, see above"),
        (0, 40, "nothing in a.csv was scored: 40 of 40 records could not be used, see above"),
    ],
)
def test_a_run_that_says_nothing_of_its_file_for_what_is_in_it_is_an_error(
    usable: int, others: int, error: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(at, str(at % 7)) for at in range(usable)] + [row(usable + at, "down") for at in range(others)]
    told = said(tmp_path, "ts,value\n" + "".join(rows), monkeypatch)
    assert (told.partition("error: ")[2] or None) == error
    assert ("value is the text 'down'" in told) == (others > 0)
    assert ("most records were refused" in told) == (others > usable)
    assert (tmp_path / "out").exists()


def test_a_table_of_empty_cells_is_none_of_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = said(tmp_path, "ts,a,b\n1,,\n2,,\n", monkeypatch, ColumnNames(value="*"))
    assert told.endswith("error: nothing in a.csv was scored: it holds no value")


@pytest.mark.parametrize(
    ("paths", "error"),
    [
        (ScoreFile("x" * 300, "out"), "cannot read xxx.*: File name too long"),
        (ScoreFile("a.csv", "x" * 300), "cannot write xxx.*: File name too long"),
        (ScoreFile("loop", "out"), "cannot read loop: Too many levels of symbolic links"),
    ],
)
def test_a_path_that_cannot_be_looked_at_is_told_plainly(
    paths: ScoreFile, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_file, "configure_logs", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("ts,value\n1,1\n")
    Path("loop").symlink_to("loop")
    settings = load_settings({"model.checkpoint": str(save_tiny(tmp_path / "tiny", "tiny"))})
    with pytest.raises(SpearError, match=error):
        score_file.score(settings, paths, Console(quiet=True))


RECORDS: dict[str, tuple[dict[str, str], Callable[[int], str], str]] = {
    "a mapping": (
        {"input.ts_path": "at", "input.value_path": "load.cpu"},
        lambda at: f'{{"at": {START + 60_000 * at}, "load": {{"cpu": {at % 7}}}}}',
        "a",
    ),
    "telegraf": (
        {"input.format": "telegraf-json"},
        lambda at: f'{{"name": "cpu", "timestamp": {START + 60_000 * at}, "fields": {{"user": {at % 7}}}}}',
        "cpu.user",
    ),
    "line protocol": (
        {"input.format": "influx"},
        lambda at: f"cpu user={at % 7} {START + 60_000 * at}",
        "cpu.user",
    ),
}


@pytest.mark.parametrize("form", RECORDS)
def test_records_of_a_topic_are_read_as_the_daemon_reads_them(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags, line, series = RECORDS[form]
    content = "".join(line(at) + "\n" for at in range(40)) + '{"down": [}\n'
    told = said(tmp_path, content, monkeypatch, flags=flags, name="a.log", scores=Path("scores.csv"))
    assert told.startswith("40 points of 1 series")
    assert "; the first: line 41: " in told
    assert (tmp_path / "scores.csv").read_text().splitlines()[1].startswith(f"{series},")


@pytest.mark.parametrize("input_format", ["json", "telegraf-json", "influx"])
def test_a_table_is_a_table_whatever_the_topics_hold(
    input_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(row(at, str(at % 7)) for at in range(40))
    told = said(tmp_path, "ts,value\n" + rows, monkeypatch, flags={"input.format": input_format})
    assert told.startswith("40 points of 1 series")


def test_how_often_series_are_scored_goes_by_both_hops() -> None:
    model: Any = SimpleNamespace(spec=SPEC)
    found = detector_settings(load_settings({"scoring.hop": "2", "scoring.calm_hop": "16"}), model)
    assert (found.hop, found.calm_hop) == (2, 16)


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [({}, 3_600_000), ({"alerts.silent_seconds": "90"}, 90_000), ({"alerts.silent_seconds": "none"}, None)],
)
def test_silence_goes_by_its_setting(flags: dict[str, str], wanted: int | None) -> None:
    model: Any = SimpleNamespace(spec=SPEC)
    assert detector_settings(load_settings(flags), model).silent_ms == wanted
