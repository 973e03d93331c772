"""Channels of the window itself: broken seasons, standstills and what was not foretold, in batches of any
size, else silence.
"""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from shapes import SPEC, last_windows

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.quantizer import STEP, bin_distance
from spear_stream.core.records import CodeArray, Float64Array
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import BackboneIdentity, load_checkpoint
from spear_stream.model.derived import DERIVED_CHANNELS, RECENT, SPAN, derived_codes
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint
from spear_stream.model.scorer import FrozenScorer
from trainer.presets import load_preset

POINTS, SEASON, BROKEN = 600, 20, 10


def distances(windows: CodeArray) -> tuple[Float64Array, ...]:
    """Of every derived channel, (n, points) each; nan where they are silent."""
    codes = derived_codes(torch.from_numpy(windows), SPEC).numpy()
    known = np.where(codes == PAD, np.nan, bin_distance(codes, SPEC.bins))
    return tuple(np.moveaxis(known, 2, 0))


def seasonal(count: int, seed: int = 0) -> Float64Array:
    """Seasons of SEASON points at random phases, with some noise; (count, POINTS)."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    wave = np.sin(2 * np.pi * np.arange(POINTS) / SEASON + phase)
    return np.asarray(wave + 0.05 * rng.normal(size=(count, POINTS)))


def test_a_season_that_comes_late_stands_out_while_every_value_is_usual() -> None:
    usual = seasonal(20)
    late = usual.copy()
    late[:, -BROKEN:] = usual[:, -BROKEN - SEASON // 2 : -SEASON // 2]
    rhythm, *_ = distances(last_windows(usual))
    broken, *_ = distances(last_windows(late))
    assert np.abs(rhythm[:, -BROKEN:]).max() < 5
    assert (np.abs(broken[:, -BROKEN:]).max(axis=1) > 5).all()
    assert np.isnan(broken[:, :SEASON]).all()  # the first round has none before it


def test_the_season_is_that_of_the_older_points() -> None:
    """An anomaly as long as RECENT does not move it: what is old in the window keeps its code."""
    usual = seasonal(20)
    gone = usual.copy()
    gone[:, -RECENT:] = 0.0
    before, after = (distances(last_windows(values))[0][:, :-RECENT] for values in (usual, gone))
    np.testing.assert_array_equal(before, after)


def without_season(kind: str, count: int = 200) -> Float64Array:
    """(count, POINTS) of values that never come round."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(count, POINTS))
    still = np.full((count, POINTS), 7.0)
    burst = still.copy()
    for row, age in enumerate(rng.integers(RECENT, SPEC.length, count)):
        burst[row, POINTS - age : POINTS - age + 3] += 5.0
    return {
        "noise": noise,
        "wandering": noise.cumsum(axis=1),
        "constant": still,
        "one burst": burst,
        "a burst in noise": noise + 20 * (burst - still),
        "rare events": np.where(rng.random((count, POINTS)) < 0.02, 1.0, 0.0),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "silent"),
    [
        ("noise", 0.95),
        ("wandering", 0.9),
        ("constant", 1.0),
        ("one burst", 1.0),
        ("a burst in noise", 0.95),
        ("rare events", 0.7),  # two events and nothing else may be the beginning of a season
    ],
)
def test_a_series_without_a_season_is_seldom_said_to_have_one(kind: str, silent: float) -> None:
    rhythm, *_ = distances(last_windows(without_season(kind)))
    assert np.isnan(rhythm).all(axis=1).mean() >= silent


@pytest.mark.parametrize("points", [36, 48, 56, 64, 80])
def test_a_few_points_of_noise_are_no_season(points: int) -> None:
    windows = last_windows(without_season("noise"))
    windows[:, : SPEC.length - points] = PAD
    assert np.isnan(distances(windows)[0]).all(axis=1).mean() > 0.9


@pytest.mark.parametrize("season", [2, 3, 5, 10, 24, 40, 60])
def test_a_season_is_found(season: int) -> None:
    rng = np.random.default_rng(5)
    profile = rng.normal(size=(20, season))
    values = profile[:, np.arange(POINTS) % season] + 0.1 * rng.normal(size=(20, POINTS))
    assert (~np.isnan(distances(last_windows(values))[0][:, -1])).mean() > 0.9


def test_a_standstill_is_calmer_than_ever_and_a_usual_rest_is_not() -> None:
    rng = np.random.default_rng(2)
    moving = rng.normal(size=(20, POINTS))
    stuck = moving.copy()
    stuck[:, -SPAN - 1 :] = stuck[:, -SPAN - 2 : -SPAN - 1]
    resting = moving * ((np.arange(POINTS) // 30 + 1) % 2)  # 30 points of every 60, and the newest
    assert distances(last_windows(moving))[1][:, -1].min() > -1
    assert distances(last_windows(stuck))[1][:, -1].max() < -5
    assert np.abs(distances(last_windows(resting))[1][:, -1]).max() < 1


def test_a_gap_is_no_rest() -> None:
    windows = last_windows(np.random.default_rng(3).normal(size=(1, POINTS)))
    assert not np.isnan(distances(windows)[1][:, -1]).any()
    windows[:, -5, STEP] = SPEC.bins + 3
    assert np.isnan(distances(windows)[1][:, -5:]).all()


@pytest.mark.parametrize("points", [0, 1, SPAN, RECENT, 2 * RECENT])
def test_a_young_series_has_nothing_to_compare_with(points: int) -> None:
    windows = last_windows(seasonal(3))
    windows[:, : SPEC.length - points] = PAD
    rhythm, calm, innovation = distances(windows)
    assert np.isnan(innovation).all()
    assert np.isnan(calm).all()
    assert np.isnan(rhythm).all()


def test_a_window_has_the_same_codes_in_any_batch() -> None:
    rng = np.random.default_rng(4)
    several = torch.from_numpy(rng.integers(0, SPEC.codes, (33, SPEC.length, 5)))
    several[::2] = torch.from_numpy(last_windows(seasonal(17)))
    together = derived_codes(several, SPEC)
    for size in (1, 2, 16):
        parts = torch.cat([derived_codes(part, SPEC) for part in several.split(size)])
        assert torch.equal(parts, together)


@pytest.mark.parametrize("place", range(len(DERIVED_CHANNELS)))
def test_a_channel_alone_has_the_codes_it_has_beside_the_others_and_those_are_silent(place: int) -> None:
    windows = torch.from_numpy(last_windows(seasonal(3)))
    alone = derived_codes(windows, SPEC, (DERIVED_CHANNELS[place],))
    assert torch.equal(alone[..., place], derived_codes(windows, SPEC)[..., place])
    others = [other for other in range(len(DERIVED_CHANNELS)) if other != place]
    assert (alone[..., others] == PAD).all()
    assert (alone[..., place] != PAD).any()


def test_codes_are_those_that_checkpoints_were_trained_with() -> None:
    """Other codes would need another checkpoint; the window's own are those of test_quantizer.py."""
    series = np.load(Path(__file__).with_name("quantizer_codes.npz"))["codes"]
    windows = np.stack(
        [series[end - SPEC.length : end, row] for row in range(6) for end in (200, len(series))]
    )
    codes = derived_codes(torch.from_numpy(windows), SPEC).numpy().astype(np.uint8)
    assert sha256(codes[..., :2].tobytes()).hexdigest()[:16] == "4fa969e68971a1e8"
    assert sha256(codes[..., 2].tobytes()).hexdigest()[:16] == "9145fcd7198e67da"


def test_a_prompt_with_derived_channels_survives_its_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    saved(SoftPrompt(SPEC, PromptShape(derived=DERIVED_CHANNELS)), tmp_path)
    loaded = load_checkpoint(tmp_path)
    assert loaded.manifest.channels[-3:] == ["rhythm", "calm", "innovation"]
    windows = torch.from_numpy(last_windows(seasonal(2)))
    features = loaded.prompt.features(windows)
    assert torch.equal(features, loaded.prompt.features(windows, derived_codes(windows, SPEC)))
    assert not torch.equal(features, loaded.prompt.features(windows, torch.zeros(2, SPEC.length, 3).long()))


def test_prompts_with_and_without_them_share_a_batch(tmp_path: Path) -> None:
    backbone = load_backbone("none")
    checkpoints = []
    for derived in (DERIVED_CHANNELS, (), ("calm",)):
        torch.manual_seed(0)
        saved(SoftPrompt(SPEC, PromptShape(derived=derived, hidden=backbone.info.hidden_size)), tmp_path)
        checkpoints.append(load_checkpoint(tmp_path))
    both = FrozenScorer(backbone, checkpoints)
    windows = np.zeros(6, SPEC.dtype)
    windows["codes"] = last_windows(seasonal(6))
    windows["fresh"], windows["points"] = 1, SPEC.length
    windows["prompt"] = [0, 1, 2, 0, 2, 1]
    together = both.score(windows)
    for prompt, checkpoint in enumerate(checkpoints):
        own = windows[windows["prompt"] == prompt]
        own["prompt"] = 0
        alone = FrozenScorer(backbone, [checkpoint]).score(own)
        np.testing.assert_array_equal(alone, together[windows["prompt"] == prompt])


def test_a_window_too_short_for_them_is_refused_with_the_cure(tmp_path: Path) -> None:
    short = WindowSpec(length=40)
    with pytest.raises(ConfigError, match="at least 64 points, it has 40: set length"):
        SoftPrompt(short, PromptShape(derived=DERIVED_CHANNELS))
    with pytest.raises(ConfigError, match="innovation needs a window of at least 96 points, scaled robust"):
        SoftPrompt(WindowSpec(length=88), PromptShape(derived=("innovation",)))
    with pytest.raises(ConfigError, match="scaled robust; it has 128, unit"):
        SoftPrompt(WindowSpec(scaling="unit"), PromptShape(derived=("innovation",)))
    preset = tmp_path / "mine.toml"
    preset.write_text("[window]\nlength = 40\n\n[shape]\nderived = ['rhythm']\n")
    with pytest.raises(ConfigError, match=r"mine\.toml: derived channels need"):
        load_preset(str(preset))
    saved(SoftPrompt(short, PromptShape()), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["shape"]["derived"] = ["rhythm", "calm"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="channels"):
        load_checkpoint(tmp_path)
    manifest["channels"] += ["rhythm", "calm"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="at least 64 points"):
        load_checkpoint(tmp_path)


def saved(prompt: SoftPrompt, folder: Path) -> None:
    """The prompt as a checkpoint of the backbone `none`."""
    save_checkpoint(
        folder, prompt, name="derived", command="", seed=0, steps=0, trained_on=[],
        backbone=BackboneIdentity("none", "", 0),
    )  # fmt: skip
