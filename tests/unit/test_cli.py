"""What the command line refuses before any work."""

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from spear_stream.cli import app
from spear_stream.core.spec import LONGEST
from trainer.cli import app as trainer_app


def test_a_seed_that_no_generator_takes_is_refused_in_words(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", "--seed", "-1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "--seed" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("of", "arguments"),
    [
        (app, ["score-file", "points.csv"]),
        (trainer_app, ["evaluate", "--checkpoint", "default", "--data", "csv:points"]),
    ],
    ids=["score-file", "evaluate"],
)
def test_a_hop_that_reaches_farther_back_than_any_window_is_refused(of: Typer, arguments: list[str]) -> None:
    done = CliRunner().invoke(of, [*arguments, "--hop", str(LONGEST + 1)])
    assert done.exit_code == 2
    assert "--hop" in done.output
    assert f"{LONGEST}" in done.output
