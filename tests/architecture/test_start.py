"""The command line answers at once: `--help` does not load the model's libraries."""

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
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr[-2000:]
    imported = set(re.findall(r"^import time:.*\|\s+(\w+)$", result.stderr, flags=re.MULTILINE))
    assert "typer" in imported  # the report was understood
    assert not imported & HEAVY


def test_a_rollback_loads_no_heavy_library() -> None:
    """It must be quick when it is needed."""
    code = f"import sys, spear_stream.wiring.prompts_list; print({HEAVY!r} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
