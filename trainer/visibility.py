"""Whether an injected anomaly stands out from what the series has done lately.

One that does not looks like any other noise: its label teaches to doubt what can be seen.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spear_stream.core.records import Float64Array
from trainer.placement import CLEAR, RECENT, Place, usual_most
from trainer.prediction import prediction_errors

STANDS_OUT = 1.5
"""Times the most, or the least, of any stretch before it."""

Visible = Callable[[Float64Array, Float64Array, Place, int], bool]
"""Whether the anomaly can be seen in its first points, by the values before and after it was injected."""


def at_once(before: Float64Array, after: Float64Array, place: Place, points: int) -> bool:
    """A Visible of types that stand out by their size, or by where they are put."""
    del before, after, place, points
    return True


def out_of_season(before: Float64Array, after: Float64Array, place: Place, points: int) -> bool:
    """A Visible: further from a season ago than any stretch as long was lately."""
    start, season = place.start, place.season
    part, ago = slice(start, start + points), slice(start - season, start - season + points)
    lately = max(season, start - RECENT)
    usual = before[lately:start] - before[lately - season : start - season]
    if len(usual) < points:
        return False
    now = float(_rms(after[part] - before[ago]))
    return now > STANDS_OUT * float(_rms(_stretches(usual, points)).max())


def calmer(before: Float64Array, after: Float64Array, place: Place, points: int) -> bool:
    """A Visible: it moves less than any stretch as long did lately."""
    lately = before[max(0, place.start - RECENT) : place.start]
    if len(lately) < points:
        return False
    now = float(after[place.start : place.start + points].std())
    return now * STANDS_OUT < float(_stretches(lately, points).std(axis=1).min())


def unforeseen(before: Float64Array, after: Float64Array, place: Place, points: int) -> bool:
    """A Visible: its first point is further from what those before it foretell than usual, and that alone
    tells it, for no step into it, within it or out of it is larger than usual ones.
    """
    start = place.start
    steps = np.abs(np.diff(after[start - 1 : start + points]))
    if steps.max() > usual_most(np.diff(before[:start])):
        return False
    errors = prediction_errors(after[max(0, start - RECENT) : start + 1])
    return len(errors) > 0 and bool(errors[-1] > CLEAR * usual_most(errors[:-1]))


def _stretches(values: Float64Array, points: int) -> Float64Array:
    return np.asarray(sliding_window_view(values, points))


def _rms(difference: Float64Array) -> Float64Array:
    """Root mean square along the last axis."""
    return np.asarray(np.sqrt(np.mean(difference**2, axis=-1)))
