"""The window of an alert, split at its opening: what its kind is read from."""

from typing import NamedTuple

import numpy as np

from spear_stream.core.quantizer import LEVEL, bin_distance
from spear_stream.core.records import CodeArray, Float64Array
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec

FEWEST_BEFORE = 8
"""Points that are left of the time before an alert that is older than its window."""
GUARD = 1
"""Points between before and since: what is to come may show already."""
AROUND = 3
"""Points before those since the opening that can belong to the anomaly."""
REFERENCE = 64
"""Points before the opening whose median is the level that was left."""
USUAL = 90
"""Percentile of the distances before beyond which a point is out of the ordinary ..."""
LEAST = 1.0
"""... and the distance that it needs in any case."""
USUAL_OF_NOISE = 2.0
"""That percentile of noise, in robust scales."""
SMALLEST = 0.3
"""Of what sizes are divided by, in robust scales: a constant series is usual to within nothing."""


class AlertWindow(NamedTuple):
    """Distances of the points that are known, oldest first."""

    distance: Float64Array
    """(points, channels), 0 where a channel says nothing."""
    level: Float64Array
    """(points,) from the level that was left."""
    start: int
    """The first point since the opening: the one before those that the first score was for."""
    usual: float
    """How far the level usually went, see USUAL."""
    points_since: int

    @property
    def threshold(self) -> float:
        """Distance beyond which a point is out of the ordinary."""
        return max(self.usual, LEAST)

    @property
    def before(self) -> slice:
        return slice(0, max(self.start - GUARD, 1))

    @property
    def since(self) -> slice:
        return slice(self.start, None)

    @property
    def around(self) -> slice:
        """Since the opening, with what may have led to it."""
        return slice(max(self.start + 1 - AROUND, 0), None)


def alert_window(window: np.void, spec: WindowSpec, points_since: int) -> AlertWindow:
    """Split one window of spec.dtype; points_since: points of the series since its alert opened."""
    distance = _distances(window["codes"][-int(window["points"]) :], spec)
    newest = len(distance) - 1
    room = newest - FEWEST_BEFORE - GUARD
    scored = min(max(int(window["fresh"]), 1), max(room, 1))
    since = min(max(points_since, 0), max(room - scored, 0))
    start = max(newest - since - scored, 0)
    before = distance[: max(start - GUARD, 1), LEVEL]
    level = distance[:, LEVEL] - np.median(before[-REFERENCE:])
    usual = float(np.percentile(np.abs(level[: len(before)]), USUAL))
    if spec.scaling != "robust":
        unit = max(usual, 1 / spec.bins) / USUAL_OF_NOISE
        level, usual = level / unit, usual / unit
        distance = _by_level(level)
    return AlertWindow(distance, level, start, usual, since)


def _distances(codes: CodeArray, spec: WindowSpec) -> Float64Array:
    """Of the points since the first of which something is known, or of all."""
    known = codes[int(np.argmax((codes != PAD).any(axis=1))) :]
    if spec.scaling == "unit":
        return np.where(known != PAD, (2.0 * known - 1) / spec.bins - 1, 0.0)
    return bin_distance(known, spec.bins)


def _by_level(level: Float64Array) -> Float64Array:
    """In place of the channels where only the level speaks: level (points,) -> (points, channels)."""
    step = np.diff(level, prepend=level[:1])
    distance = {
        "level": level,
        "surge": level,
        "step": step,
        "season": level,
        "novelty": np.zeros(len(level)),
    }
    return np.stack([distance[name] for name in CHANNELS], axis=1)
