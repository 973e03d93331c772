"""Value -> bins, O(1) per point, vectorised over series, never looking ahead.

Each point becomes one code per channel (DESIGN.md section 6):

- level:  distance from a slow robust centre in units of a slow robust scale
- step:   change since the last point in units of the usual change
- gap:    time since the last point against the usual interval, in octaves
- season: distance from the centre of the same hour of the day (UTC)

A distance is squashed to [0, 1] by asinh, fine near zero and still ordered at
64 scales, and cut into uniform bins (SPEAR, arXiv 2510.03962, section 3).
Every point is scaled with what was known before it.
"""

import numpy as np

from spear_stream.core.records import CodeArray, Float64Array, IndexArray, Int64Array
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.core.table import SeriesTable

HOUR_MS = 3_600_000
HOURS = 24
SATURATION = 64.0
"""Distance in scales at which the outermost bin begins."""
SURPRISE = 6.0
"""A point this many scales out speeds up forgetting, so a lasting change is learnt in some tens of points."""
FADE = 0.85
"""Share of the memory that survives one surprising point."""
CLIP = 3.0
"""Largest pull of one point on a centre, in scales."""
KNOWN = 4
"""Points of history before a channel says anything."""
LARGEST = 1e100
"""Larger magnitudes are treated as this, so differences never overflow."""
RELATIVE_FLOOR = 1e-9
"""Smallest scale relative to the centre: above float64 rounding, below any real signal."""
TINY = 1e-300
SEASON_MEMORY_MS = 4 * HOUR_MS
"""Time spent in one hour-of-day bucket over which its centre forgets: about four days."""
LONGEST_GAP = 7


class Quantizer:
    """Scales and codes of many series; a row (slot) per series."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self.table = SeriesTable(
            seen=np.int64,
            last_ts=np.int64,
            last=np.float64,
            centre=np.float64,
            scale=np.float64,
            weight=np.float32,
            step=np.float64,
            step_weight=np.float32,
            interval=np.float64,
            residual=np.float64,
            hour_known=np.uint32,
            hour_centre=(np.float64, HOURS),
        )

    def scale_of(self, slots: IndexArray) -> tuple[Float64Array, Float64Array]:
        """Centre and scale of each series as known now, in the unit of the series."""
        centre = self.table["centre"][slots]
        return centre, _floored(self.table["scale"][slots], centre)

    def update(self, slots: IndexArray, ts: Int64Array, values: Float64Array) -> CodeArray:
        """Code one new point per series and learn from it.

        slots: (n,) distinct rows; ts: (n,) milliseconds, later than the last of the
        series; values: (n,) finite. Returns (n, channels) codes, PAD where unknown.
        """
        x = np.clip(values, -LARGEST, LARGEST)
        codes = np.full((len(slots), len(CHANNELS)), PAD, np.uint8)
        seen = self.table["seen"][slots]
        codes[:, 0] = self._level(slots, x, seen)
        codes[:, 1] = self._step(slots, x, seen)
        codes[:, 2] = self._gap(slots, ts, seen)
        codes[:, 3] = self._season(slots, ts, x, seen)
        self.table["seen"][slots] = seen + 1
        self.table["last"][slots] = x
        self.table["last_ts"][slots] = ts
        return codes

    def _level(self, slots: IndexArray, x: Float64Array, seen: Int64Array) -> CodeArray:
        centre, scale = self.table["centre"][slots], self.table["scale"][slots]
        distance = np.where(seen > 0, x - centre, 0.0)
        codes = self._bin(distance, _floored(scale, centre), seen >= KNOWN)
        rate, weight = _learning(
            distance, _floored(scale, centre), self.table["weight"][slots], seen, self._spec.level_memory
        )
        pull = _limited(distance, _floored(scale, centre), seen)
        first = seen == 0
        self.table["centre"][slots] = np.where(first, x, centre + rate * pull)
        self.table["scale"][slots] = np.where(first, 0.0, scale + rate * (np.abs(pull) - scale))
        self.table["weight"][slots] = weight
        return codes

    def _step(self, slots: IndexArray, x: Float64Array, seen: Int64Array) -> CodeArray:
        last, usual = self.table["last"][slots], self.table["step"][slots]
        change = np.where(seen > 0, x - last, 0.0)
        unit = _floored(usual, last)
        codes = self._bin(change, unit, seen >= KNOWN)
        steps = np.maximum(seen - 1, 0)
        rate, weight = _learning(change, unit, self.table["step_weight"][slots], steps, self._spec.step_memory)
        size = np.abs(_limited(change, unit, steps))
        self.table["step"][slots] = np.where(seen > 0, usual + rate * (size - usual), 0.0)
        self.table["step_weight"][slots] = weight
        return codes

    def _gap(self, slots: IndexArray, ts: Int64Array, seen: Int64Array) -> CodeArray:
        passed = np.where(seen > 0, ts - self.table["last_ts"][slots], 0).astype(np.float64)
        usual = np.where(seen > 1, self.table["interval"][slots], passed)
        ratio = passed / np.maximum(usual, 1.0)
        octaves = np.ceil(np.log2(np.maximum(ratio / 1.5, 1.0)))
        codes = np.where(seen > 1, 1 + np.minimum(octaves, LONGEST_GAP), PAD)
        rate = 1.0 / np.clip(seen, 1, 16)
        self.table["interval"][slots] = usual + rate * (np.clip(passed, usual / 4, usual * 4) - usual)
        return codes.astype(np.uint8)

    def _season(self, slots: IndexArray, ts: Int64Array, x: Float64Array, seen: Int64Array) -> CodeArray:
        hour = (ts // HOUR_MS) % HOURS
        bit = np.uint32(1) << hour.astype(np.uint32)
        known_hours = self.table["hour_known"][slots]
        known = (known_hours & bit) != 0
        residual = self.table["residual"][slots]
        hour_centre = self.table["hour_centre"][slots, hour]
        distance = np.where(known, x - hour_centre, 0.0)
        unit = _floored(residual, hour_centre)
        codes = self._bin(distance, unit, known & (seen >= KNOWN))
        self.table["hour_known"][slots] = known_hours | bit
        rate = np.clip(self.table["interval"][slots] / SEASON_MEMORY_MS, 1e-4, 0.5)
        young = (residual == 0) | (seen < self._spec.min_points)
        pull = np.where(young, distance, np.clip(distance, -CLIP * unit, CLIP * unit))
        self.table["hour_centre"][slots, hour] = np.where(known, hour_centre + rate * pull, x)
        learn = np.where(known, 1.0 / np.clip(seen, 2, self._spec.level_memory), 0.0)
        self.table["residual"][slots] = residual + learn * (np.abs(pull) - residual)
        return codes

    def _bin(self, distance: Float64Array, unit: Float64Array, known: np.ndarray) -> CodeArray:
        squashed = 0.5 + 0.5 * np.arcsinh(distance / unit) / np.arcsinh(SATURATION)
        bins = np.clip(np.floor(squashed * self._spec.bins), 0, self._spec.bins - 1)
        return np.where(known, 1 + bins, PAD).astype(np.uint8)


def bin_distance(codes: CodeArray, bins: int) -> Float64Array:
    """The distance in scales at the middle of each bin; 0 for PAD."""
    squashed = (codes.astype(np.float64) - 0.5) / bins
    return np.where(codes == PAD, 0.0, np.sinh((2 * squashed - 1) * np.arcsinh(SATURATION)))


def _floored(scale: Float64Array, centre: Float64Array) -> Float64Array:
    return np.maximum(scale, RELATIVE_FLOOR * np.abs(centre) + TINY)


def _learning(
    distance: Float64Array, unit: Float64Array, weight: np.ndarray, seen: Int64Array, memory: int
) -> tuple[Float64Array, np.ndarray]:
    surprised = (np.abs(distance) > SURPRISE * unit) & (seen >= KNOWN)
    kept = np.where(surprised, np.maximum(weight * FADE, 1.0), np.minimum(weight + 1.0, memory))
    kept = np.maximum(kept, 1.0)
    return 1.0 / kept, kept.astype(np.float32)


def _limited(distance: Float64Array, unit: Float64Array, seen: Int64Array) -> Float64Array:
    return np.where(seen < 2 * KNOWN, distance, np.clip(distance, -CLIP * unit, CLIP * unit))
