"""The window of an alert as before and since: what its kind is read from."""

from typing import NamedTuple

import numpy as np

from spear_stream.core.quantizer import LEVEL, bin_distance
from spear_stream.core.records import Float64Array
from spear_stream.core.spec import WindowSpec

FEWEST_BEFORE = 8
"""Points that are left of the time before an alert that is older than its window."""
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
AROUND = 3
"""Points before the opening that can belong to the anomaly."""


class Story(NamedTuple):
    """A window of an alert."""

    distance: Float64Array
    """(points, channels), 0 where a channel says nothing."""
    level: Float64Array
    """(points,) distance from the level that was left."""
    start: int
    """Where the alert opened."""
    margin: int
    """Points before it that the same score was for, at least 1."""
    usual: float
    """How far the level usually goes, see USUAL."""

    @property
    def threshold(self) -> float:
        """Distance beyond which a point is out of the ordinary."""
        return max(self.usual, LEAST)

    @property
    def before(self) -> slice:
        """All points but those, at least one."""
        return slice(0, max(self.start - self.margin - 1, 1))

    @property
    def since(self) -> slice:
        """The points that the first score was for and all later ones, with the one that they left from."""
        return slice(max(self.start - self.margin, 0), None)

    @property
    def around(self) -> slice:
        """Since the opening, with what may have led to it."""
        return slice(max(self.start - self.margin - AROUND + 1, 0), None)


def story_of(window: np.void, spec: WindowSpec, points_since: int) -> Story:
    """Of one window of spec.dtype; points_since: since its alert opened."""
    distance = bin_distance(window["codes"][-int(window["points"]) :], spec.bins)
    since = min(points_since, max(len(distance) - 1 - FEWEST_BEFORE, 0))
    start, margin = len(distance) - 1 - since, max(int(window["fresh"]), 1)
    story = Story(distance, distance[:, LEVEL], start, margin, LEAST)
    level = story.level - np.median(story.level[story.before][-REFERENCE:])
    usual = float(np.percentile(np.abs(level[story.before]), USUAL))
    if spec.scaling != "robust":  # the unit of the others is no usual distance
        unit = max(usual, SMALLEST) / USUAL_OF_NOISE
        level, usual = level / unit, usual / unit
    return story._replace(level=level, usual=usual)
