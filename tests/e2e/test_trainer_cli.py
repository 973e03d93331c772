"""The trainer's command line as its users run it: train, be killed, go on, evaluate."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from e2e.training import require_mistake, run, write_series
from joblib import cpu_count
from makers import makers
from safetensors.torch import load_file

from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint, load_manifest
from trainer.datasets.csv import load_csv
from trainer.datasets.series import sha256_of
from trainer.resume import RESUME_FILE
from trainer.run_folder import TRAINING

ROOT = Path(__file__).parents[2]
PLAN = """
[backbone]
name = "none"
[batches]
series = 2
windows_per_series = 3
points = 128
[training]
steps = 80
warmup = 2
validate_every = 10
validation_batches = 2
patience = 100
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint in `tiny`, a preset in `plan.toml`, labelled series in `data`."""
    folder = tmp_path_factory.mktemp("trainer")
    (folder / "plan.toml").write_text(PLAN)
    write_series(folder / "data", count=6, points=700)
    assert run("fit", "--preset", "tiny", "--out", folder / "tiny", "--threads", 1) == 0
    return folder


def start(*arguments: object) -> subprocess.Popen[str]:
    """The program in a process of its own, that leads those it starts."""
    command = [sys.executable, "-c", "from trainer.cli import main; main()", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for_line(process: subprocess.Popen[str], pattern: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(pattern, line):
            return
    pytest.fail(f"the program ended before it said {pattern}")


def test_the_tiny_preset_learns_something_and_says_how_it_was_made(folder: Path) -> None:
    manifest = load_manifest(folder / "tiny")
    assert manifest.metrics["validation_auc_roc"] > 0.6
    assert manifest.command == "spear-trainer fit --preset tiny --out tiny --threads 1"
    assert (manifest.seed, manifest.steps, manifest.trained_on) == (0, 120, [])
    assert (manifest.backbone.name, manifest.backbone.layers) == ("minilm-l6", 1)
    training = json.loads((folder / "tiny" / TRAINING).read_text())
    assert [found["step"] for found in training["history"]] == [40, 80, 120]
    assert training["plan"]["training"]["steps"] == 120
    assert training["machine"]["cores"] == os.cpu_count()
    assert not (folder / "tiny" / RESUME_FILE).exists()


def test_its_metrics_are_those_of_the_checkpoint_as_it_is_kept(folder: Path) -> None:
    history = json.loads((folder / "tiny" / TRAINING).read_text())["history"]
    best = min(found["loss"] for found in history)
    assert load_manifest(folder / "tiny").metrics["validation_loss"] == pytest.approx(best, rel=0.01)


def test_evaluation_on_labelled_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "figures.json"
    data, tiny = f"csv:{folder / 'data'}", folder / "tiny"
    assert run("evaluate", "--data", data, "--checkpoint", tiny, "--baselines", "--json", out) == 0
    printed = capsys.readouterr()
    result = json.loads(out.read_text())
    found = result["detectors"][result["checkpoint"]]["report"]["figures"]
    assert result["checkpoint"] == load_manifest(tiny).id
    assert found["auc_roc"]["value"] > 0.6
    assert found["vus_pr"]["value"] > found["prevalence"]["value"]
    assert {"event_f1", "false_alarms_per_series_day", "median_delay_seconds"} <= set(found)
    assert {"random", "squared_difference", "half_space_trees"} < set(result["detectors"])
    assert result["settings"]["post"] == "full"
    assert result["scores"]["nab"] == "calibrated score, no repeats (x1.5)"
    assert result["machine"]["cores"] == os.cpu_count()
    assert re.search(r"nab_standard .* calibrated score, no repeats \(x1\.5\) .* \[", printed.out)
    assert f"{sum(map(len, load_csv(folder / 'data')))}/" in printed.err


def test_a_lower_precision_hardly_changes_figures(folder: Path) -> None:
    figures = []
    for dtype in ("float32", "bfloat16"):
        out = folder / f"{dtype}.json"
        arguments = ("--data", f"csv:{folder / 'data'}", "--checkpoint", folder / "tiny", "--json", out)
        assert run("evaluate", *arguments, "--dtype", dtype, "--post", "none", "--hop", 10) == 0
        result = json.loads(out.read_text())
        assert result["settings"]["dtype"] == dtype
        figures.append(result["detectors"][result["checkpoint"]]["report"]["figures"]["auc_roc"]["value"])
    assert figures[0] != figures[1] == pytest.approx(figures[0], abs=0.02)


@pytest.mark.parametrize("post", ["none", "likelihood"])
def test_other_post_processing_scores_the_same_windows(folder: Path, post: str) -> None:
    out = folder / f"{post}.json"
    arguments = ("--data", f"csv:{folder / 'data'}", "--checkpoint", folder / "tiny", "--json", out)
    assert run("evaluate", *arguments, "--post", post, "--hop", 10) == 0
    result = json.loads(out.read_text())
    assert result["scores"]["nab"] == result["scores"]["range"] != "calibrated score, no repeats (x1.5)"
    assert result["detectors"][result["checkpoint"]]["windows"] == 6 * (700 - 30) // 10


def test_a_killed_run_goes_on_and_ends_as_an_undisturbed_one(folder: Path) -> None:
    plan = ("fit", "--preset", folder / "plan.toml", "--threads", 1, "--out")
    killed = start(*plan, folder / "killed")
    wait_for_line(killed, r"training 10/80")
    killed.kill()
    killed.communicate()
    assert (folder / "killed" / RESUME_FILE).exists()
    assert not (folder / "killed" / MANIFEST).exists()
    assert run(*plan, folder / "killed") == 0
    assert run(*plan, folder / "undisturbed") == 0
    resumed, undisturbed = (load_file(folder / name / TENSORS) for name in ("killed", "undisturbed"))
    assert all(torch.equal(tensor, undisturbed[name]) for name, tensor in resumed.items())
    histories = [
        json.loads((folder / n / TRAINING).read_text())["history"] for n in ("killed", "undisturbed")
    ]
    assert histories[0] == histories[1]


def test_ctrl_c_saves_and_says_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = ("fit", "--preset", folder / "plan.toml", "--threads", 1, "--out", folder / "stopped")
    process = start(*plan)
    wait_for_line(process, r"training 1/80")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert re.search(r"interrupted at step \d+ of 80.*the same command, without --fresh, goes on", errors)
    assert "Traceback" not in errors
    assert (folder / "stopped" / RESUME_FILE).exists()
    assert run(*plan, "--steps", 81) == 2
    assert "training.steps = 80, now 81" in capsys.readouterr().err
    assert run(*plan, "--steps", 2, "--fresh") == 0
    assert load_checkpoint(folder / "stopped").manifest.steps == 2


@pytest.mark.skipif(cpu_count() == 1, reason="with one core nobody makes batches beside the training")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_of_a_run_stops_it_as_one_to_the_first(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    plan = ("fit", "--preset", folder / "plan.toml", "--steps", 5000, "--threads", 1)
    process = start(*plan, "--out", tmp_path / "run")
    wait_for_line(process, r"training 20/5000")
    assert makers(process.pid)
    os.killpg(process.pid, number)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "interrupted at step" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "run" / RESUME_FILE).exists()


def test_a_finished_checkpoint_is_not_overwritten_by_accident(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "tiny" / TENSORS).read_bytes()
    assert run("fit", "--preset", "tiny", "--out", folder / "tiny") == 2
    assert re.search(r"already holds checkpoint tiny-\w{12}: .*--fresh", capsys.readouterr().err)
    assert (folder / "tiny" / TENSORS).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("fit --preset nothing --out {0}/x", 2, "--preset nothing: No such file"),
        ("fit --preset tiny --out {0}/plan.toml/x", 2, "cannot write to {0}/plan.toml/x: Not a directory"),
        ("fit --preset tiny --out {0}/x --backbone no/such/folder", 2, "'no/such/folder' is no folder"),
        ("fit --preset tiny --out {0}/x --layers 9", 2, "the backbone has 6 layers, 9 were asked for"),
        (
            "fit --preset tiny --out {0}/x --name team/cpu",
            2,
            "--name team/cpu: a name is printable",
        ),
        ("fit --preset tiny", 2, "--out"),
        ("evaluate --data csv:{0}/nowhere --checkpoint {0}/tiny", 3, "{0}/nowhere does not exist"),
        ("evaluate --data xls:{0} --checkpoint {0}/tiny", 2, "expected KIND:PLACE"),
        ("evaluate --data csv:?every=60 --checkpoint {0}/tiny", 2, "expected KIND:PLACE"),
        ("evaluate --data csv:{0}/data --checkpoint {0}", 2, "no checkpoint in {0}"),
        ("evaluate --data csv:{0}/data --checkpoint {0}/tiny --hop 0", 2, "--hop"),
        ("evaluate --data csv:{0}/data --checkpoint {0}/tiny --dtype half", 2, "bfloat16"),
    ],
)
def test_a_mistake_gives_one_plain_line_and_its_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, message: str
) -> None:
    require_mistake(capsys, folder, arguments, code, message)


def test_data_that_was_trained_on_is_refused_before_anything_is_scored(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (MANIFEST, TENSORS):
        (tmp_path / name).write_bytes((folder / "tiny" / name).read_bytes())
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    manifest["trained_on"] = [sha256_of(load_csv(folder / "data")[2].value)]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert run("evaluate", "--data", f"csv:{folder / 'data'}", "--checkpoint", tmp_path) == 2
    printed = capsys.readouterr()
    assert "the first is series2.csv" in printed.err
    assert "/4200" not in printed.err


def test_help_gives_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    assert "130 interrupted" in capsys.readouterr().out
    for command in ("fit", "evaluate", "fetch", "label"):
        assert run(command, "--help") == 0
        assert f"$ spear-trainer {command}" in capsys.readouterr().out
