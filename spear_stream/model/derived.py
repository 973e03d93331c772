"""Channels that are made of a window's own codes, beside those that the quantizer makes point by point.

What is late, missing or faster than usual is made of usual values, and so is what stands still: no channel of
the quantizer tells it, and a model would have to compare places of the window that move on with every point.

- rhythm: distance from one round of the season ago, in the size that this usually has. The season is found in
          the window: the lag at which its older points repeat themselves best. Silent without one.
- calm:   how much the newest points move, against those older ones that moved least

All that decides is computed of whole numbers, exactly: a window has the same codes whatever batch it is in.
"""

import numpy as np
import torch
from torch import Tensor

from spear_stream.core.quantizer import LEVEL, SATURATION, STEP
from spear_stream.core.spec import PAD, WindowSpec

DERIVED = ("rhythm", "calm")
RECENT = 24
"""Newest points that do not say what is usual: those of the anomaly."""
FEWEST_POINTS = 2 * RECENT
"""Of a window that has anything to say."""
SEASONS = (4, 256)
"""Points of the shortest and of the longest season."""
ROUND = 0.6
"""Share of a season that must be seen a second time."""
UNLIKE = 0.7
"""Of the difference of unrelated points: a season differs by more at a shorter lag (it is no slowness) ..."""
ALIKE = 0.5
"""... and by less at its own."""
NEARLY = 1.15
"""Of the least difference: the shortest lag that is nearly as good is the season, not a multiple of it."""
ROUNDING = 1.0
"""Bins that are added to the usual difference: a season without noise is coded in whole bins."""
SPAN = 12
"""Points over which movement is summed up."""
STILL = 2.0
"""Bins of movement in so many points that are as good as none."""
RATIO_UNIT = 4.0
"""Stretches the logarithm of a ratio of movements over the bins."""


def derived(codes: Tensor, spec: WindowSpec) -> Tensor:
    """Codes (n, points, channels) of windows -> those of DERIVED, (n, points, 2); PAD where nothing is known.

    points: at least FEWEST_POINTS.
    """
    return torch.stack([_rhythm(codes, spec), _calm(codes, spec)], dim=2)


def _rhythm(codes: Tensor, spec: WindowSpec) -> Tensor:
    level = codes[..., LEVEL].double()
    lag, unit, found = _season(level[:, :-RECENT])
    ago = torch.arange(level.shape[1], device=codes.device) - lag[:, None]
    before = level.gather(1, ago.clamp(min=0))
    known = found[:, None] & (ago >= 0) & (before != PAD)
    place = torch.bucketize((level - before) / unit[:, None], _edges(spec, codes), right=True)
    return torch.where(known, 1 + place, PAD)


def _season(level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lag, usual difference at it in bins, and whether there is a season at all; each (n,)."""
    shortest, longest = SEASONS
    lags = range(shortest, min(longest, int(level.shape[1] / (1 + ROUND))) + 1)
    known = (level != PAD).double()
    points = known.sum(1)
    unrelated = 2 * ((level * level).sum(1) / points - (level.sum(1) / points) ** 2)
    difference = torch.stack([_difference(level, known, lag) for lag in lags], dim=1)
    parted = difference.cummax(dim=1).values >= UNLIKE * unrelated[:, None]
    difference = torch.where(parted, difference, torch.inf)
    place = (difference <= NEARLY * difference.amin(1, keepdim=True)).int().argmax(1)
    usual = difference.gather(1, place[:, None])[:, 0]
    found = usual < ALIKE * unrelated
    return shortest + place, torch.where(found, usual, 0.0).sqrt() + ROUNDING, found


def _difference(level: Tensor, known: Tensor, lag: int) -> Tensor:
    """Mean square of the differences at a lag, (n,); infinite where too few points say so."""
    change = (level[:, lag:] - level[:, :-lag]) * known[:, :-lag]
    count = known[:, :-lag].sum(1)
    return torch.where(count >= ROUND * lag, (change * change).sum(1) / count, torch.inf)


def _calm(codes: Tensor, spec: WindowSpec) -> Tensor:
    step, centre = codes[..., STEP].double(), (spec.bins + 1) / 2
    is_step = (step != PAD) & (step <= spec.bins)  # no gap token
    moves = torch.where(is_step, ((step - centre).abs() - 0.5).clamp(min=0), 0.0)
    moved = STILL + moves.unfold(1, SPAN, 1).sum(2)
    full = (codes[..., LEVEL] != PAD).unfold(1, SPAN, 1).all(2)
    older = full[:, :-RECENT]
    least = torch.where(older, moved[:, :-RECENT], torch.inf).amin(1)
    known = full & (older.sum(1) >= 2 * SPAN)[:, None]
    place = torch.bucketize(moved / least[:, None], torch.exp2(_edges(spec, codes) / RATIO_UNIT), right=True)
    codes_of = torch.where(known, 1 + place, PAD)
    return torch.nn.functional.pad(codes_of, (SPAN - 1, 0), value=PAD)


def _edges(spec: WindowSpec, codes: Tensor) -> Tensor:
    """Distances between the bins, (bins - 1,), as in quantizer.binned()."""
    squashed = 2 * np.arange(1, spec.bins) / spec.bins - 1
    return torch.from_numpy(np.sinh(squashed * np.arcsinh(SATURATION))).to(codes.device)
