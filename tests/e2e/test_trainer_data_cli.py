"""Data through the trainer's command line: fetch, label, datasets, and real series to train on."""

import re
from pathlib import Path

import pytest
from e2e.training import require_mistake, run, write_series

from spear_stream.model.checkpoint import load_manifest
from trainer.datasets.csv import load_csv
from trainer.datasets.series import sha256_of

PLAN = """
[backbone]
name = "none"
[batches]
series = 2
windows_per_series = 3
points = 128
real_share = 1.0
tsmote_share = 0.2
[training]
steps = 10
validation_batches = 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled series in `data`, a preset in `plan.toml` and a checkpoint, trained on none of them."""
    folder = tmp_path_factory.mktemp("data")
    write_series(folder / "data", count=6, points=500)
    (folder / "plan.toml").write_text(PLAN)
    assert run("fit", "--preset", folder / "plan.toml", "--out", folder / "tiny") == 0
    return folder


def test_real_series_are_trained_on_listed_and_refused_in_evaluation(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"csv:{folder / 'data'}"
    assert run("fit", "--preset", folder / "plan.toml", "--data", data, "--out", tmp_path / "real") == 0
    manifest = load_manifest(tmp_path / "real")
    assert {sha256_of(series.value) for series in load_csv(folder / "data")} < set(manifest.trained_on)
    assert f"--data {data}" in manifest.command
    assert run("evaluate", "--data", data, "--checkpoint", tmp_path / "real") == 2
    assert "6 series were trained on" in capsys.readouterr().err


def test_history_is_labelled_and_then_evaluated(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "history").mkdir()
    rows = [line.rsplit(",", 1)[0] for line in (folder / "data" / "series1.csv").read_text().splitlines()]
    (tmp_path / "history" / "cpu.csv").write_text("\n".join(rows))
    history, out = f"csv:{tmp_path / 'history'}", tmp_path / "labelled"
    assert run("evaluate", "--data", history, "--checkpoint", folder / "tiny") == 3
    assert f"spear-trainer label --data {history} --out DIR" in capsys.readouterr().err
    assert run("label", "--data", history, "--out", out, "--min-kinds", 2) == 0
    assert re.search(r"anomalous +│ \d+", capsys.readouterr().out)
    assert run("evaluate", "--data", f"csv:{out}", "--checkpoint", folder / "tiny", "--hop", 10) == 0


def test_kinds_of_data_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("datasets") == 0
    printed = capsys.readouterr().out
    assert all(f"{kind}:" in printed for kind in ("csv", "parquet", "nab", "nasa", "skab", "mimic", "kafka"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("fit --preset tiny --out {0}/x --data csv:{0}/nowhere", 3, "{0}/nowhere does not exist"),
        ("fetch mimic --out {0}/x", 2, "PhysioNet has credentialed"),
        ("label --data csv:{0}/data --out {0}/x --kind jump", 2, "no automatic label 'jump'"),
        ("label --data csv:{0}/data --out {0}/data", 2, "holds CSV files already"),
    ],
)
def test_a_mistake_gives_one_plain_line_and_its_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, message: str
) -> None:
    require_mistake(capsys, folder, arguments, code, message)
