"""What an alert tells about its window: the kind, the expected range and the points that matter."""

from dataclasses import dataclass

import numpy as np

from spear_stream.core.kind_features import kind_features
from spear_stream.core.kinds import PATTERN, SHIFT, VOLATILITY, KindReader
from spear_stream.core.records import Expected, Float64Array, Point, StructArray
from spear_stream.core.shift import has_moved
from spear_stream.core.spec import WindowSpec

TO_SIGMA = 1.25
"""Mean absolute deviation to standard deviation, for a normal distribution."""
REACH = 3.0 * TO_SIGMA
"""Of the expected range to either side, in robust scales: three standard deviations."""
CONTRIBUTORS = 5
NOTHING = 1e-60
"""Smaller numbers are what is left of a centre that decays towards 0, in whatever unit."""


@dataclass(frozen=True)
class Explanation:
    kind: str
    """Of kinds.py."""
    expected: Expected
    """What is usual at whatever time: the value of a `pattern` can lie within, its company is unusual."""
    points: tuple[Point, ...]


def explain(
    window: np.void, spec: WindowSpec, kinds: KindReader, opened_at: int, *, departed: bool = False
) -> Explanation:
    """Explain one window of spec.dtype, in the unit of its series.

    opened_at: of its alert, in milliseconds. departed: since then the series has left its usual range.
    """
    kind = kinds.kind_of(kind_features(window, spec, _points_since(opened_at, window, spec)))
    if kind in {VOLATILITY, PATTERN} and (departed or has_moved(window)):
        # Nothing is left to see but a level elsewhere: series to learn from are too short to show many, for
        # the spread of a mean takes time to become small (shift.py).
        kind = SHIFT
    return Explanation(kind, expected_range(window), _contributors(window, spec))


def expected_range(window: np.void) -> Expected:
    """Holds nearly all usual values of the series, by what was known when the window was made."""
    centre, reach = float(window["centre"]), REACH * float(window["scale"])
    return Expected(*map(_told, (centre - reach, centre, centre + reach)))


def _told(value: float) -> float:
    """As people read it: eleven digits, fewer than a constant's scale can move (RELATIVE_FLOOR)."""
    return 0.0 if abs(value) < NOTHING else float(f"{value:.11g}")


def side_of(windows: StructArray, deviation: Float64Array) -> Float64Array:
    """To which side each window is out of the ordinary, by the sign; (n,).

    That of the point with this deviation from the centre; where it is within the expected range, that of the
    means that raise its score, or of the move where the level has moved: ordinary points behind a move up lie
    below the new level as often as above.
    """
    within = np.abs(deviation) <= REACH * windows["scale"]
    moved = np.where(within & has_moved(windows), windows["shift"], deviation)
    return np.where(within & (windows["leaning"] != 0), windows["leaning"], moved)


def _contributors(window: np.void, spec: WindowSpec) -> tuple[Point, ...]:
    known = min(int(window["points"]), spec.recent)
    values, ts = window["tail_value"][-known:], window["tail_ts"][-known:]
    distance = np.abs(values - window["centre"])
    share = distance / (distance.max() or 1.0)  # a sum of the largest floats would overflow
    share /= share.sum() or 1.0
    top = np.sort(np.argsort(-share, kind="stable")[:CONTRIBUTORS])
    return tuple(Point(int(ts[i]), float(values[i]), float(share[i])) for i in top)


def _points_since(opened_at: int, window: np.void, spec: WindowSpec) -> int:
    """About how many points ago that was, by the interval of the newest ones; none if it is not known, or
    if the clock of the series has gone back behind it.
    """
    known = min(int(window["points"]), spec.recent)
    passed = int(window["ts"] - window["tail_ts"][-known])
    if passed <= 0:
        return 0
    return max(int(window["ts"] - opened_at), 0) * (known - 1) // passed
