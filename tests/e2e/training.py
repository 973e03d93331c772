"""spear-trainer in the process of the test, and what it reads: a preset, labelled series."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import trainer.cli
from trainer.recipe import Recipe
from trainer.synthetic import generate

PLAN = """
[backbone]
name = "{backbone}"
layers = {layers}
[batches]
series = 3
windows_per_series = 3
points = 128
[training]
steps = 2
warmup = 2
validate_every = 1
validation_batches = 2
"""


def run(*arguments: object) -> int:
    """The program's exit code. Whatever it sets, torch has as many threads afterwards as before."""
    before, threads = sys.argv, torch.get_num_threads()
    sys.argv = ["spear-trainer", *map(str, arguments)]
    try:
        trainer.cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    finally:
        sys.argv = before
        torch.set_num_threads(threads)
    return 0


def require_mistake(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: str, code: int, message: str
) -> None:
    """These arguments, where {0} is the folder, end with the code and a plain message."""
    assert run(*arguments.format(folder).split()) == code
    errors = capsys.readouterr().err
    assert message.format(folder) in errors
    assert "Traceback" not in errors


def write_plan(folder: Path, further: str = "", *, backbone: str = "none", layers: int = 1) -> Path:
    """plan.toml in the folder, a preset that trains in a moment. further: goes on in its [training]."""
    path = folder / "plan.toml"
    path.write_text(PLAN.format(backbone=backbone, layers=layers) + further)
    return path


def write_series(data: Path, count: int, points: int, seed: int = 7) -> None:
    """Noise with labelled anomalies that a plain detector finds, series0.csv and so on, in a new folder."""
    data.mkdir()
    recipe = Recipe(normals=("plain_noise",), anomalies=("spike", "level_shift"))
    for number in range(count):
        made = generate(np.random.default_rng((seed, number)), points, 1.0, recipe)
        label = made.label | made.unclear
        rows = zip((made.ts // 1000).tolist(), made.values.tolist(), label.astype(int).tolist(), strict=True)
        text = "".join(f"{ts},{value!r},{flag}\n" for ts, value, flag in rows)
        (data / f"series{number}.csv").write_text("ts,value,label\n" + text)
