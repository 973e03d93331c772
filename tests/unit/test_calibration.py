"""Calibration: probabilities that fit, the ranking untouched, folded into the checkpoint."""

import numpy as np
import pytest
import torch

from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.prompt import PromptShape, SoftPrompt
from trainer.calibration import Platt, fit_platt, fold


def test_it_finds_the_scale_and_shift_that_the_labels_have() -> None:
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 2, 40_000).astype(np.float32)
    label = rng.random(40_000) < 1 / (1 + np.exp(-(0.5 * logit - 1.5)))
    found = fit_platt(logit, label)
    assert found.scale == pytest.approx(0.5, abs=0.03)
    assert found.shift == pytest.approx(-1.5, abs=0.05)


@pytest.mark.parametrize("label", [np.zeros(9, bool), np.ones(9, bool)])
def test_one_class_alone_changes_nothing(label: np.ndarray) -> None:
    assert fit_platt(np.arange(9, dtype=np.float32), label) == Platt(1.0, 0.0)


def test_a_perfect_separation_stays_finite() -> None:
    found = fit_platt(np.array([-1, -1, 1, 1], np.float32), np.array([False, False, True, True]))
    assert 0 < found.scale < 100


@pytest.mark.parametrize("shape", [PromptShape(), PromptShape(skip=0, window_head=True)])
def test_a_folded_prompt_gives_the_calibrated_logits(shape: PromptShape) -> None:
    prompt = SoftPrompt(WindowSpec(length=64), shape)
    codes = torch.randint(1, 100, (3, 64, len(CHANNELS)), generator=torch.Generator().manual_seed(0))
    features = prompt.features(codes)
    hidden = prompt.inputs(features)
    before = prompt.logits(hidden, features).detach()
    fold(prompt, Platt(2.0, -0.5))
    torch.testing.assert_close(prompt.logits(hidden, features).detach(), 2.0 * before - 0.5)
