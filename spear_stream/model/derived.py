"""Channels that are made of a window's own codes, beside those that the quantizer makes point by point.

What is late, missing or faster than usual is made of usual values, and so is what stands still: no channel of
the quantizer tells it, and a model would have to compare places of the window that move on with every point.

- rhythm: distance from one round of the season ago, in the size that this usually has. The season is found in
          the window: the lag at which its older points repeat themselves best. Silent without one.
- calm:   how much the newest points move, against those older ones that moved least
- innovation: what the points before did not foretell (innovation.py)

A window has the same codes whatever batch it is in: sums of rhythm and calm are of whole numbers and exact,
the rest goes element by element, and bins are told by comparison, for the last bit of an arcsinh may depend
on its neighbours. Of innovation the equations are exact, and their solutions as far as a processor solves
each window for itself; a difference in last bits is far below a bin.
"""

from collections.abc import Collection
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from spear_stream.core.quantizer import LEVEL, STEP, bin_distance
from spear_stream.core.seasonality import NEARLY, SECOND_ROUND, UNLIKE
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.model.innovation import innovation

DERIVED_CHANNELS = ("rhythm", "calm", "innovation")
RECENT = 24
"""Newest points that do not say what is usual: those of the anomaly. A lag needs as many pairs of points."""
SPAN = 12
"""Points over which movement is summed up."""
FEWEST_POINTS = 64
"""Of a window: as many as calm needs to say anything, and some."""
LONGEST_SEASON = 256
ALIKE = 0.5
"""Of the difference of unrelated points: at its own lag a season differs by less."""
BIN_NOISE = 1.0
"""Bins that are added to the usual difference: a season without noise is coded in whole bins."""
STILL = 2.0
"""Bins of movement in SPAN points that are as good as none."""
RATIO_UNIT = 4.0
"""Stretches the logarithm of a ratio of movements over the bins."""


def derived_codes(codes: Tensor, spec: WindowSpec, wanted: Collection[str] = DERIVED_CHANNELS) -> Tensor:
    """Codes (n, points, channels) of windows -> those of DERIVED_CHANNELS, (n, points, 3).

    points: at least FEWEST_POINTS, of which only the first may be PAD. PAD where nothing is known, and in
    channels that are not `wanted`: they cost nothing.
    """
    silent = torch.full(codes.shape[:2], PAD, device=codes.device)
    makers = {"rhythm": _rhythm, "calm": _calm, "innovation": _innovation}
    made = [makers[name](codes, spec) if name in wanted else silent for name in DERIVED_CHANNELS]
    return torch.stack(made, dim=2)


def _rhythm(codes: Tensor, spec: WindowSpec) -> Tensor:
    level = codes[..., LEVEL].double()
    lag, usual, found = _season(level[:, :-RECENT])
    ago = torch.arange(level.shape[1], device=codes.device) - lag[:, None]
    before = level.gather(1, ago.clamp(min=0))
    known = found[:, None] & (ago >= 0) & (before != PAD)
    unit = torch.where(found, usual, 0.0).sqrt() + BIN_NOISE
    return _binned((level - before) / unit[:, None], known, _edges(spec.bins, codes.device))


def _season(level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lag, mean square of the differences at it, and whether there is a season at all; each (n,)."""
    difference, unrelated, enough = _by_lag(level)
    told, share = enough & (unrelated > 0), difference / unrelated
    parted = torch.where(told, share, 0.0).cummax(dim=1).values >= UNLIKE
    share = torch.where(told & parted, share, torch.inf)
    ends = torch.nn.functional.pad(share, (1, 1), value=torch.inf)
    is_dip = (share <= ends[:, :-2]) & (share <= ends[:, 2:])
    place = (is_dip & (share <= share.amin(1, keepdim=True) + NEARLY)).int().argmax(1)
    chosen = place[:, None]
    found = share.gather(1, chosen)[:, 0] < ALIKE
    return 1 + place, difference.gather(1, chosen)[:, 0], found


def _by_lag(level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For lags from 1 on: the mean square of the differences between points so far apart, what it would be if
    they were unrelated, and whether there are enough of them; each (n, lags).
    """
    points = level.shape[1]
    longest = min(LONGEST_SEASON, int(points / (1 + SECOND_ROUND)))
    lags = torch.arange(1, longest + 1, device=level.device)
    known = (level != PAD).sum(1, keepdim=True)
    count = known - lags
    later = (points - known + lags).clamp(max=points)  # the first point with a known one before it
    sums = [torch.nn.functional.pad((level**power).cumsum(1), (1, 0)) for power in (1, 2)]
    earlier_part = [total[:, points - lags] / count for total in sums]
    later_part = [(total[:, -1:] - total.gather(1, later)) / count for total in sums]
    variances = [square - mean**2 for mean, square in (earlier_part, later_part)]
    difference = earlier_part[1] + later_part[1] - 2 * _products(level, longest) / count
    enough = count >= torch.maximum(SECOND_ROUND * lags, torch.full_like(lags, RECENT))
    return difference, variances[0] + variances[1], enough


def _products(level: Tensor, longest: int) -> Tensor:
    """Sums of the products of points 1 to `longest` apart, (n, longest).

    By the autocorrelation theorem; they are whole numbers, so rounding makes them exact.
    """
    size = 2 * level.shape[1]
    spectrum = torch.fft.rfft(level, size)
    sums: Tensor = torch.fft.irfft(spectrum.abs() ** 2, size)
    return sums[:, 1 : longest + 1].round()


def _calm(codes: Tensor, spec: WindowSpec) -> Tensor:
    """Silent over a gap, which is no rest."""
    step, centre = codes[..., STEP].double(), (spec.bins + 1) / 2
    is_step = (step != PAD) & (step <= spec.bins)
    moves = ((step - centre).abs() - 0.5).clamp(min=0)
    moved = STILL + moves.unfold(1, SPAN, 1).sum(2)
    whole = is_step.unfold(1, SPAN, 1).all(2)
    older = whole[:, :-RECENT]
    least = torch.where(older, moved[:, :-RECENT], torch.inf).amin(1)
    known = whole & (older.sum(1) >= 2 * SPAN)[:, None]
    edges = torch.exp2(_edges(spec.bins, codes.device) / RATIO_UNIT)
    return torch.nn.functional.pad(_binned(moved / least[:, None], known, edges), (SPAN - 1, 0), value=PAD)


def _innovation(codes: Tensor, spec: WindowSpec) -> Tensor:
    error, known = innovation(codes, spec)
    return _binned(error, known, _edges(spec.bins, codes.device))


def _binned(distance: Tensor, known: Tensor, edges: Tensor) -> Tensor:
    return torch.where(known, 1 + torch.bucketize(distance, edges, right=True), PAD)


@lru_cache(maxsize=8)
def _edges(bins: int, device: torch.device) -> Tensor:
    """Distances between the bins, (bins - 1,)."""
    return torch.from_numpy(bin_distance(np.arange(1, bins, dtype=np.float64) + 0.5, bins)).to(device)
