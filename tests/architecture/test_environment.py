"""Settings come from one place: nothing but ops.settings reads the environment."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READER = ROOT / "spear_stream" / "ops" / "settings"
NAMES = {"environ", "environb", "getenv", "getenvb"}


def environment_uses(source: str) -> list[int]:
    """Lines that name os.environ, os.getenv or a relative, by attribute or by import."""
    nodes = ast.walk(ast.parse(source))
    return sorted(node.lineno for node in nodes if _is_attribute(node) or _is_import(node))


def _is_attribute(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in NAMES


def _is_import(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ImportFrom) and node.module == "os" and any(a.name in NAMES for a in node.names)
    )


def test_only_the_settings_read_the_environment() -> None:
    files = [*ROOT.glob("spear_stream/**/*.py"), *ROOT.glob("trainer/**/*.py")]
    readers = {file for file in files if environment_uses(file.read_text())}
    assert not {str(file.relative_to(ROOT)) for file in readers if not file.is_relative_to(READER)}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as system\nsystem.getenv('A')",
        "\nfrom os import environ as env",
    ],
)
def test_a_reader_is_noticed(source: str) -> None:
    assert environment_uses(source) == [2]
