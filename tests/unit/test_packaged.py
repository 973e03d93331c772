"""The checkpoint in the package is what one gets without a name, or by the name default."""

import json
import shutil
from pathlib import Path

import pytest
from e2e.tiny import save_tiny
from rich.console import Console

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.model.checkpoint import MANIFEST, load_manifest
from spear_stream.model.packaged import DEFAULT_CHECKPOINT, checkpoint_folder
from spear_stream.ops.settings import load_settings
from spear_stream.wiring.common import scorer
from spear_stream.wiring.publishable import publishable
from spear_stream.wiring.show import show_checkpoint
from trainer.judging import contestant

PACKAGED = load_manifest(DEFAULT_CHECKPOINT).id


@pytest.mark.parametrize("name", [None, "default"])
def test_default_or_nothing_is_the_one_in_the_package(name: str | None) -> None:
    assert checkpoint_folder(name) == DEFAULT_CHECKPOINT


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="checkpoint is empty; name its folder, or default"):
        checkpoint_folder("")


@pytest.mark.parametrize("name", ["./default", "runs/default", Path("default"), Path("mine")])
def test_any_other_name_and_every_path_is_a_folder(name: str | Path) -> None:
    assert checkpoint_folder(name) == Path(name)


def shown(name: str) -> str:
    console = Console(record=True, width=100)
    show_checkpoint(name, console, as_json=False)
    return console.export_text()


def test_settings_and_commands_know_it_by_that_name() -> None:
    settings = load_settings({"model.checkpoint": "default", "model.tenants": {"a-*": "default"}})
    model = scorer(settings)
    assert model.describe(0).checkpoint == model.describe(1).checkpoint == PACKAGED
    assert publishable("default", settings).ref.id == PACKAGED
    assert contestant("default").name == PACKAGED
    assert PACKAGED in shown("default")


def test_a_folder_of_that_name_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = load_manifest(save_tiny(tmp_path / "default", "tiny")).id
    monkeypatch.chdir(tmp_path)
    assert tiny != PACKAGED
    settings = load_settings({"model.checkpoint": "./default"})
    assert scorer(settings).describe(0).checkpoint == tiny
    assert publishable("./default", settings).ref.id == tiny
    assert contestant("./default").name == tiny
    assert tiny in shown("./default")


def test_a_checkpoint_that_reads_otherwise_is_not_published(tmp_path: Path) -> None:
    other = Path(shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "other"))
    manifest = json.loads((other / MANIFEST).read_text())
    manifest["backbone"]["causal"] = False
    (other / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match=r"refuse it: minilm-l6 \(3 layers, 53aa"):
        publishable(str(other), load_settings({}))
