"""PNG pictures of series: the values, what was found in them, and the scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.transport.pictures_axes import (
    FAINT,
    INK,
    draw_scores,
    draw_values,
    label_kinds,
    legend_entries,
)
from spear_stream.transport.pictures_names import shortened, told_apart
from spear_stream.transport.pictures_traces import Trace, Traces

if TYPE_CHECKING:  # matplotlib is optional and slow to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Trace", "Traces", "draw_overview", "draw_series"]

DPI = 150
LEGEND: dict[str, Any] = {"ncols": 4, "frameon": False, "fontsize": 8, "handlelength": 1.2}


def draw_series(path: str | Path, trace: Trace, policy: AlertPolicy) -> None:
    """One series, 1200 x 660 pixels: values with alerts and expected range, scores with thresholds below.

    `policy` gives the thresholds. Raises ConfigError without matplotlib, DeliveryError if the file
    cannot be written.
    """
    figure = _figure(8.0, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    figure.suptitle(
        shortened(trace.series, 70),
        x=0.01,
        ha="left",
        fontsize=13,
        fontweight="bold",
        color=INK,
        parse_math=False,
    )
    top.set_title(_summary(trace), loc="left", fontsize=8.5, color=FAINT)
    draw_values(top, trace)
    label_kinds(top, trace)
    entries = legend_entries(trace.alerts)
    top.legend(handles=entries, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, **LEGEND)
    draw_scores(bottom, trace, policy)
    _save(figure, path)


def draw_overview(
    path: str | Path, traces: Sequence[Trace] | Traces, policy: AlertPolicy, most: int = 12
) -> None:
    """Small multiples, 1200 pixels wide: the `most` series with the highest scores, and how many were left.

    A single series is drawn large, with the thresholds of `policy`. Raises as `draw_series` does.
    """
    ranked = sorted(traces, key=lambda trace: (not trace.alerts, -trace.peak))
    if len(ranked) == 1:
        draw_series(path, ranked[0], policy)
        return
    shown = ranked[:most]
    columns = min(3, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure = _figure(8.0, 0.7 + 1.5 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    newest = max((int(trace.ts[-1]) for trace in ranked), default=0)
    names = told_apart([trace.series for trace in shown], 28)
    for ax, trace, name in zip(axes, shown, names, strict=False):
        _draw_small(ax, trace, name, newest)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    entries = legend_entries(span for trace in shown for span in trace.alerts)
    figure.legend(handles=entries, loc="outside upper right", borderaxespad=0.2, **LEGEND)
    figure.suptitle(_headline(ranked, len(shown)), x=0.01, ha="left", fontsize=10, color=INK)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    """Inches at DPI."""
    try:
        from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError("pictures need matplotlib: pip install matplotlib") from None
    return NewFigure(figsize=(width, height), dpi=DPI, layout="constrained")


def _save(figure: Figure, path: str | Path) -> None:
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        reason = error.strerror or error
        raise DeliveryError(f"cannot write {path}: {reason}; give a writable path for the picture") from None


def _draw_small(ax: Axes, trace: Trace, name: str, newest: int) -> None:
    draw_values(ax, trace, width=0.8, until=newest)
    ax.set_title(name, loc="left", fontsize=8, fontweight="bold", color=INK, pad=3, parse_math=False)
    ax.set_title(f"{len(trace.alerts)} \u25b2", loc="right", fontsize=7, color=FAINT, pad=3)
    ax.tick_params(labelsize=6)
    ax.xaxis.get_offset_text().set_fontsize(6)


def _summary(trace: Trace) -> str:
    first, last = (datetime.fromtimestamp(int(ts) / 1000, UTC) for ts in (trace.ts[0], trace.ts[-1]))
    alerts = f"{len(trace.alerts)} alert" + "s" * (len(trace.alerts) != 1)
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, {alerts}"


def _headline(ranked: Sequence[Trace], shown: int) -> str:
    anomalous = sum(bool(trace.alerts) for trace in ranked)
    left = f"; {len(ranked) - shown} more not shown" if len(ranked) > shown else ""
    return f"{len(ranked)} series, {anomalous} with alerts{left}"
