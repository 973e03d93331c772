"""What pictures are made of: the values, alerts and scores of one series on matplotlib's axes.

The colours are those of Okabe and Ito (2008), which colour-blind people can tell apart; they
get darker with severity, and kinds are written out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.transport.pictures_traces import Span, Trace

if TYPE_CHECKING:  # matplotlib is optional and slow to import
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

SEVERITY_COLOURS = {"info": "#E69F00", "warning": "#D55E00", "critical": "#A50F3C"}
LINE, BAND, SCORE, INK, FAINT = "#1F4E79", "#56B4E9", "#4D4D4D", "#222222", "#8C8C8C"
LABELS_APART = 0.07
"""Least distance between two kind labels, as a share of the width."""
LARGEST = 1e100
"""Values are cut to this: matplotlib's arithmetic overflows beyond."""


def draw_values(ax: Axes, trace: Trace, width: float = 1.1, until: int = 0) -> None:
    """until: how far time has gone elsewhere, in milliseconds; an alert that is open lasts that long."""
    last = max([int(trace.ts[-1]), *(until for span in trace.alerts if span.is_open)])
    value = np.clip(trace.value, -LARGEST, LARGEST)
    if len(trace.scored_ts):
        low, high = np.clip((trace.low, trace.high), -LARGEST, LARGEST)
        ax.fill_between(_dates(trace.scored_ts), low, high, color=BAND, alpha=0.22, lw=0)
    ax.plot(*_with_gaps(trace.ts, value), color=LINE, lw=width, solid_joinstyle="round")
    if len(value) == 1:
        ax.plot(_dates(trace.ts), value, "o", color=LINE)
    for span in trace.alerts:
        _draw_span(ax, trace, span, value, last)
    _fit(ax, int(trace.ts[0]), last, value)
    style(ax)


def _draw_span(ax: Axes, trace: Trace, span: Span, value: np.ndarray, last: int) -> None:
    colour = SEVERITY_COLOURS[span.severity]
    end = last if span.is_open else span.end
    ax.axvspan(*_dates([span.start, end]), color=colour, alpha=0.25, lw=0.8)
    row = min(int(np.searchsorted(trace.ts, span.start)), len(value) - 1)
    ax.plot(_dates(trace.ts[[row]]), value[[row]], "o", color=colour, ms=5, mec="white", mew=0.8, zorder=4)


def _with_gaps(ts: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Break the line where points are missing for long: nothing is known there."""
    steps = np.diff(ts)
    holes = np.flatnonzero(steps > 10 * np.median(steps)) + 1 if len(steps) else np.zeros(0, np.intp)
    return _dates(np.insert(ts, holes, ts[holes])), np.insert(value, holes, np.nan)


def _fit(ax: Axes, first: int, last: int, value: np.ndarray) -> None:
    """Limits by the values alone: the expected range may be far wider while little is known."""
    low, high = float(value.min()), float(value.max())
    margin = 0.12 * (high - low) or max(abs(high), 1.0) * 0.05
    ax.set_ylim(low - margin, high + 1.6 * margin)
    edge = max(int(0.005 * (last - first)), 1_000)
    ax.set_xlim(*_dates([first - edge, last + edge]))


def label_kinds(ax: Axes, trace: Trace) -> None:
    """The kinds at the top of the spans, where there is room."""
    begin, length = int(trace.ts[0]), max(int(trace.ts[-1] - trace.ts[0]), 1)
    last = -LABELS_APART
    for span in sorted(trace.alerts, key=lambda span: span.start):
        place = (span.start - begin) / length
        if place - last >= LABELS_APART:
            ax.text(
                *(_dates([span.start])[0], 0.985),
                s=f" {span.kind}",
                transform=ax.get_xaxis_transform(),
                ha="left" if place < 0.9 else "right",
                va="top",
                fontsize=8,
                fontweight="bold",
                color=SEVERITY_COLOURS[span.severity],
            )
            last = place


def draw_scores(ax: Axes, trace: Trace, policy: AlertPolicy) -> None:
    times = _dates(trace.scored_ts)
    ax.fill_between(times, 0, trace.score, color=SCORE, alpha=0.35, lw=0)
    ax.plot(times, trace.score, color=SCORE, lw=0.7)
    lowest = 0.0
    for severity, level in _levels(policy).items():
        colour = SEVERITY_COLOURS[severity]
        ax.axhline(level, color=colour, lw=0.9, ls=(0, (4, 3)))
        lowest = max(level, lowest + 0.15)  # room for the text
        ax.text(
            1.005, lowest, severity, transform=ax.get_yaxis_transform(), va="center", fontsize=7, color=colour
        )
    ax.set_ylim(0, 1.04)
    ax.set_yticks((0, 0.5, 1))
    ax.set_ylabel("score", fontsize=8, color=FAINT)
    style(ax)


def _levels(policy: AlertPolicy) -> dict[str, float]:
    return {"info": policy.open_score, "warning": policy.warning_score, "critical": policy.critical_score}


def legend_entries(alerts: Iterable[Span]) -> list[Patch]:
    """The expected range and the severities that occur."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - optional

    found = {span.severity for span in alerts}
    severities = {name: colour for name, colour in SEVERITY_COLOURS.items() if name in found}
    return [
        Patch(color=BAND, alpha=0.3, label="expected"),
        *(Patch(color=colour, alpha=0.5, label=name) for name, colour in severities.items()),
    ]


def style(ax: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - optional

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]  # matplotlib.dates has no types
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#BFBFBF")
    ax.tick_params(colors="#595959", labelsize=8, length=3)
    ax.grid(axis="y", color="#E6E6E6", lw=0.6)
    ax.set_axisbelow(True)


def _dates(millis: np.ndarray | list[int]) -> np.ndarray:
    return np.asarray(millis, "datetime64[ms]")
