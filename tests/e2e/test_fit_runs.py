"""fit in several processes, with several seeds, and with what a preset can switch on."""

import json
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from e2e.forked import start_trainers
from e2e.training import run, threads_kept
from rich.console import Console

from spear_stream.core.spec import CHANNELS
from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_manifest
from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.wiring.show import show_checkpoint
from trainer import fitting
from trainer.run_folder import TRAINING
from trainer.seeds import SEEDS

PLAN = """
[backbone]
name = "{backbone}"
layers = {layers}
[batches]
series = 3
windows_per_series = 3
points = 128
[training]
steps = 6
warmup = 2
validate_every = 2
validation_batches = 2
"""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with threads_kept():
        yield


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(backbone="none", layers=1))
    return path


def fit(*arguments: object) -> int:
    return run("fit", *arguments, "--threads", 1)


def losses(folder: Path) -> list[float]:
    return [found["loss"] for found in json.loads((folder / TRAINING).read_text())["history"]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_two_processes_train_what_one_does(plan: Path, tmp_path: Path) -> None:
    arguments = ["fit", "--preset", str(plan), "--out", str(tmp_path / "two"), "--threads", "1"]
    both = start_trainers(arguments, count=2, port=free_port())
    assert fit("--preset", plan, "--out", tmp_path / "one") == 0
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


def test_several_seeds_give_their_spread_and_keep_the_best(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--preset", plan, "--out", tmp_path / "out", "--seeds", 3, "--seed", 5)
    assert fit(*arguments) == 0
    assert "over 3 seeds; best by validation: seed" in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / SEEDS).read_text())
    assert [one["seed"] for one in found["runs"]] == [5, 6, 7]
    best = min(found["runs"], key=lambda one: one["metrics"]["validation_loss"])
    assert found["best"] == best["id"] == load_manifest(tmp_path / "out").id
    assert found["spread"]["validation_loss"]["deviation"] > 0
    assert found["spread"]["validation_prevalence"]["deviation"] == 0  # all on the same series


def test_seeds_that_are_done_are_not_trained_again(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--preset", plan, "--out", out, "--seeds", 2)
    assert fit(*arguments) == 0
    whole = (out / TENSORS).read_bytes()
    (out / MANIFEST).unlink()
    (out / "seed-1" / MANIFEST).unlink()
    before = (out / "seed-0" / TENSORS).stat().st_mtime_ns
    assert fit(*arguments) == 0
    assert (out / "seed-0" / TENSORS).stat().st_mtime_ns == before
    assert (out / TENSORS).read_bytes() == whole


def test_seeds_of_another_recipe_are_not_mixed_in(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--preset", plan, "--out", tmp_path / "out", "--seeds", 2)
    assert fit(*arguments) == 0
    for file in (SEEDS, MANIFEST):
        (tmp_path / "out" / file).unlink()
    plan.write_text(plan.read_text().replace("points = 128", "points = 256"))
    assert fit(*arguments) == 2
    assert "with batches.points = 128, now 256: give it the same options" in capsys.readouterr().err


def test_a_finished_seed_of_another_name_or_without_its_record_is_told(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--preset", plan, "--out", tmp_path / "out", "--seeds", 2)
    assert fit(*arguments) == 0
    (tmp_path / "out" / MANIFEST).unlink()
    assert fit(*arguments, "--name", "other") == 2
    assert "with run.name = 'plan', now 'other'" in capsys.readouterr().err
    (tmp_path / "out" / "seed-0" / TRAINING).unlink()
    assert fit(*arguments) == 2
    assert "seed-0/training.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_fresh_start_that_was_interrupted_goes_on(
    plan: Path, tmp_path: Path, seeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--preset", plan, "--out", tmp_path / "out", "--seeds", seeds)
    assert fit(*arguments) == 0
    whole = (tmp_path / "out" / TENSORS).read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "_stop_requests", lambda: nullcontext(SimpleNamespace(is_set=lambda: True)))
        assert fit(*arguments, "--fresh") == 130
    assert fit(*arguments) == 0, "it is no finished checkpoint"
    assert (tmp_path / "out" / TENSORS).read_bytes() == whole


@pytest.mark.parametrize(
    ("training", "shape"),
    [
        ("deep_prompts = true\ncalibrate = true", ""),
        ("norm_gains = true\npositive_weight = 3", ""),
        ("deep_prompts = true\nnorm_gains = true", "window_head = true\nskip = 0"),
    ],
)
def test_what_a_preset_switches_on_trains_and_scores(tmp_path: Path, training: str, shape: str) -> None:
    path = tmp_path / "mine.toml"
    text = PLAN.format(backbone="minilm-l6", layers=2).replace("steps = 6", "steps = 2")
    path.write_text(f"{text}{training}\n[shape]\n{shape}\n")
    assert fit("--preset", path, "--out", tmp_path / "out") == 0
    scorer = load_scorer(ModelChoice(checkpoint=tmp_path / "out", threads=1))
    windows = np.zeros(4, scorer.spec.dtype)
    windows["fresh"] = 1
    windows["codes"] = np.random.default_rng(0).integers(1, 100, (4, scorer.spec.length, len(CHANNELS)))
    assert len(set(scorer.score(windows).tolist())) > 1


def test_a_causal_encoder_is_read_as_it_was_trained(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = PLAN.format(backbone="minilm-l6", layers=1).replace("steps = 6", "steps = 2")
    path.write_text(text.replace("layers = 1", "layers = 1\ncausal = true"))
    assert fit("--preset", path, "--out", tmp_path / "out") == 0
    assert load_manifest(tmp_path / "out").backbone.causal
    load_scorer(ModelChoice(checkpoint=tmp_path / "out", threads=1))  # it refuses one that reads otherwise
    console = Console(record=True, width=100)
    show_checkpoint(str(tmp_path / "out"), console, as_json=False)
    assert "minilm-l6, first 1 layers, causal, SHA-256" in console.export_text()
