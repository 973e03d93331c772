"""Channels of the window itself: broken seasons and standstills, in batches of any size, else silence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.quantizer import STEP, Quantizer, bin_distance
from spear_stream.core.records import CodeArray, Float64Array
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.model.checkpoint import BackboneIdentity, load_checkpoint, save_checkpoint
from spear_stream.model.derived import FEWEST_POINTS, RECENT, SPAN, derived
from spear_stream.model.prompt import PromptShape, SoftPrompt

SPEC = WindowSpec()
POINTS, SEASON, BROKEN = 600, 20, 10
STEP_MS = 60_000


def windows_of(values: Float64Array) -> CodeArray:
    """The last window of each series (rows), as the daemon would have made it; (n, length, channels)."""
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(len(values))
    slots, ts = np.arange(len(values)), np.full(len(values), STEP_MS)
    codes = [quantizer.update(slots, ts * t, values[:, t]) for t in range(values.shape[1])]
    return np.stack(codes[-SPEC.length :], axis=1)


def distances(windows: CodeArray) -> tuple[Float64Array, Float64Array]:
    """Of both derived channels, (n, points) each; nan where they are silent."""
    codes = derived(torch.from_numpy(windows.astype(np.int64)), SPEC).numpy()
    known = np.where(codes == PAD, np.nan, bin_distance(codes, SPEC.bins))
    return known[..., 0], known[..., 1]


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
    rhythm, _ = distances(windows_of(usual))
    broken, _ = distances(windows_of(late))
    assert np.abs(rhythm[:, -BROKEN:]).max() < 5
    assert (np.abs(broken[:, -BROKEN:]).max(axis=1) > 5).all()
    np.testing.assert_array_equal(
        np.isnan(broken[:, :SEASON]).all(axis=1), True
    )  # the first round has none before


def test_the_season_is_that_of_the_older_points() -> None:
    """An anomaly as long as RECENT does not move it: what is old in the window keeps its code."""
    usual = seasonal(20)
    gone = usual.copy()
    gone[:, -RECENT:] = 0.0
    before, after = (distances(windows_of(values))[0][:, :-RECENT] for values in (usual, gone))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("kind", ["noise", "wandering", "constant"])
def test_a_series_without_a_season_is_not_said_to_have_one(kind: str) -> None:
    noise = np.random.default_rng(1).normal(size=(100, POINTS))
    values = {"noise": noise, "wandering": noise.cumsum(axis=1), "constant": np.full_like(noise, 7.0)}[kind]
    rhythm, _ = distances(windows_of(values))
    assert np.isnan(rhythm).all(axis=1).mean() > 0.9


def test_a_standstill_is_calmer_than_ever_and_a_usual_rest_is_not() -> None:
    rng = np.random.default_rng(2)
    moving = rng.normal(size=(20, POINTS))
    stuck = moving.copy()
    stuck[:, -SPAN - 1 :] = stuck[:, -SPAN - 2 : -SPAN - 1]
    resting = moving * ((np.arange(POINTS) // 30 + 1) % 2)  # 30 points of every 60, and the newest
    assert distances(windows_of(moving))[1][:, -1].min() > -1
    assert distances(windows_of(stuck))[1][:, -1].max() < -5
    assert np.abs(distances(windows_of(resting))[1][:, -1]).max() < 1


def test_a_gap_is_no_movement() -> None:
    windows = windows_of(np.random.default_rng(3).normal(size=(1, POINTS)))
    calm = distances(windows)[1]
    windows[:, -5, STEP] = SPEC.bins + 3
    assert (distances(windows)[1][:, -5:] <= calm[:, -5:]).all()


@pytest.mark.parametrize("points", [0, 1, SPAN, RECENT, FEWEST_POINTS - 1])
def test_a_young_series_has_nothing_to_compare_with(points: int) -> None:
    windows = windows_of(seasonal(3))
    windows[:, : SPEC.length - points] = PAD
    rhythm, calm = distances(windows)
    assert np.isnan(calm).all()
    assert np.isnan(rhythm).all()


def test_a_window_has_the_same_codes_in_any_batch() -> None:
    rng = np.random.default_rng(4)
    several = torch.from_numpy(rng.integers(0, SPEC.codes, (33, SPEC.length, 5)))
    several[::2] = torch.from_numpy(windows_of(seasonal(17)).astype(np.int64))
    together = derived(several, SPEC)
    for size in (1, 2, 16):
        parts = torch.cat([derived(part, SPEC) for part in several.split(size)])
        assert torch.equal(parts, together)


def test_codes_are_those_that_checkpoints_were_trained_with() -> None:
    """Other codes would need another checkpoint; the window's own are those of test_quantizer.py."""
    series = np.load(Path(__file__).with_name("quantizer_codes.npz"))["codes"]
    windows = np.stack(
        [series[end - SPEC.length : end, row] for row in range(6) for end in (200, len(series))]
    )
    codes = derived(torch.from_numpy(windows.astype(np.int64)), SPEC).numpy()
    assert [np.count_nonzero(codes[..., channel]) for channel in (0, 1)] == [231, 1404]
    assert [int(codes[..., channel].sum()) for channel in (0, 1)] == [15169, 125046]


def test_a_prompt_with_derived_channels_reads_them_and_survives_its_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    prompt = SoftPrompt(SPEC, PromptShape(derived=True))
    save_checkpoint(
        tmp_path, prompt, name="derived", command="", seed=0, steps=0, trained_on=[],
        backbone=BackboneIdentity("none", "0" * 64, 0),
    )  # fmt: skip
    loaded = load_checkpoint(tmp_path).prompt
    windows = torch.from_numpy(windows_of(seasonal(2)))
    features = loaded.features(windows)
    assert features.shape == (2, SPEC.patches, SPEC.patch * 7 * loaded.shape.rank)
    torch.testing.assert_close(features, prompt.features(windows).detach(), atol=2e-3, rtol=0)


def test_a_window_too_short_for_them_is_refused_with_the_cure(tmp_path: Path) -> None:
    short = WindowSpec(length=40)
    with pytest.raises(ConfigError, match="at least 48 points, it has 40: set length"):
        SoftPrompt(short, PromptShape(derived=True))
    save_checkpoint(
        tmp_path, SoftPrompt(short, PromptShape()), name="short", command="", seed=0, steps=0, trained_on=[],
        backbone=BackboneIdentity("none", "0" * 64, 0),
    )  # fmt: skip
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"derived": false', '"derived": true'))
    with pytest.raises(CheckpointError, match="at least 48 points"):
        load_checkpoint(tmp_path)
