"""What is settled before the first point is scored: the commit, the checkpoint, and that all data will do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import pytest
from e2e.tiny import save_tiny
from e2e.training import write_series
from rich.console import Console

from spear_stream.core.errors import ConfigError, SpearError
from spear_stream.model.checkpoint import MANIFEST, load_manifest
from trainer import judging, provenance
from trainer.assessment import EvaluationRequest, assess
from trainer.comparison import CompareRequest, compare
from trainer.datasets import load
from trainer.judging import contestant
from trainer.promotion import ChallengerRefused, Gate, PromotionRequest, promote
from trainer.report.page import ReportRequest, write_report

SILENT = Console(quiet=True)
SIMPLE = "baseline:random"
Run = Callable[[list[str], Path], None]


def run_evaluate(data: list[str], folder: Path) -> None:
    assess(EvaluationRequest(data[0], SIMPLE, folder / "told"), SILENT, SILENT)


def run_compare(data: list[str], folder: Path) -> None:
    compare(CompareRequest(SIMPLE, str(folder / "tiny"), data, folder / "told"), SILENT, SILENT)


def run_promote(data: list[str], folder: Path) -> None:
    request = PromotionRequest(
        str(folder / "tiny"), SIMPLE, data[:1], data, folder / "live", Gate(), folder / "told"
    )
    promote(request, SILENT, SILENT)


def run_report(data: list[str], folder: Path) -> None:
    write_report(ReportRequest(data, folder / "told", SIMPLE, [str(folder / "tiny")]), SILENT)


SEVERAL = pytest.mark.parametrize("command", [run_compare, run_promote, run_report])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint in `tiny` that was trained on `known`; in `data` a series to judge on, in `short` none."""
    for seed, (name, points) in enumerate((("data", 300), ("known", 300), ("short", 20))):
        write_series(tmp_path / name, count=1, points=points, seed=seed)
    manifest = save_tiny(tmp_path / "tiny", "tiny") / MANIFEST
    trained_on = sorted(load(f"csv:{tmp_path / 'known'}")[0].fingerprints)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"trained_on": trained_on}))
    return tmp_path


@SEVERAL
@pytest.mark.parametrize(
    ("second", "told"),
    [("nowhere", "does not exist"), ("known", "1 series were trained on"), ("short", "is long enough")],
)
def test_a_mistake_in_the_last_data_is_told_before_the_first_is_scored(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: Run, second: str, told: str
) -> None:
    monkeypatch.setattr(judging, "stream", lambda *_, **__: pytest.fail("the work began"))
    with pytest.raises(SpearError, match=told):
        command([f"csv:{folder / name}" for name in ("data", second)], folder)


@SEVERAL
def test_data_that_is_named_twice_is_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: Run
) -> None:
    class Began(Exception):
        pass

    def begin(*_: object, **__: object) -> None:
        raise Began

    read: list[str] = []
    monkeypatch.setattr(judging, "load", lambda place: read.append(place) or load(place))
    monkeypatch.setattr(judging, "stream", begin)
    data = f"csv:{folder / 'data'}"
    with pytest.raises(Began):
        command([data, data], folder)
    assert read == [data]


@pytest.mark.parametrize("command", [run_evaluate, run_compare, run_promote, run_report])
def test_figures_have_the_commit_that_the_work_began_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: Run
) -> None:
    commit = ["at-the-start"]
    does = judging.stream

    def commit_meanwhile(*arguments: Any, **named: Any) -> Any:
        commit[0] = "at-the-end"
        return does(*arguments, **named)

    monkeypatch.setattr(provenance, "_commit", lambda: commit[0])
    monkeypatch.setattr(judging, "stream", commit_meanwhile)
    try:
        command([f"csv:{folder / 'data'}"], folder)
    except ChallengerRefused:
        assert command is run_promote
    told = (folder / "told").read_text()
    assert "at-the-start" in told
    assert "at-the-end" not in told


def test_a_benchmark_has_the_commit_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("git was asked in the end"))
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    assert json.loads(common.write_result("some", {}).read_text())["commit"] == common.COMMIT


def test_the_checkpoint_is_the_one_that_a_link_led_to_at_first(tmp_path: Path) -> None:
    link = tmp_path / "current"
    for name in ("one", "two"):
        save_tiny(tmp_path / name, name)
    link.symlink_to("one")
    who = contestant(str(link))
    link.unlink()
    link.symlink_to("two")
    assert who.scorer([]).describe(0).checkpoint == who.name == load_manifest(tmp_path / "one").id


def test_a_folder_that_changes_between_two_corpora_is_told(tmp_path: Path) -> None:
    who = contestant(str(save_tiny(tmp_path / "one", "one")))
    who.scorer([])
    save_tiny(tmp_path / "one", "one", prompts=1)
    with pytest.raises(ConfigError, match=f"held {who.name} when the judging began, and now one-"):
        who.scorer([])
