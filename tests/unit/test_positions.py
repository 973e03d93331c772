"""How many positions a backbone reads, and windows that are too long for it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from e2e.tiny import save_tiny
from transformers import (
    BertConfig,
    GPT2Config,
    LlamaConfig,
    MPNetConfig,
    OPTConfig,
    PretrainedConfig,
    RobertaConfig,
)

from spear_stream.core.errors import CheckpointError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import load_checkpoint
from spear_stream.model.prompt import PromptShape
from spear_stream.model.scorer import FrozenScorer
from spear_stream.model.weights import WEIGHTS_FILE
from trainer.presets import Preset

SMALL = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 40,
}
LEARNT = [
    (BertConfig(**SMALL, intermediate_size=32), 40),
    (GPT2Config(vocab_size=30, n_embd=16, n_layer=1, n_head=2, n_positions=40), 40),
    (MPNetConfig(**SMALL, intermediate_size=32), 38),
    (RobertaConfig(**SMALL, intermediate_size=32), 38),
    (OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=16), 40),
]


@pytest.mark.parametrize(("config", "most"), LEARNT, ids=[type(config).__name__ for config, _ in LEARNT])
def test_it_reads_as_many_positions_as_it_says_and_no_more(
    config: PretrainedConfig, most: int, tmp_path: Path
) -> None:
    config.save_pretrained(tmp_path)
    (tmp_path / WEIGHTS_FILE).touch()
    backbone = load_backbone(f"random:{tmp_path}")
    assert backbone.info.positions == most
    assert backbone(torch.zeros(1, most, 16)).shape == (1, most, 16)
    with pytest.raises((RuntimeError, IndexError)):
        backbone(torch.zeros(1, most + 1, 16))


def test_computed_positions_have_no_end(tmp_path: Path) -> None:
    LlamaConfig(**SMALL, intermediate_size=32).save_pretrained(tmp_path)
    (tmp_path / WEIGHTS_FILE).touch()
    backbone = load_backbone(f"random:{tmp_path}")
    assert backbone.info.positions is None
    assert backbone(torch.zeros(1, 50, 16)).shape == (1, 50, 16)


def test_a_checkpoint_whose_window_the_backbone_cannot_read_is_refused(tmp_path: Path) -> None:
    backbone, checkpoint = load_backbone("none"), load_checkpoint(save_tiny(tmp_path, "tiny"))
    most = checkpoint.manifest.spec.patches + checkpoint.manifest.shape.prompts
    backbone.info = replace(backbone.info, positions=most)
    FrozenScorer(backbone, [checkpoint])
    backbone.info = replace(backbone.info, positions=most - 1)
    with pytest.raises(CheckpointError, match=f"none reads {most - 1} positions, .* are {most}: "):
        FrozenScorer(backbone, [checkpoint])


def test_a_preset_whose_window_the_backbone_cannot_read_is_refused_before_training() -> None:
    backbone = replace(load_backbone("none").info, name="small", positions=24)
    wide = Preset("wide", window=WindowSpec(length=128, patch=8), shape=PromptShape(prompts=8))
    assert wide.shape_for(backbone).prompts == 8
    wider = replace(wide, shape=PromptShape(prompts=9))
    told = r"^small reads 24 positions, .* are 25: set .* \[window\], .* \[shape\]"
    with pytest.raises(CheckpointError, match=told):
        wider.shape_for(backbone)
