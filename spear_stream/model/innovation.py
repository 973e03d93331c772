"""What a window's own past did not foretell: the error of a linear prediction that is fitted to it.

Where several seasons overlap, a spike can be smaller than the steps of every hour and lie amid the usual
values; only what the points before it lead to expect tells it. An autoregression foretells sums of seasons
and trends of which a window need not show a whole round. It is fitted by least squares to the older points
alone (the covariance method: Makhoul, Proc. IEEE 63, 1975), so that an anomaly is not foretold by itself.
Twice, for how small a ridge has to hold the coefficients depends on how much of the series is noise.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from spear_stream.core.quantizer import LEVEL, bin_distance
from spear_stream.core.spec import PAD, WindowSpec

ORDER = 32
"""Points that foretell the next one."""
HELD_OUT = 16
"""Newest points that the prediction is not fitted to: twice as many as the longest default hop."""
FEWEST = 48
"""Points that it is fitted to, at least: with fewer it follows noise, and each error looks large."""
LEAST = ORDER + FEWEST + HELD_OUT
"""Points of a window in which anything is foretold."""
ROUGH_RIDGE = 0.1
"""Of the sum of squares of the points: what holds the coefficients small in the first fit, which only says
how well the series can be foretold at all."""
RIDGE = 300.0
"""Of its mean square error, in the second: noise is hardly foretold then, seasons without any are well."""
GRID = 64.0
"""Whole steps of a scale: sums of products of whole numbers are exact in any order, so in any batch."""
FLOOR = 0.05
"""Scales that are added to the usual error: values are known as bins, some .08 apart near the centre."""


def innovation(codes: Tensor, spec: WindowSpec) -> tuple[Tensor, Tensor]:
    """Error of the prediction of each point in usual errors, and whether there is one; (n, points) both.

    codes: (n, points, channels) of windows of which only the first points may be PAD.
    """
    known = (codes[..., LEVEL] != PAD).unfold(1, ORDER + 1, 1).all(2)
    stretches = _levels(spec.codes, spec.bins, codes.device)[codes[..., LEVEL].long()].unfold(1, ORDER + 1, 1)
    fitted = known.clone()
    fitted[:, -HELD_OUT:] = False
    older, count = stretches * fitted[..., None], fitted.sum(1).clamp(min=1)
    products = older.mT @ older
    squares = torch.diagonal(products, dim1=1, dim2=2)[:, :ORDER].mean(1)
    rough = _errors(older, _solved(products, ROUGH_RIDGE * squares))
    coefficients = _solved(products, RIDGE * rough.square().sum(1) / count)
    usual = _errors(older, coefficients).abs().sum(1) / count + FLOOR * GRID
    told = known & (count >= FEWEST)[:, None]
    error = _errors(stretches, coefficients) / usual[:, None]
    return _behind_silence(error), _behind_silence(told)


def _solved(products: Tensor, ridge: Tensor) -> Tensor:
    """Coefficients of the first ORDER points for the last, (n, ORDER), from the sums of products of all.

    One more step of the grid keeps windows in which nothing moves solvable.
    """
    held_small = torch.diag_embed((ridge + 1.0)[:, None].expand(-1, ORDER))
    factor = torch.linalg.cholesky(products[:, :ORDER, :ORDER] + held_small)
    return torch.cholesky_solve(products[:, :ORDER, ORDER:], factor)[..., 0]


def _errors(stretches: Tensor, coefficients: Tensor) -> Tensor:
    """Of the last point of (n, rows, ORDER + 1) against what the others foretell; (n, rows)."""
    return stretches[..., -1] - (stretches[..., :-1] * coefficients[:, None]).sum(2)


def _behind_silence(values: Tensor) -> Tensor:
    """With as many points of nothing before them as the first prediction needs."""
    return torch.nn.functional.pad(values, (ORDER, 0))


@lru_cache(maxsize=8)
def _levels(codes: int, bins: int, device: torch.device) -> Tensor:
    """Distance from the centre that each code stands for, in whole steps of the grid; (codes,)."""
    distance = bin_distance(np.arange(codes, dtype=np.float64), bins)
    return torch.from_numpy(np.round(GRID * distance)).to(device)
