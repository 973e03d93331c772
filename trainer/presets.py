"""Named and own settings of a training run, read from TOML.

Groups: [backbone] name, layers and causal, [window] WindowSpec, [shape] PromptShape, [batches] BatchPlan and
[training] TrainingPlan. What a file leaves out has its default in the code.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import BackboneInfo
from spear_stream.model.compatibility import check_positions
from spear_stream.model.prompt import PromptShape
from spear_stream.model.weights import DEFAULT_BACKBONE
from trainer.batches import BatchPlan
from trainer.plan import TrainingPlan

FOLDER = Path(__file__).with_suffix("")
DERIVED = {
    ("shape", "hidden"): "it is the width of the backbone",
    ("shape", "deep"): "[training] deep_prompts decides it",
    ("shape", "gains"): "[training] norm_gains decides it",
}
"""Fields that are no settings, and what decides them."""


@dataclass(frozen=True)
class BackboneChoice:
    """Which frozen model, and how much of it."""

    name: str = DEFAULT_BACKBONE
    """A folder, minilm-l6, smollm2-135m, mpnet-base, a hub name, random:NAME or none."""
    layers: int | None = None
    """The first layers only; all of them when unset."""
    causal: bool = False
    """Every position of an encoder reads only those up to itself (model/backbone.py)."""


@dataclass(frozen=True)
class Preset:
    """Everything that decides the result of a training run."""

    name: str
    backbone: BackboneChoice = field(default_factory=BackboneChoice)
    window: WindowSpec = field(default_factory=WindowSpec)
    shape: PromptShape = field(default_factory=PromptShape)
    batches: BatchPlan = field(default_factory=BatchPlan)
    training: TrainingPlan = field(default_factory=TrainingPlan)

    def __post_init__(self) -> None:
        self.shape.check_window(self.window)
        if self.training.short_path_weight and not self.shape.skip:
            raise ConfigError(
                "[training] short_path_weight weighs the loss of a path that [shape] skip = 0 leaves out: "
                "set one of them to another value"
            )

    def shape_for(self, backbone: BackboneInfo) -> PromptShape:
        """The prompt's shape, as wide as the backbone and as deep as what is tuned in it.

        Raises CheckpointError for more positions than the backbone can read.
        """
        check_positions(backbone, self.window, self.shape.prompts)
        return replace(
            self.shape,
            hidden=backbone.hidden_size,
            deep=max(backbone.layers - 1, 0) if self.training.deep_prompts else 0,
            gains=backbone.norms if self.training.norm_gains else 0,
        )

    def replaced(
        self, *, backbone: str | None, layers: int | None, steps: int | None, seed: int | None
    ) -> "Preset":
        """With other values where they are given."""
        chosen = replace(self.backbone, **_given(name=backbone, layers=layers))
        return replace(
            self, backbone=chosen, training=replace(self.training, **_given(steps=steps, seed=seed))
        )


GROUPS: Mapping[str, type[Any]] = {
    "backbone": BackboneChoice,
    "window": WindowSpec,
    "shape": PromptShape,
    "batches": BatchPlan,
    "training": TrainingPlan,
}


def names() -> list[str]:
    """The presets that come with the trainer."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(preset: str) -> Preset:
    """Load a named preset or a TOML file. Raises ConfigError naming the file and the key at fault."""
    path = FOLDER / f"{preset}.toml" if preset in names() else Path(preset)
    tables = _read(path)
    if unknown := sorted(set(tables) - set(GROUPS)):
        raise ConfigError(f"{path}: unknown group [{unknown[0]}]; there are {_listed(GROUPS)}")
    groups = {name: _group(path, name, table) for name, table in tables.items()}
    try:
        return Preset(path.stem, **groups)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML file: {error}") from error
    except OSError as error:
        raise ConfigError(
            f"--preset {path}: {error.strerror}; give one of {_listed(names())}, or the path of a TOML file"
        ) from error


def _group(path: Path, name: str, table: Any) -> Any:
    kind = GROUPS[name]
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {name} must be a group, written [{name}]")
    settings = {entry.name for entry in fields(kind) if (name, entry.name) not in DERIVED}
    for key in table:
        if (name, key) in DERIVED:
            raise ConfigError(f"{path}: [{name}] {key} cannot be set, {DERIVED[name, key]}; remove it")
        if key not in settings:
            raise ConfigError(f"{path}: [{name}] has no key {key!r}; there are {_listed(settings)}")
    try:
        return msgspec.convert(table, kind)
    except (msgspec.ValidationError, ConfigError) as error:
        raise ConfigError(f"{path}: [{name}] {str(error).replace(' - at `$.', ' for `')}") from error


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _listed(words: Any) -> str:
    return ", ".join(sorted(words))
