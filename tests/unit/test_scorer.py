"""The scorer: one window, one logit, whatever stands beside it in the batch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from spear_stream.core.errors import ConfigError
from spear_stream.core.quantizer import STEP, SURGE
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.model.backbone import Backbone, load_backbone
from spear_stream.model.checkpoint import BackboneIdentity, PromptCheckpoint, load_checkpoint
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint
from spear_stream.model.scorer import EXTREME_LOGIT, LOGIT_GRID, FrozenScorer

SPEC = WindowSpec()


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("minilm-l6", layers=1)


@pytest.fixture(scope="module")
def checkpoints(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> list[PromptCheckpoint]:
    """Three prompts of one backbone; the last one has another number of vectors."""
    return [checkpoint(backbone, tmp_path_factory.mktemp("c"), n, i) for i, n in enumerate((8, 8, 4))]


def checkpoint(backbone: Backbone, folder: Path, prompts: int, seed: int) -> PromptCheckpoint:
    torch.manual_seed(seed)
    info = backbone.info
    save_checkpoint(
        folder, SoftPrompt(SPEC, PromptShape(prompts=prompts)), name=f"p{seed}", command="", seed=seed,
        backbone=BackboneIdentity(info.name, info.digest, info.layers), steps=0, trained_on=[],
    )  # fmt: skip
    return load_checkpoint(folder)


def windows(count: int, seed: int = 0, points: int = SPEC.length) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = np.zeros(count, SPEC.dtype)
    made["points"] = points
    made["fresh"] = 1
    made["codes"] = rng.integers(1, SPEC.codes, (count, SPEC.length, len(CHANNELS)))
    made["codes"][:, : SPEC.length - points] = PAD
    return made


def test_a_window_has_the_same_logit_in_any_batch(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    scorer = FrozenScorer(backbone, checkpoints[:1])
    several = windows(65)
    together = scorer.score(several)
    assert len(np.unique(together)) > 10
    for size in (1, 3, 32, 64):
        parts = [scorer.score(several[start : start + size]) for start in range(0, 65, size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)
    order = np.random.default_rng(1).permutation(65)
    np.testing.assert_array_equal(scorer.score(several[order]), together[order])


def test_rows_with_different_prompts_score_as_each_alone(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    several = windows(40)
    several["prompt"] = np.random.default_rng(2).integers(0, 3, 40)
    mixed = FrozenScorer(backbone, checkpoints).score(several)
    for index, one in enumerate(checkpoints):
        rows = several["prompt"] == index
        own = several[rows]
        own["prompt"] = 0
        np.testing.assert_array_equal(FrozenScorer(backbone, [one]).score(own), mixed[rows])
    several["prompt"] = 0
    assert not np.array_equal(FrozenScorer(backbone, checkpoints).score(several), mixed)


def test_a_short_window_is_scored_by_its_points_whatever_stands_beside_it(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    scorer = FrozenScorer(backbone, checkpoints[:1])
    lengths = (SPEC.min_points, 33, 64, 96, 97, SPEC.length)
    short = np.concatenate([windows(2, seed=length, points=length) for length in lengths])
    together = scorer.score(short)
    alone = np.concatenate([scorer.score(short[row : row + 1]) for row in range(len(short))])
    np.testing.assert_array_equal(together, alone)


def test_logits_lie_on_their_grid_and_are_those_of_the_prompt(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    several = windows(5)
    several["codes"][:, -1] = SPEC.bins // 2
    found = FrozenScorer(backbone, checkpoints[:1]).score(several)
    assert found.dtype == np.float32
    assert (found / LOGIT_GRID == np.round(found / LOGIT_GRID)).all()
    prompt = checkpoints[0].prompt
    with torch.inference_mode():
        features = prompt.features(torch.from_numpy(several["codes"].copy()))
        hidden = backbone(prompt.inputs(features))
        expected = prompt.logits(hidden, features)[:, -1].numpy()
    np.testing.assert_allclose(found, expected, atol=LOGIT_GRID)


def test_no_windows_no_logits(backbone: Backbone, checkpoints: list[PromptCheckpoint]) -> None:
    assert FrozenScorer(backbone, checkpoints).score(windows(0)).shape == (0,)


def test_it_says_which_checkpoint_scores(backbone: Backbone, checkpoints: list[PromptCheckpoint]) -> None:
    scorer = FrozenScorer(backbone, checkpoints)
    assert [scorer.describe(i).checkpoint for i in range(3)] == [c.manifest.id for c in checkpoints]
    assert scorer.describe(0).backbone == "minilm-l6"


def test_a_point_beyond_all_that_is_remembered_is_anomalous_whatever_the_model_says(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    made = windows(3)
    made["codes"][:, -1] = SPEC.bins // 2
    made["codes"][1, -1, [SURGE, STEP]] = SPEC.bins
    made["codes"][2, -1, SURGE] = SPEC.bins  # far from the centre, but it did not jump there
    found = FrozenScorer(backbone, checkpoints[:1]).score(made)
    assert (found >= EXTREME_LOGIT).tolist() == [False, True, False]


def test_a_score_that_is_no_number_stops_with_the_cure(backbone: Backbone, tmp_path: Path) -> None:
    broken = checkpoint(backbone, tmp_path, 8, 0)
    with torch.no_grad():
        broken.prompt.head.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="no finite score"):
        FrozenScorer(backbone, [broken]).score(windows(3))
    half = load_backbone("minilm-l6", layers=1)
    with pytest.raises(ConfigError, match="SPEAR_MODEL__DTYPE"):
        FrozenScorer(half, [broken], dtype=torch.bfloat16).score(windows(3))


def test_the_highest_of_the_fresh_points_is_the_logit_of_a_window(
    backbone: Backbone, checkpoints: list[PromptCheckpoint]
) -> None:
    """A window for every few points misses none of them, beyond one patch too."""
    scorer, fresh = FrozenScorer(backbone, checkpoints[:1]), SPEC.patch + 3
    several = windows(6)
    several["fresh"] = [1, 2, SPEC.patch, fresh, 1, fresh]
    with torch.inference_mode():
        prompt = checkpoints[0].prompt
        features = prompt.features(torch.from_numpy(several["codes"].copy()))
        logits = prompt.logits(backbone(prompt.inputs(features)), features)
    for count, row, found in zip(several["fresh"], logits.numpy(), scorer.score(several), strict=True):
        assert found >= row[-count:].max() - LOGIT_GRID
    several["codes"][:, -3:] = SPEC.bins // 2
    several["codes"][:, -3, [SURGE, STEP]] = SPEC.bins
    assert (scorer.score(several) >= EXTREME_LOGIT).tolist() == [c >= 3 for c in several["fresh"]]
