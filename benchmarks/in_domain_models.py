"""Models of bench_in_domain.py, how they are trained, and what they say of windows."""

from dataclasses import replace

import numpy as np
import torch
from in_domain_data import Corpus, Ends, Windows, spread
from rich.console import Console
from torch import Tensor, nn

from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.model.backbone import load_backbone
from trainer.objective import fresh_prompt, share_of_loss
from trainer.presets import Preset
from trainer.progress import progress

ROWS = 128
"""Windows of a training step."""
AT_ONCE = 256
"""Windows scored together."""
LSTM_WIDTH = 64


class Prompted(nn.Module):
    """A soft prompt on a frozen backbone: the method, and with `none` or `random:NAME` its ablations."""

    def __init__(self, preset: Preset, name: str) -> None:
        super().__init__()
        layers = None if name == "none" else preset.backbone.layers
        self.backbone = load_backbone(name, layers, causal=preset.backbone.causal)
        shape = preset.shape_for(self.backbone.info)
        self.prompt = fresh_prompt(self.backbone, preset.window, shape, preset.training.seed)

    def forward(self, codes: Tensor) -> Tensor:
        features = self.prompt.features(codes)
        hidden = self.backbone(self.prompt.inputs(features), self.prompt.steering(len(codes)))
        return self.prompt.logits(hidden, features)


class Lstm(nn.Module):
    """An LSTM over the same codes as numbers from -1 to 1, with a linear head on every time step."""

    def __init__(self, spec: WindowSpec, seed: int) -> None:
        super().__init__()
        self._middle = (spec.bins + 1) / 2
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.lstm = nn.LSTM(len(CHANNELS), LSTM_WIDTH, batch_first=True)
            self.head = nn.Linear(LSTM_WIDTH, 1)

    def forward(self, codes: Tensor) -> Tensor:
        inputs = torch.where(codes == PAD, 0.0, (codes.float() - self._middle) / self._middle)
        logits: Tensor = self.head(self.lstm(inputs)[0])
        return logits.squeeze(2)


def fit(name: str, model: nn.Module, corpus: Corpus, windows: Windows, preset: Preset) -> None:
    """Train on random windows of the training part, or mixtures of them; all models see the same ones."""
    plan, rng = preset.training, np.random.default_rng(preset.training.seed)
    plan = replace(plan, warmup=min(plan.warmup, 1 + plan.steps // 10))
    row, end = spread(corpus.training(preset.window.length), 1 << 40)
    mixes = preset.window.scaling == "window"
    if mixes:
        row, end = row[end >= preset.window.length], end[end >= preset.window.length]
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, plan.learning_rate, weight_decay=plan.weight_decay)
    with progress(Console(stderr=True), f"{corpus.name}: {name}", plan.steps) as advance:
        for step in range(plan.steps):
            for group in optimizer.param_groups:
                group["lr"] = plan.rate(step)
            drawn = rng.integers(len(row), size=(2, ROWS))
            if mixes:
                batch = windows.mixed(rng, row[drawn], end[drawn])
            else:
                batch = windows.cut(row[drawn[0]], end[drawn[0]])
            logits = model(torch.from_numpy(batch.codes))
            loss = share_of_loss(plan, preset.window.patch, batch, logits, slice(None))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            advance(step + 1, f"loss {float(loss.detach()):.4f}")


@torch.no_grad()
def newest_logits(model: nn.Module, windows: Windows, ends: Ends) -> np.ndarray:
    """Logits of the newest points, (n,)."""
    parts = [
        model(torch.from_numpy(windows.cut(ends[0][i : i + AT_ONCE], ends[1][i : i + AT_ONCE]).codes))[:, -1]
        for i in range(0, len(ends[0]), AT_ONCE)
    ]
    return torch.cat(parts).numpy() if parts else np.empty(0)
