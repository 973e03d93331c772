"""fit in several processes, and with what a preset can switch on."""

import json
import socket
from pathlib import Path

import numpy as np
import pytest
from e2e.forked import start_trainers
from e2e.training import run, write_plan
from rich.console import Console

from spear_stream.core.spec import CHANNELS
from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.wiring.show import show_checkpoint
from trainer.run_folder import TRAINING


def losses(folder: Path) -> list[float]:
    return [found["loss"] for found in json.loads((folder / TRAINING).read_text())["history"]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    plan = ["fit", "--preset", str(write_plan(tmp_path)), "--steps", "6", "--threads", "1", "--out"]
    both = start_trainers([*plan, str(tmp_path / "two")], count=2, port=free_port())
    assert run(*plan, tmp_path / "one") == 0
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


@pytest.mark.parametrize(
    ("training", "shape"),
    [
        ("deep_prompts = true\ncalibrate = true", ""),
        ("norm_gains = true\npositive_weight = 3", ""),
        ("deep_prompts = true\nnorm_gains = true", "window_head = true\nskip = 0"),
    ],
)
def test_what_a_preset_switches_on_trains_and_scores(tmp_path: Path, training: str, shape: str) -> None:
    plan = write_plan(tmp_path, f"{training}\n[shape]\n{shape}\n", backbone="minilm-l6", layers=2)
    assert run("fit", "--preset", plan, "--out", tmp_path / "out", "--threads", 1) == 0
    scorer = load_scorer(ModelChoice(checkpoint=tmp_path / "out", threads=1))
    windows = np.zeros(4, scorer.spec.dtype)
    windows["fresh"] = 1
    windows["codes"] = np.random.default_rng(0).integers(1, 100, (4, scorer.spec.length, len(CHANNELS)))
    assert len(set(scorer.score(windows).tolist())) > 1


def test_a_causal_encoder_is_read_as_it_was_trained(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, backbone="minilm-l6")
    plan.write_text(plan.read_text().replace("layers = 1", "layers = 1\ncausal = true"))
    assert run("fit", "--preset", plan, "--out", tmp_path / "out", "--threads", 1) == 0
    assert load_manifest(tmp_path / "out").backbone.causal
    load_scorer(ModelChoice(checkpoint=tmp_path / "out", threads=1))  # it refuses one that reads otherwise
    console = Console(record=True, width=100)
    show_checkpoint(str(tmp_path / "out"), console, as_json=False)
    assert "minilm-l6, first 1 layers, causal, SHA-256" in console.export_text()
