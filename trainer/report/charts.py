"""Pictures of a report as data URIs, in colours that colour-blind people can tell apart (Okabe, Ito 2008)."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.errors import ConfigError
from trainer.report.curves import Curve, Reliability
from trainer.report.moments import Moment

if TYPE_CHECKING:  # matplotlib is optional and slow to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#000000")
LABEL, ALERT, LINE, FAINT = "#009E73", "#D55E00", "#1F4E79", "#8C8C8C"
DPI = 110
LARGEST = 1e100
"""Values are cut to this: matplotlib's arithmetic overflows beyond."""


def draw_curves(
    curves: Mapping[str, Curve], x: str, y: str, *, chance: float | None = None, diagonal: bool = False
) -> str:
    """One curve per detector; chance: precision of a random score; diagonal: that of a random ranking."""
    figure, ax = _square(x, y)
    if chance is not None:
        ax.axhline(chance, color=FAINT, lw=0.9, ls=":", label=f"random {chance:.3f}")
    if diagonal:
        ax.plot((0, 1), (0, 1), color=FAINT, lw=0.9, ls=":", label="random 0.500")
    for (name, curve), colour in zip(curves.items(), COLOURS * 3, strict=False):
        label = f"{name} {curve.area:.3f}" if np.isfinite(curve.area) else f"{name}: undefined"
        ax.plot(curve.x, curve.y, color=colour, lw=1.5, label=label)
    ax.legend(fontsize=7, frameon=False, loc="upper right" if chance is not None else "lower right")
    return _uri(figure, "svg")


def draw_reliability(found: Mapping[str, Reliability]) -> str:
    """Predicted against observed; the area of a dot grows with the logarithm of its points."""
    figure, ax = _square("probability that the model gives", "share of points that are labelled")
    ax.plot((0, 1), (0, 1), color=FAINT, lw=0.9, ls=":", label="perfect")
    for (name, one), colour in zip(found.items(), COLOURS * 3, strict=False):
        ax.plot(one.predicted, one.observed, color=colour, lw=1.2, label=f"{name}, error {one.error:.3f}")
        ax.scatter(one.predicted, one.observed, s=8 * np.log10(one.points + 1), color=colour)
    ax.legend(fontsize=7, frameon=False, loc="upper left")
    return _uri(figure, "svg")


def draw_moment(moment: Moment) -> str:
    """Values with labelled windows and alerts; the score and the threshold of an alert below."""
    figure = _figure(7.2, 2.7)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    rows = moment.shown
    times = moment.series.clock[rows].astype("datetime64[ms]")
    top.plot(times, np.clip(moment.series.value[rows], -LARGEST, LARGEST), color=LINE, lw=0.9)
    bottom.fill_between(times, 0, moment.score[rows], color=LINE, alpha=0.35, lw=0)
    bottom.axhline(AlertPolicy().open_score, color=ALERT, lw=0.8, ls=(0, (4, 3)))
    bottom.set_ylim(0, 1.04)
    bottom.set_ylabel("score", fontsize=7, color=FAINT)
    for spans, colour in ((moment.series.windows, LABEL), (moment.alerts, ALERT)):
        for span in spans:
            _shade(top, moment, span, colour)
    _mark_alerts(top, moment)
    for ax in (top, bottom):
        _style(ax)
    _date_axis(bottom)
    return _uri(figure, "png")


def _shade(ax: Axes, moment: Moment, span: tuple[int, int], colour: str) -> None:
    rows = moment.shown
    first, last = max(span[0], rows.start), min(span[1], rows.stop - 1)
    if first <= last:
        times = moment.series.clock[[first, last]].astype("datetime64[ms]")
        ax.axvspan(*times, color=colour, alpha=0.22, lw=1.0)


def _mark_alerts(ax: Axes, moment: Moment) -> None:
    """A triangle where an alert opens: most alerts are too short for their shade to be seen."""
    rows = moment.shown
    opened = [first for first, _ in moment.alerts if rows.start <= first < rows.stop]
    times = moment.series.clock[opened].astype("datetime64[ms]")
    heights = np.ones(len(opened))
    ax.plot(times, heights, "v", color=ALERT, ms=6, transform=ax.get_xaxis_transform(), clip_on=False)


def _square(x: str, y: str) -> tuple[Figure, Axes]:
    figure = _figure(4.2, 4.0)
    ax = figure.subplots()
    ax.set_xlabel(x, fontsize=8)
    ax.set_ylabel(y, fontsize=8)
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.01)
    _style(ax)
    return figure, ax


def _style(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#BFBFBF")
    ax.tick_params(colors="#595959", labelsize=7, length=3)
    ax.grid(axis="y", color="#E6E6E6", lw=0.6)
    ax.set_axisbelow(True)


def _date_axis(ax: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - optional

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]  # matplotlib.dates has no types
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    ax.xaxis.get_offset_text().set_fontsize(7)


def require() -> None:
    """Raise ConfigError without matplotlib: before hours of work, not after them."""
    _figure(1.0, 1.0)


def _figure(width: float, height: float) -> Figure:
    """Inches at DPI. Raises ConfigError without matplotlib."""
    try:
        from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError("a report needs matplotlib: pip install matplotlib") from None
    return NewFigure(figsize=(width, height), dpi=DPI, layout="constrained")


def _uri(figure: Figure, kind: str) -> str:
    from matplotlib import rc_context  # noqa: PLC0415 - as above

    drawn = io.BytesIO()
    # No date and no random names within it: the same figures give the same bytes.
    with rc_context({"svg.hashsalt": "spear"}):
        figure.savefig(drawn, format=kind, metadata={"Date": None} if kind == "svg" else None)
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    return f"data:{mime};base64,{base64.b64encode(drawn.getvalue()).decode()}"
