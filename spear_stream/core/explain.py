"""What an alert tells about its window: the kind, the expected range and the points that matter."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.kinds import NEWEST, kind_of
from spear_stream.core.quantizer import bin_distance
from spear_stream.core.records import Expected, Point
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec

TO_SIGMA = 1.25
"""Mean absolute deviation to standard deviation, for a normal distribution."""
RANGE_SIGMAS = 3.0
CONTRIBUTORS = 5
UNTIL_CLOSED = 5
"""Scores from the end of an anomaly to that of its alert: the anomaly is further back at a larger hop."""


@dataclass(frozen=True)
class Explanation:
    kind: str
    """Of kinds.py."""
    expected: Expected
    """What is usual at whatever time: the value of a `pattern` can lie within, its company is unusual."""
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
    codes = window["codes"]
    level = bin_distance(codes[:, CHANNELS.index("level")], spec.bins)
    later = UNTIL_CLOSED * (max(int(window["fresh"]), 1) - 1)
    return kind_of(level[codes.any(axis=1) != PAD], NEWEST + later, float(window["shift"]))
