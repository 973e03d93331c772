"""How single things look on a terminal: values, sparklines, score bars, events."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from rich.text import Text

from spear_stream.core.records import AlertEvent, BoolArray, Float64Array
from spear_stream.transport.pictures_traces import Trace

SEVERITY_STYLES = {"info": "yellow", "warning": "dark_orange", "critical": "bold red"}
BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.-=+*#@"
BAR, ASCII_BAR = "█", "#"


def event_line(event: AlertEvent, *, ascii_only: bool = False) -> Text:
    """An opening or closing in one line."""
    style = SEVERITY_STYLES[event.severity]
    is_opened = event.type == "opened"
    sign = ("!" if ascii_only else "▲") if is_opened else ("." if ascii_only else "▽")
    when = event.started_at if is_opened else event.last_seen_at
    line = Text.assemble(
        (f"{sign} {event.type:<6} ", style if is_opened else "dim"),
        (f"{event.severity:<8} ", style),
        (event.series, "bold"),
        (f"  {datetime.fromtimestamp(when / 1000, UTC):%Y-%m-%d %H:%M:%S}  ", "dim"),
    )
    return line.append_text(_opening(event) if is_opened else _closing(event))


def _opening(event: AlertEvent) -> Text:
    low, high = number(event.expected.low), number(event.expected.high)
    return Text(f"{event.kind}: {number(event.observed)}, expected {low} to {high}, score {event.score:.2f}")


def _closing(event: AlertEvent) -> Text:
    lasted = (event.last_seen_at - event.started_at) / 1000
    return Text(f"after {duration(lasted)}, peak score {event.peak_score:.2f}", "dim")


def number(value: float) -> str:
    """Short, with four significant digits."""
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e9 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """In the unit that suits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def sparkline(trace: Trace, width: int, *, ascii_only: bool = False) -> Text:
    """The whole series in at most `width` characters; a character shows the value farthest from the
    middle of its stretch, in colour where an alert was open.
    """
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    per_cell = -(-len(trace.value) // width)
    cells = [slice(start, start + per_cell) for start in range(0, len(trace.value), per_cell)]
    level = _levels(trace.value, cells, len(blocks))
    text = Text(no_wrap=True)
    for cell, height, style in zip(cells, level, _styles(trace, cells), strict=True):
        del cell
        text.append(blocks[height], style)
    return text


def _levels(value: Float64Array, cells: Sequence[slice], levels: int) -> list[int]:
    middle = np.median(value)
    extreme = np.array([value[cell][np.argmax(np.abs(value[cell] - middle))] for cell in cells])
    low, span = extreme.min(), float(np.ptp(extreme))
    scaled = (extreme - low) / span * (levels - 1) if span > 0 else np.full(len(extreme), levels // 2 - 1)
    return [int(height) for height in np.round(scaled)]


def _styles(trace: Trace, cells: Sequence[slice]) -> list[str]:
    styles = ["cyan"] * len(cells)
    for span in trace.alerts:
        inside: BoolArray = (trace.ts >= span.start) & (
            trace.ts <= (trace.ts[-1] if span.is_open else span.end)
        )
        for number_, cell in enumerate(cells):
            if inside[cell].any():
                styles[number_] = SEVERITY_STYLES[span.severity]
    return styles


def score_bar(score: float, width: int, *, ascii_only: bool = False) -> Text:
    """Filled by the score in [0, 1]."""
    filled = round(score * width)
    bar = (ASCII_BAR if ascii_only else BAR) * filled
    return Text.assemble(
        (bar, _score_style(score)),
        ("·" * (width - filled) if not ascii_only else "." * (width - filled), "dim"),
    )


def _score_style(score: float) -> str:
    return "green" if score < 0.25 else "yellow" if score < 0.5 else "bold red"
