"""spear-trainer in the process of the test, and labelled series for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

import trainer.cli
from trainer.recipe import Recipe
from trainer.synthetic import generate


def run(*arguments: object) -> int:
    """The program's exit code."""
    before = sys.argv
    sys.argv = ["spear-trainer", *map(str, arguments)]
    try:
        trainer.cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    finally:
        sys.argv = before
    return 0


def require_mistake(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: str, code: int, message: str
) -> None:
    """These arguments, where {0} is the folder, end with the code and a plain message."""
    assert run(*arguments.format(folder).split()) == code
    errors = capsys.readouterr().err
    assert message.format(folder) in errors
    assert "Traceback" not in errors


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


@contextmanager
def threads_kept() -> Iterator[None]:
    """Whatever the program sets, torch has as many threads afterwards as before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
