"""The command line and the daemon's endpoints answer at once, before the model's libraries are loaded."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "scipy", "sklearn", "river", "matplotlib"}


@pytest.mark.parametrize("program", ["spear_stream.cli", "trainer.cli"])
def test_help_loads_no_heavy_library(program: str) -> None:
    code = f"import sys; sys.argv = ['program', '--help']; from {program} import main; main()"
    imported = imports(code)
    assert "typer" in imported  # the report was understood
    assert not imported & HEAVY


def test_the_daemon_answers_on_its_port_before_it_loads_the_libraries_of_the_model() -> None:
    imported = imports("import spear_stream.wiring.daemon")
    assert "prometheus_client" in imported
    assert not imported & (HEAVY - {"scipy"} | {"kafka"})


def imports(code: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return set(re.findall(r"^import time:.*\|\s+(\w+)$", result.stderr, flags=re.MULTILINE))


def test_a_rollback_loads_no_heavy_library() -> None:
    """It must be quick when it is needed."""
    assert not imports("import spear_stream.wiring.prompts_list") & HEAVY
