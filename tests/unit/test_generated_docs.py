"""The generated documents are what the code says; the assertion shows the command that writes them."""

from pathlib import Path

import pytest

from spear_stream.ops import config_docs, metrics_docs
from spear_stream.ops.settings import describe

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "rendered", "command"),
    [
        ("configuration.md", config_docs.render(), "python -m spear_stream.ops.config_docs"),
        ("metrics.md", metrics_docs.render(), "python -m spear_stream.ops.metrics_docs"),
    ],
)
def test_document_is_current(name: str, rendered: str, command: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == rendered, f"run: {command} > docs/{name}"


def test_every_setting_has_a_row() -> None:
    text = config_docs.render()
    for setting in describe():
        assert text.count(f"| `{setting.env}` | `{setting.toml}` |") == 1
