"""What the command line refuses before any work."""

from pathlib import Path

from typer.testing import CliRunner

from spear_stream.cli import app


def test_a_seed_that_no_generator_takes_is_refused_in_words(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", "--seed", "-1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "--seed" in done.output
    assert not (tmp_path / "out").exists()
