"""Every setting that a deployment file names exists, and its value is accepted."""

import re
from pathlib import Path

import pytest
import yaml

from spear_stream.ops.settings import describe, load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAMES = {setting.env for setting in describe()}
FILES = sorted(file for file in DEPLOY.rglob("*") if file.is_file())


def test_the_deployment_names_settings() -> None:
    assert any("SPEAR_" in file.read_text() for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_named_setting_exists(file: Path) -> None:
    named = set(re.findall(r"SPEAR_\w+", file.read_text()))
    assert {name for name in named if name.removesuffix("_FILE") not in NAMES} == set()


def compose_variables() -> dict[str, str]:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return {name: str(value) for name, value in compose["services"]["worker"]["environment"].items()}


def example_variables() -> dict[str, str]:
    """The example with its commented settings switched on."""
    text = (DEPLOY / "systemd" / "spear-stream.env.example").read_text()
    return dict(re.findall(r"^#?(SPEAR_\w+)=(.*)$", text, flags=re.MULTILINE))


@pytest.mark.parametrize(
    "variables",
    [compose_variables(), example_variables() | {"SPEAR_KAFKA__PASSWORD": "secret"}],
    ids=["compose", "systemd"],
)
def test_the_values_are_accepted(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # away from a developer's .env
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.kafka.input_topics == ("metrics",)
