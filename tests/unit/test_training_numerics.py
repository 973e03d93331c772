"""The default recipe computes what it always did: options that are off change no figure.

The batches are made here, so that only the model, the loss and the optimizer are held to these figures.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.prompt import PromptShape
from trainer.batches import BatchPlan, TrainingBatch
from trainer.plan import TrainingPlan
from trainer.training import Tuner

SPEC = WindowSpec(length=64)
LOSSES = (0.795599, 0.443027, 0.637025, 0.480458, 0.428411)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def batch_of(step: int) -> TrainingBatch:
    rng = np.random.default_rng((BatchPlan().series, 0, step))
    codes = rng.integers(0, SPEC.codes, (6, SPEC.length, len(CHANNELS))).astype(np.uint8)
    label, counts = codes[..., 1] > 110, rng.random((6, SPEC.length)) < 0.9
    return TrainingBatch(codes, label, counts)


def test_the_first_losses_are_what_they_were() -> None:
    plan = TrainingPlan(steps=5, warmup=2, learning_rate=5e-3)
    tuner = Tuner(load_backbone("minilm-l6", layers=1), SPEC, PromptShape(prompts=2), BatchPlan(), plan)
    losses = []
    for tuner.step in range(plan.steps):
        losses.append(tuner.train_step(batch_of(tuner.step)))
    assert losses == pytest.approx(LOSSES, rel=1e-4)
