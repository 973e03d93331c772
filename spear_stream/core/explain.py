"""What an alert tells about its window: the kind, the expected range and the points that matter."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.quantizer import bin_distance
from spear_stream.core.records import BoolArray, Expected, Float64Array, Point
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec

TO_SIGMA = 1.25
"""Mean absolute deviation to standard deviation, for a normal distribution."""
RANGE_SIGMAS = 3.0
CONTRIBUTORS = 5
NEW = 16
"""Newest points that are compared with what came before them."""
OUT = 3.0
"""Distance in robust scales from which a point counts as out of range."""


@dataclass(frozen=True)
class Explanation:
    kind: str
    """spike, shift, trend, volatility or pattern."""
    expected: Expected
    points: tuple[Point, ...]


def explain(window: np.void, spec: WindowSpec) -> Explanation:
    """Explain one window of spec.dtype, in the unit of its series."""
    centre, scale = float(window["centre"]), float(window["scale"])
    reach = RANGE_SIGMAS * TO_SIGMA * scale
    expected = Expected(centre - reach, centre, centre + reach)
    return Explanation(_kind(window, spec), expected, _contributors(window, spec, centre))


def _contributors(window: np.void, spec: WindowSpec, centre: float) -> tuple[Point, ...]:
    known = min(int(window["points"]), spec.recent)
    values, ts = window["tail_value"][-known:], window["tail_ts"][-known:]
    distance = np.abs(values - centre)
    share = distance / (distance.max() or 1.0)  # a sum of the largest floats would overflow
    share /= share.sum() or 1.0
    top = np.sort(np.argsort(-share, kind="stable")[:CONTRIBUTORS])
    return tuple(Point(int(ts[i]), float(values[i]), float(share[i])) for i in top)


def _kind(window: np.void, spec: WindowSpec) -> str:
    """The simplest story that fits the distances from the robust centre."""
    codes = window["codes"]
    level = bin_distance(codes[:, CHANNELS.index("level")], spec.bins)[codes.any(axis=1) != PAD]
    if len(level) < 2 * NEW:
        return "spike"  # too few to tell what is usual
    new, old = level[-NEW:], level[:-NEW]
    out = np.abs(new) > max(OUT, 2 * float(np.percentile(np.abs(old), 90)))
    if _is_trend(level[-2 * NEW :]):
        return "trend"
    if out.sum() > NEW // 4 and (out.sum() >= NEW // 2 or _lasts(out)) and _is_one_sided(new[out]):
        return "shift"
    if 0 < out.sum() <= NEW // 4:
        return "spike"
    if not 0.25 < _roughness(new) / max(_roughness(old), 1e-9) < 3.0:
        return "volatility"
    return "pattern"


def _lasts(out: BoolArray) -> bool:
    """Once out of range, out of range to the end."""
    return bool(out[np.argmax(out) :].all())


def _is_one_sided(level: Float64Array) -> bool:
    return abs(float(np.sign(level).mean())) > 0.9


def _roughness(level: Float64Array) -> float:
    return float(np.mean(np.abs(np.diff(level))))


def _is_trend(level: Float64Array) -> bool:
    """Most of the variation is a straight line that goes far."""
    time = np.linspace(-0.5, 0.5, len(level))
    slope = float(time @ level / (time @ time))
    residual = level - level.mean() - slope * time
    return abs(slope) > 2 * OUT and float(residual.var()) < 0.1 * float(level.var())
