"""What tells the kinds of anomalies apart: figures of the window of an alert, before its opening and since.

Distances are those of the channels, in the robust or tail scales of quantizer.py (for other scalings in like
units, alert_window.py). Sizes are squashed by arcsinh, so that one far point does not drown the others, and
changes are logarithms of ratios.
"""

import numpy as np

from spear_stream.core.alert_window import SMALLEST, AlertWindow, alert_window
from spear_stream.core.excursion import excursion_of, steepness
from spear_stream.core.quantizer import NOVELTY, SEASON, STEP, SURGE
from spear_stream.core.records import Float64Array
from spear_stream.core.seasonality import season_of
from spear_stream.core.spec import WindowSpec

Figures = dict[str, float]

STILL = 0.02
"""Added to both sides of a ratio, in robust scales."""
NEWEST = (5, 12, 24)
"""Numbers of points at the end of the window that are looked at by themselves."""
NONE = -9.0
"""Of a figure that is not there: there is no season, or nothing is out of the ordinary."""
GRID = 1000
"""Figures are rounded to this part of one: kinds should not hang on the last bits of a processor."""


def kind_features(window: np.void, spec: WindowSpec, points_since: int) -> Figures:
    """Figures of one window of spec.dtype, by name, always the same names in the same order.

    points_since: points of the series since the alert opened, 0 when it opens with this window.
    """
    split = alert_window(window, spec, points_since)
    figures = {
        "points_since": float(split.points_since),
        "shift": float(np.arcsinh(window["shift"])),
        **_usual(split),
        **_height(split),
        **_restlessness(split),
        **_excursion(split),
        **_lines(split),
        **_channels(split),
        **_season(split),
    }
    return {name: round(figure * GRID) / GRID for name, figure in figures.items()}


def _usual(split: AlertWindow) -> Figures:
    before = split.level[split.before]
    return {
        "reach_before": float(np.arcsinh(np.abs(before).max())),
        "usual": float(np.arcsinh(split.usual)),
        "spread_before": float(np.log(before.std() + STILL)),
        "roughness_before": float(np.log(_roughness(before) + STILL)),
        "turns_before": _turns(before),
        "resting_before": _resting(before),
    }


def _height(split: AlertWindow) -> Figures:
    since, unit = split.level[split.since], max(split.usual, SMALLEST)
    heights = {
        "highest": since.max(),
        "lowest": since.min(),
        "mean": since.mean(),
        "median": np.median(since),
        "foot": since[0],
        "newest": since[-1],
        "newest_mean": since[-NEWEST[0] :].mean(),
    }
    return {name: float(np.arcsinh(height)) for name, height in heights.items()} | {
        "highest_by_usual": float(np.arcsinh(since.max() / unit)),
        "lowest_by_usual": float(np.arcsinh(since.min() / unit)),
    }


def _restlessness(split: AlertWindow) -> Figures:
    before, since = split.level[split.before], split.level[split.since]
    return {
        "roughness_change": _change(_roughness(since), _roughness(before)),
        "spread_change": _change(since.std(), before.std()),
        "newest_roughness_change": _change(_roughness(since[-NEWEST[0] :]), _roughness(before)),
        "newest_spread_change": _change(since[-NEWEST[1] :].std(), before.std()),
        "turns_since": _turns(since),
        "resting_since": _resting(since),
    }


def _excursion(split: AlertWindow) -> Figures:
    """The excursion since the opening, see excursion.py."""
    level = split.level[split.around]
    found = excursion_of(level, split.threshold)
    names = ("ends_ago", "length", "share", "height", "abruptness")
    if found is None:
        return {f"excursion_{name}": NONE for name in names} | {"beyond": 0.0}
    inside = level[found.start : found.end]
    figures = (
        len(level) - found.end,
        len(inside),
        found.share,
        np.arcsinh(np.median(inside)),
        np.arcsinh(steepness(level, found)),
    )
    told = {f"excursion_{name}": float(one) for name, one in zip(names, figures, strict=True)}
    return told | {"beyond": float((np.abs(level) > split.threshold).mean())}


def _lines(split: AlertWindow) -> Figures:
    """Rise of a line through the points since the opening and through the newest, and how well it fits."""
    figures = _line("since", split.level[split.around])
    for points in NEWEST[1:]:
        figures |= _line(f"newest_{points}", split.level[-points:])
    return figures


def _line(name: str, level: Float64Array) -> Figures:
    place = np.arange(len(level)) - (len(level) - 1) / 2
    rest = level - level.mean()
    spread, slope = float(rest @ rest), float(place @ rest) / max(float(place @ place), 1.0)
    explained = slope * slope * float(place @ place) / spread if spread > STILL**2 else 0.0
    return {f"rise_{name}": float(np.arcsinh(slope * len(level))), f"line_{name}": explained}


def _channels(split: AlertWindow) -> Figures:
    opening = slice(max(split.start - 1, 0), split.start + 3)
    surge, step, season, novelty = (split.distance[:, one] for one in (SURGE, STEP, SEASON, NOVELTY))
    sizes = {
        "largest_step": np.abs(step[split.since]).max(),
        "mean_step": np.abs(step[split.since]).mean(),
        "step_up": step[opening].max(),
        "step_down": step[opening].min(),
        "largest_step_before": np.abs(step[split.before]).max(),
        "largest_surge": np.abs(surge[split.since]).max(),
        "largest_from_season": np.abs(season[split.since]).max(),
        "mean_from_season": np.abs(season[split.since]).mean(),
        "mean_from_season_before": np.abs(season[split.before]).mean(),
        "mean_novelty": novelty[split.since].mean(),
        "largest_novelty": novelty[split.since].max(),
        "mean_novelty_before": novelty[split.before].mean(),
    }
    return {name: float(np.arcsinh(size)) for name, size in sizes.items()}


def _season(split: AlertWindow) -> Figures:
    """The points since the opening against those one round before, and against a round early or late."""
    names = ("lag", "difference", "change", "rise", "spread", "delay", "gain")
    before, level = split.level[split.before], split.level
    found = season_of(before)
    if found is None:
        return {f"season_{name}": NONE for name in names}
    since = np.arange(len(level))[split.since]
    delays = np.arange(-(found.lag // 2), found.lag // 2 + 1)
    then = level[since - found.lag - delays[:, None]]  # there are 1.6 seasons before
    apart = np.sqrt(np.mean((level[since] - then) ** 2, axis=1))
    exact, best = found.lag // 2, int(np.argmin(apart))
    figures = (
        found.lag,
        found.difference,
        _change(apart[exact], np.sqrt(2 * before.var() * max(found.difference, 0.0))),
        np.arcsinh((level[since] - then[exact]).mean()),
        _change(level[since].std(), then[exact].std()),
        delays[best] / found.lag,
        _change(apart[best], apart[exact]),
    )
    return {f"season_{name}": float(one) for name, one in zip(names, figures, strict=True)}


def _change(now: float, before: float) -> float:
    return float(np.log((now + STILL) / (before + STILL)))


def _roughness(level: Float64Array) -> float:
    return float(np.abs(np.diff(level)).mean()) if len(level) > 1 else 0.0


def _turns(level: Float64Array) -> float:
    """Share of the points at which the series turns; .5 of too few points."""
    turns = np.diff(np.sign(np.diff(level))) != 0
    return float(turns.mean()) if len(turns) else 0.5


def _resting(level: Float64Array) -> float:
    """Share of the steps that lead nowhere."""
    return float((np.diff(level) == 0).mean()) if len(level) > 1 else 0.0
