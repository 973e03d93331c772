"""Settings of a training run: what is given is used, what is unknown is refused."""

from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.prompt import PromptShape
from trainer.batches import BatchPlan
from trainer.plan import TrainingPlan
from trainer.presets import BackboneChoice, load_preset, names


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def test_the_default_preset_is_the_defaults_of_the_code_with_three_layers_and_rhythm() -> None:
    preset = load_preset("default")
    assert preset.backbone == BackboneChoice("minilm-l6", 3, causal=True)
    assert (preset.window, preset.batches) == (WindowSpec(), BatchPlan())
    assert preset.shape == PromptShape(derived=("rhythm",))
    assert preset.training == TrainingPlan(
        steps=10000,
        precision="bfloat16",
        validate_every=1000,
        validation_batches=16,
        patience=20,
        short_path_weight=0.3,
    )


@pytest.mark.parametrize("name", names())
def test_every_named_preset_loads_under_its_name(name: str) -> None:
    assert load_preset(name).name == name


def test_what_a_file_says_is_used_and_the_rest_has_its_default(written: Path) -> None:
    written.write_text("[window]\nlength = 64\n[training]\nlearning_rate = 1\nseed = 3\n")
    preset = load_preset(str(written))
    assert preset.name == "mine"
    assert preset.window == WindowSpec(length=64)
    assert preset.training == TrainingPlan(learning_rate=1.0, seed=3)


def test_options_replace_what_the_preset_says_where_they_are_given() -> None:
    replaced = load_preset("tiny").replaced(backbone="none", layers=None, steps=7, seed=None)
    assert replaced.backbone == BackboneChoice("none", 1)
    assert (replaced.training.steps, replaced.training.seed) == (7, 0)


def test_the_prompt_is_as_wide_as_the_backbone() -> None:
    assert load_preset("tiny").shape_for(load_backbone("none").info).hidden == 384


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nstepz = 3", r"mine.toml: \[training\] has no key 'stepz'; there are .*steps"),
        ("[trainer]\nsteps = 3", r"mine.toml: unknown group \[trainer\]; there are backbone, batches"),
        ("steps = 3", r"mine.toml: unknown group \[steps\]"),
        ("window = 3", r"mine.toml: window must be a group, written \[window\]"),
        ("[training]\nsteps = 'many'", r"mine.toml: \[training\] Expected `int`, got `str` for `steps`"),
        ("[training]\nsteps = 0", r"mine.toml: \[training\] steps must be at least 1, got 0"),
        (
            "[training]\nlearning_rate = -1.0",
            r"mine.toml: \[training\] learning_rate must be above 0, got -1.0",
        ),
        ("[batches]\npoints = 3", r"mine.toml: \[batches\] points must be at least 64, got 3"),
        (
            "[batches]\nanomaly_rate = 1.5",
            r"mine.toml: \[batches\] anomaly_rate must be at least 0 and at most 1, got 1.5",
        ),
        ("[window]\nlength = 65", r"mine.toml: \[window\] window length 65 is no multiple of patch 8"),
        ("[window]\npatch = 0", r"mine.toml: \[window\] patch must be at least 1 and at most 8192, got 0"),
        ("[shape]\nrank = 0", r"mine.toml: \[shape\] rank must be at least 2 and at most 16384, got 0"),
        (
            "[shape]\nskip = 0\n[training]\nshort_path_weight = 0.3",
            r"mine.toml: \[training\] short_path_weight .* \[shape\] skip = 0 leaves out",
        ),
        (
            "[training]\nlearning_rate = nan",
            r"learning_rate must be a finite number above 0, got nan",
        ),
        ("[training]\nvalidation_seed = -1", r"\[training\] validation_seed must be at least 0, got -1"),
        ("[shape]\nhidden = 384", r"mine.toml: \[shape\] hidden cannot be set, it is the width"),
        ("[training\nsteps = 3", r"mine.toml is no TOML file"),
    ],
)
def test_a_mistake_is_named_with_its_file(written: Path, text: str, message: str) -> None:
    written.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_preset(str(written))


def test_a_missing_preset_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"--preset dafault: No such file.*default, .*tiny"):
        load_preset("dafault")
