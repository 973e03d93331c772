"""The generated documents are what the code says; the assertion shows the command that writes them."""

import json
from pathlib import Path

import pytest
from evaluation_table import RESULTS, render

from spear_stream.core.alerts import ESCALATION
from spear_stream.core.refusals import Refusal
from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.packaged import DEFAULT_CHECKPOINT
from spear_stream.ops import config_docs, metrics_docs
from spear_stream.ops.settings import describe
from spear_stream.transport.faults import Reason

DOCS = Path(__file__).parents[2] / "docs"
OWN = [path for path in (RESULTS / "kinds.json", RESULTS / "cold_start.json") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "rendered", "command"),
    [
        ("configuration.md", config_docs.render(), "python -m spear_stream.ops.config_docs"),
        ("metrics.md", metrics_docs.render(), "python -m spear_stream.ops.metrics_docs"),
    ],
)
def test_document_is_current(name: str, rendered: str, command: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == rendered, f"run: {command} > docs/{name}"


def test_the_tables_of_the_evaluation_are_those_of_the_result_files() -> None:
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    assert text.count("<!-- results: ") >= 1
    assert text.count("<!-- goals -->") == 1
    assert render(text) == text, "run: make docs"


@pytest.mark.parametrize("path", [*RESULTS.glob("*-1-shipped.json"), *OWN], ids=lambda path: path.stem)
def test_the_evaluation_is_of_the_checkpoint_that_ships(path: Path) -> None:
    evaluated = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]
    assert evaluated == load_manifest(DEFAULT_CHECKPOINT).id, "run: make evaluate"


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_result_file_names_no_path_of_the_machine_it_was_made_on(path: Path) -> None:
    assert '"/' not in path.read_text(encoding="utf-8")


def test_the_cooldown_names_the_rise_of_the_score_that_ends_it() -> None:
    [text] = [setting.description for setting in describe() if setting.toml == "alerts.cooldown_seconds"]
    assert f" {ESCALATION} above " in text


def test_every_setting_has_a_row() -> None:
    text = config_docs.render()
    for setting in describe():
        assert text.count(f"| `{setting.env}` | `{setting.toml}` |") == 1


def test_operators_find_every_reason_of_a_dead_letter() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8").partition("| reason |")[2]
    text = text.partition("\n\n")[0]
    assert [reason for reason in (*Reason, *Refusal) if f"`{reason}`" not in text] == []
