"""The checkpoint in the package is what one gets without a name, or by the name default."""

from pathlib import Path

import pytest
from rich.console import Console

from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.model.packaged import DEFAULT_CHECKPOINT, checkpoint_folder
from spear_stream.wiring.show import show_checkpoint


@pytest.mark.parametrize("name", [None, "", "default", Path("default")])
def test_default_or_nothing_is_the_one_in_the_package(name: str | Path | None) -> None:
    assert checkpoint_folder(name) == DEFAULT_CHECKPOINT


@pytest.mark.parametrize("name", ["./default/..", "runs/default", Path("mine")])
def test_any_other_name_is_a_folder(name: str | Path) -> None:
    assert checkpoint_folder(name) == Path(name)


def test_every_command_knows_it_by_that_name() -> None:
    named = load_scorer(ModelChoice(Path("default"), tenants={"a-*": Path("default")}))
    assert named.describe(0) == named.describe(1) == load_scorer(ModelChoice()).describe(0)
    console = Console(record=True, width=100)
    show_checkpoint(Path("default"), console, as_json=False)
    assert named.describe(0).checkpoint in console.export_text()
