"""What every core.ports.Scorer does: the same window gets the same logit in whatever batch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from streams import SETTINGS, SPEC, START, batch, make_detector, quiet, rows

from spear_stream.core.ports import Scorer
from spear_stream.core.records import StructArray
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import BackboneIdentity, load_checkpoint
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint
from spear_stream.model.scorer import FrozenScorer
from spear_stream.testing import ConstantScorer, StepScorer


def frozen_scorer(folder: Path) -> Scorer:
    """Two prompts of different lengths on no backbone."""
    torch.manual_seed(0)
    for prompts in (1, 2):
        prompt = SoftPrompt(SPEC, PromptShape(prompts=prompts, rank=2, skip=4))
        identity = BackboneIdentity("none", "", 0)
        save_checkpoint(
            folder / str(prompts),
            prompt,
            name="t",
            backbone=identity,
            command="",
            seed=0,
            steps=0,
            trained_on=[],
        )
    return FrozenScorer(load_backbone("none"), [load_checkpoint(folder / "1"), load_checkpoint(folder / "2")])


def step_scorer(folder: Path) -> Scorer:
    return StepScorer(SPEC)


def constant_scorer(folder: Path) -> Scorer:
    return ConstantScorer()


MAKERS: list[Callable[[Path], Scorer]] = [frozen_scorer, step_scorer, constant_scorer]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def scorer(request: pytest.FixtureRequest, tmp_path: Path) -> Scorer:
    made: Scorer = request.param(tmp_path)
    return made


@pytest.fixture(scope="module")
def windows() -> StructArray:
    """Windows of all lengths, for two prompts in turn."""
    values = {name: quiet(20, {15: 30.0}, seed) for seed, name in enumerate("abc")}
    made = make_detector(SETTINGS).observe(batch(rows(values)), START).windows
    made["prompt"] = np.arange(len(made)) % 2
    return made


def test_one_finite_logit_per_window(scorer: Scorer, windows: StructArray) -> None:
    logits = scorer.score(windows)
    assert logits.shape == windows.shape
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


def test_the_same_window_has_the_same_logit_in_whatever_batch(scorer: Scorer, windows: StructArray) -> None:
    together = scorer.score(windows)
    alone = np.concatenate([scorer.score(windows[i : i + 1]) for i in range(len(windows))])
    order = np.random.default_rng(0).permutation(len(windows))
    assert (alone == together).all()
    assert (scorer.score(windows[order]) == together[order]).all()
    assert (scorer.score(np.repeat(windows, 3)) == np.repeat(together, 3)).all()


def test_an_empty_batch_has_no_logits(scorer: Scorer, windows: StructArray) -> None:
    logits = scorer.score(windows[:0])
    assert logits.shape == (0,)
    assert logits.dtype == np.float32


def test_windows_are_left_as_they_are(scorer: Scorer, windows: StructArray) -> None:
    before = windows.copy()
    scorer.score(windows)
    assert (windows == before).all()


def test_every_prompt_is_described(scorer: Scorer) -> None:
    one, two = scorer.describe(0), scorer.describe(1)
    assert one.checkpoint != two.checkpoint
    assert one.backbone == two.backbone == "none"


def test_prompts_of_one_batch_score_differently(tmp_path: Path, windows: StructArray) -> None:
    scorer, other = frozen_scorer(tmp_path), windows.copy()
    other["prompt"] = 1 - other["prompt"]
    assert (scorer.score(windows) != scorer.score(other)).any()
