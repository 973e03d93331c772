"""The layers hold, and each contract of pyproject.toml notices when it is broken."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("spear_stream", "trainer")

VIOLATIONS = [
    ("imports go down only", "spear_stream/core/planted.py", "import spear_stream.model"),
    ("imports go down only", "spear_stream/planted.py", "import numpy"),  # a module without a layer
    ("core is pure", "spear_stream/core/planted.py", "import torch"),
    ("the service sees core only", "spear_stream/service.py", "import spear_stream.transport"),
    ("nothing imports the trainer", "spear_stream/ops/planted.py", "import trainer.datasets"),
    ("the trainer uses core and model only", "trainer/planted.py", "import spear_stream.transport"),
    (
        "reading history is no consumer loop",
        "spear_stream/wiring/history.py",
        "import spear_stream.transport.kafka_source",
    ),
    ("only the model knows torch", "spear_stream/ops/planted.py", "import torch"),
    (
        "only the loading of backbones knows transformers",
        "spear_stream/model/planted.py",
        "import transformers",
    ),
    ("only transport knows the Kafka client", "spear_stream/ops/planted.py", "import kafka"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--no-cache",
        "--config",
        ROOT / "pyproject.toml",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def broken(report: str) -> set[str]:
    return set(re.findall(r"^(.+?) BROKEN", report, flags=re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("data", "__pycache__")
        )
    return tmp_path


def test_the_layers_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str, file: str, line: str) -> None:
    with (copy / file).open("a") as module:
        module.write(f"\n{line}\n")

    result = lint_imports(copy)

    assert result.returncode != 0
    assert contract in broken(result.stdout), result.stdout


def test_every_contract_has_a_planted_violation() -> None:
    report = lint_imports(ROOT).stdout
    contracts = set(re.findall(r"^(.+?) (?:KEPT|BROKEN)", report, flags=re.MULTILINE))
    assert contracts == {contract for contract, _, _ in VIOLATIONS}
