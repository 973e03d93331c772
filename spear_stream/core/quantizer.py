"""Value -> bins, O(1) per point, vectorised over series, never looking ahead.

Each point becomes one code per channel (docs/architecture.md):

- level:  distance from a slow robust centre in units of a slow robust scale
- surge:  the same distance in units of its long tail scale, which remembers the
          bursts that a robust scale forgets: what happened before is no surprise
- step:   change since the last point in units of its long tail scale; after a gap
          a token for its length instead
- season: distance from the centre of the same hour of the day (UTC), likewise
- novelty: how unlike all earlier points this one is in surge, step and season together
  (novelty.py)

The tail scale is the fourth root of the mean fourth power: k outliers of equal size
in n points stand (n / k) ** (1/4) scales out, so a first one stands out, a usual one not.
It learns of a far point in steps: how large one outlier was must not hide the next.

A distance is squashed to [0, 1] by asinh, fine near zero and still ordered at
64 scales, and cut into uniform bins (SPEAR, arXiv 2510.03962, section 3).
Every point is scaled with what was known before it.
"""

import numpy as np
import numpy.typing as npt

from spear_stream.core.novelty import VISITED, Novelty
from spear_stream.core.order import TIMES, pass_time
from spear_stream.core.records import BoolArray, CodeArray, Float64Array, IndexArray, Int64Array
from spear_stream.core.spec import CHANNELS, GAP_TOKENS, PAD, WindowSpec
from spear_stream.core.table import SeriesTable
from spear_stream.core.times import HOUR_MS

LEVEL, SURGE, STEP, SEASON, NOVELTY = map(CHANNELS.index, ("level", "surge", "step", "season", "novelty"))
DISTANCES = NOVELTY  # the channels before it
HOURS = 24
SATURATION = 64.0
"""Distance in scales at which the outermost bin begins."""
SURPRISE = 6.0
"""A point this many scales out speeds up forgetting: a lasting change is learnt in some tens of points."""
FADE = 0.85
"""Share of the memory that survives one surprising point."""
CLIP = 3.0
"""Largest pull of one point on a centre, in scales."""
HABIT = 8.0
"""Largest distance that one point teaches a tail scale, in tail scales: how far out one was must not hide
the next. What comes once in HABIT**4 points or more often becomes usual all the same."""
NOVELTY_UNIT = 4.0
"""Stretches the novelty, which is small, over the bins."""
KNOWN = 4
"""Points of history before a channel says anything."""
LARGEST = 1e70
"""Larger magnitudes are treated as this, so fourth powers of differences never overflow."""
RELATIVE_FLOOR = 1e-12
"""Smallest scale relative to the centre: above float64 rounding, below any real signal."""
TINY = 1e-100
SEASON_MEMORY_MS = 4 * HOUR_MS
"""Time spent in one hour of the day over which its centre forgets: about four days, within these bounds."""
SEASON_SLOWEST = 1e-4
"""Least that one point moves the centre of its hour: with a point in 1.4 s or more often the centre forgets
over 10,000 points, which with ten points a second are a part of one hour."""
SEASON_FASTEST = 0.5
"""Most: of a series with a point in two hours or less often half of what was known stays with every point."""


class Quantizer:
    """Scales and codes of many series; a row (slot) per series."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self.table = SeriesTable(
            **TIMES,
            last=np.float64,
            centre=np.float64,
            weight=np.float32,
            hour_known=np.uint32,
            scale=(np.float64, DISTANCES),
            hour_centre=(np.float64, HOURS),
            visited=VISITED,
        )
        self._novelty = Novelty(self.table)

    def expect(self, slots: IndexArray) -> tuple[Float64Array, Float64Array]:
        """Centre and robust scale of each series as known now, in the unit of the series."""
        centre = self.table["centre"][slots]
        return centre, _floored(self.table["scale"][slots, LEVEL], centre)

    def update(self, slots: IndexArray, ts: Int64Array, values: Float64Array) -> CodeArray:
        """Code one new point per series and learn from it.

        slots: (n,) distinct rows; ts: (n,) milliseconds, in order (order.py); values: (n,)
        finite. Returns (n, channels) codes, PAD where unknown.
        """
        x = clip(values, -LARGEST, LARGEST)
        hour, seen = (ts // HOUR_MS) % HOURS, self.table["seen"][slots]
        around, known = self._references(slots, hour, seen)
        distance = np.where(known > 0, x[:, None] - around, 0.0)
        scale = self.table["scale"][slots]
        unit = _floored(scale, around)
        codes = np.empty((len(slots), len(CHANNELS)), np.uint8)
        codes[:, :DISTANCES] = binned(distance / unit, known >= KNOWN, self._spec.bins)
        place = np.where(known >= KNOWN, distance / unit, 0.0)  # the first points are infinitely far out
        novelty = self._novelty.update(slots, place[:, SURGE:], seen)
        codes[:, NOVELTY] = binned(NOVELTY_UNIT * novelty, seen >= KNOWN, self._spec.bins)
        scale = self._tails(scale, distance, unit, known)
        scale[:, LEVEL] = self._level(slots, x, distance[:, LEVEL], unit[:, LEVEL], seen)
        self.table["scale"][slots] = scale
        octave = pass_time(self.table, slots, ts, seen)
        token = self._spec.bins + np.minimum(octave, GAP_TOKENS)
        codes[:, STEP] = np.where((octave > 0) & (seen >= KNOWN), token, codes[:, STEP])
        self._season(slots, hour, x, distance[:, SEASON])
        self.table["seen"][slots] = seen + 1
        self.table["last"][slots] = x
        return codes

    def _references(
        self, slots: IndexArray, hour: Int64Array, seen: Int64Array
    ) -> tuple[Float64Array, Int64Array]:
        """What each channel measures the distance from, and the points that reference is known for."""
        around = np.empty((len(slots), DISTANCES))
        around[:, LEVEL] = around[:, SURGE] = self.table["centre"][slots]
        around[:, STEP] = self.table["last"][slots]
        around[:, SEASON] = self.table["hour_centre"][slots, hour]
        known = np.repeat(seen, DISTANCES).reshape(around.shape)
        known[:, SEASON] *= (self.table["hour_known"][slots] >> hour.astype(np.uint32)) & 1
        return around, known

    def _level(
        self, slots: IndexArray, x: Float64Array, distance: Float64Array, unit: Float64Array, seen: Int64Array
    ) -> Float64Array:
        """Move the slow centre; returns the robust scale."""
        centre, scale = self.table["centre"][slots], self.table["scale"][slots, LEVEL]
        weight = self._weight(self.table["weight"][slots], distance, unit, seen)
        pull = np.where(seen < 2 * KNOWN, distance, clip(distance, -CLIP * unit, CLIP * unit))
        self.table["centre"][slots] = np.where(seen > 0, centre + pull / weight, x)
        self.table["weight"][slots] = weight
        return np.asarray(scale + (np.abs(pull) - scale) / weight)

    def _weight(
        self, weight: np.ndarray, distance: Float64Array, unit: Float64Array, seen: Int64Array
    ) -> Float64Array:
        """Points of memory after this one: one more, or fewer after a surprise."""
        surprised = (np.abs(distance) > SURPRISE * unit) & (seen >= KNOWN)
        faded = np.where(surprised, weight * FADE, weight + 1.0)
        return clip(faded, 1.0, self._spec.level_memory).astype(np.float64)

    def _tails(
        self, tail: Float64Array, distance: Float64Array, unit: Float64Array, known: Int64Array
    ) -> Float64Array:
        """Let each distance into the mean fourth power of its channel."""
        unknown = (known < KNOWN) | (tail < unit)  # too few points, or constant so far
        limit = np.where(unknown, LARGEST, HABIT * unit)
        power = np.minimum(np.abs(distance), limit) ** 4
        rate = np.where(known > 0, 1.0 / clip(known, 1, self._spec.tail_memory), 0.0)
        before = tail**4
        return np.asarray((before + rate * (power - before)) ** 0.25)

    def _season(self, slots: IndexArray, hour: Int64Array, x: Float64Array, distance: Float64Array) -> None:
        """Move the centre of this hour of the day."""
        bit = np.uint32(1) << hour.astype(np.uint32)
        known_hours = self.table["hour_known"][slots]
        centre = self.table["hour_centre"][slots, hour]
        rate = clip(self.table["interval"][slots] / SEASON_MEMORY_MS, SEASON_SLOWEST, SEASON_FASTEST)
        self.table["hour_centre"][slots, hour] = np.where(known_hours & bit, centre + rate * distance, x)
        self.table["hour_known"][slots] = known_hours | bit


def binned(distance: Float64Array, known: BoolArray, bins: int) -> CodeArray:
    """The code of each distance in scales; PAD where it is not known."""
    squashed = 0.5 + 0.5 * np.arcsinh(distance) / np.arcsinh(SATURATION)
    return np.where(known, 1 + clip(np.floor(squashed * bins), 0, bins - 1), PAD).astype(np.uint8)


def bin_distance(codes: CodeArray | Float64Array, bins: int) -> Float64Array:
    """The distance in scales at the middle of each bin, half a code on at its edge; 0 for PAD and gaps."""
    squashed = (codes.astype(np.float64) - 0.5) / bins
    known = (codes > PAD) & (codes <= bins)
    return np.where(known, np.sinh((2 * squashed - 1) * np.arcsinh(SATURATION)), 0.0)


def novelty_of(codes: CodeArray, bins: int) -> Float64Array:
    """The novelty in codes (..., channels), see novelty.py; (...)."""
    return bin_distance(codes[..., NOVELTY], bins) / NOVELTY_UNIT


def _floored(scale: Float64Array, centre: Float64Array) -> Float64Array:
    return np.maximum(scale, RELATIVE_FLOOR * np.abs(centre) + TINY)


def clip(x: np.ndarray, low: npt.ArrayLike, high: npt.ArrayLike) -> np.ndarray:
    """np.clip, which costs three times as much on the few points of a small poll."""
    return np.asarray(np.minimum(np.maximum(x, low), high))
