"""Deep prompts and gains: they steer the rows they belong to, and leave the backbone as it is."""

import numpy as np
import pytest
import torch

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import CHANNELS, WindowSpec
from spear_stream.model.backbone import Backbone, load_backbone, tensor_digest
from spear_stream.model.checkpoint import BackboneIdentity, Manifest, PromptCheckpoint
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.scorer import FrozenScorer

SPEC = WindowSpec(length=64)
PLAIN = PromptShape(prompts=2)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("minilm-l6", layers=2)


def steered_shape(backbone: Backbone) -> PromptShape:
    return PromptShape(prompts=2, deep=1, gains=backbone.info.norms, window_head=True)


def checkpoint(backbone: Backbone, shape: PromptShape, seed: int) -> PromptCheckpoint:
    torch.manual_seed(seed)
    info = backbone.info
    identity = BackboneIdentity(info.name, info.digest, info.layers)
    manifest = Manifest(f"p{seed}", identity, SPEC, shape, f"{seed:064}", "", seed, 0, [])
    prompt = SoftPrompt(SPEC, shape)
    if shape.gains:
        with torch.no_grad():
            prompt.gains.uniform_(0.5, 1.5)
    return PromptCheckpoint(manifest, prompt)


def windows(prompts: list[int]) -> np.ndarray:
    made = np.zeros(len(prompts), SPEC.dtype)
    made["fresh"] = 1
    made["prompt"] = prompts
    made["codes"] = np.random.default_rng(0).integers(1, 100, (1, SPEC.length, len(CHANNELS)))
    return made


def test_rows_that_are_steered_and_rows_that_are_not_share_a_batch(backbone: Backbone) -> None:
    before = tensor_digest(backbone)
    shapes = (PLAIN, steered_shape(backbone), steered_shape(backbone))
    checkpoints = [checkpoint(backbone, shape, seed) for seed, shape in enumerate(shapes)]
    together = FrozenScorer(backbone, checkpoints).score(windows([0, 1, 2, 1]))
    alone = [float(FrozenScorer(backbone, [one]).score(windows([0]))[0]) for one in checkpoints]
    assert together.tolist() == [alone[0], alone[1], alone[2], alone[1]]
    assert len(set(alone)) == 3
    assert tensor_digest(backbone) == before


def test_gains_of_one_change_nothing_and_others_do(backbone: Backbone) -> None:
    inputs = torch.randn(3, 10, 384, generator=torch.Generator().manual_seed(0))
    prompt = SoftPrompt(SPEC, PromptShape(prompts=2, gains=backbone.info.norms))
    plain = backbone(inputs)
    with torch.no_grad():
        assert torch.equal(backbone(inputs, prompt.steering(3)), plain)
        prompt.gains[0] = 2.0
        assert not torch.allclose(backbone(inputs, prompt.steering(3)), plain)
    assert torch.equal(backbone(inputs), plain)


def test_a_prompt_that_steers_another_backbone_is_refused(backbone: Backbone) -> None:
    prompt = SoftPrompt(SPEC, PromptShape(prompts=2, deep=5))
    with pytest.raises(ConfigError, match="steers 5 layers and 0 norms, the backbone has 1"):
        backbone(torch.zeros(1, 10, 384), prompt.steering(1))


@pytest.mark.parametrize("points", [1, SPEC.patch, SPEC.patch + 1])
def test_the_newest_logits_are_the_last_of_all_of_them(backbone: Backbone, points: int) -> None:
    prompt = checkpoint(backbone, steered_shape(backbone), 1).prompt
    with torch.no_grad():
        features = prompt.features(torch.from_numpy(windows([0, 0])["codes"].copy()))
        hidden = backbone(prompt.inputs(features), prompt.steering(2))
        everything, newest = prompt.logits(hidden, features), prompt.newest(hidden, features, points)
    torch.testing.assert_close(everything[:, -points:], newest)
    assert everything.shape == (2, SPEC.length)
