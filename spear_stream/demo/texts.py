"""How single things look on a terminal: values, sparklines, score bars, events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from rich.console import ConsoleOptions, OverflowMethod
from rich.text import Text

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.records import AlertEvent, Float64Array
from spear_stream.core.times import duration
from spear_stream.transport.pictures_traces import Trace

CLOSE, OPEN = AlertPolicy.close_score, AlertPolicy.open_score
SEVERITY_STYLES = {"info": "yellow", "warning": "dark_orange", "critical": "bold red"}


@dataclass(frozen=True)
class Glyphs:
    """The characters that a terminal can show."""

    blocks: str
    """Heights of a sparkline, the lowest first."""
    full: str
    empty: str
    opened: str
    closed: str
    overflow: OverflowMethod


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "█", "·", "▲", "▽", "ellipsis")
ASCII = Glyphs("_.-=+*#@", "#", ".", "!", ".", "crop")


def glyphs_of(options: ConsoleOptions) -> Glyphs:
    return ASCII if options.ascii_only else UNICODE


def event_line(event: AlertEvent, glyphs: Glyphs) -> Text:
    """An opening or closing in one line."""
    style = SEVERITY_STYLES[event.severity]
    is_opened = event.type == "opened"
    when = event.started_at if is_opened else event.last_seen_at
    line = Text.assemble(
        (f"{glyphs.opened if is_opened else glyphs.closed} {event.type:<6} ", style if is_opened else "dim"),
        (f"{event.severity:<8} ", style),
        (event.series, "bold"),
        (f"  {datetime.fromtimestamp(when / 1000, UTC):%Y-%m-%d %H:%M:%S}  ", "dim"),
    )
    return line.append_text(_opening(event) if is_opened else _closing(event))


def _opening(event: AlertEvent) -> Text:
    low, high = event.expected.low, event.expected.high
    place = "within the usual" if low <= event.observed <= high else "usual is"
    usual = f"{place} {number(low)} to {number(high)}"
    return Text(f"{event.kind}: {number(event.observed)}, {usual}, score {event.score:.2f}")


def _closing(event: AlertEvent) -> Text:
    lasted = (event.last_seen_at - event.started_at) / 1000
    end = (event.resolution or "").replace("_", " ")
    return Text(f"{end} after {duration(lasted)}: {event.kind}, peak score {event.peak_score:.2f}", "dim")


def number(value: float) -> str:
    """Short, with four significant digits."""
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e9 else f"{value:.4g}"


def sparkline(trace: Trace, width: int, glyphs: Glyphs) -> Text:
    """The whole series in at most `width` characters; a character shows the value farthest from the
    middle of the series in its stretch, in colour where an alert was open.
    """
    per_cell = -(-len(trace.value) // width)
    cells = [slice(start, start + per_cell) for start in range(0, len(trace.value), per_cell)]
    heights = _heights(trace.value, cells, len(glyphs.blocks) - 1)
    pairs = zip(heights, _styles(trace, cells), strict=True)
    return Text.assemble(*((glyphs.blocks[height], style) for height, style in pairs), no_wrap=True)


def _heights(value: Float64Array, cells: Sequence[slice], highest: int) -> list[int]:
    middle = np.median(value)
    extreme = np.array([value[cell][np.argmax(np.abs(value[cell] - middle))] for cell in cells])
    low, spread = float(extreme.min()), float(np.ptp(extreme))
    if spread == 0:
        return [highest // 2] * len(cells)
    return [round(height) for height in ((extreme - low) / spread * highest).tolist()]


def _styles(trace: Trace, cells: Sequence[slice]) -> list[str]:
    styles = ["cyan"] * len(cells)
    for span in trace.alerts:
        inside = (trace.ts >= span.start) & (span.is_open | (trace.ts <= span.end))
        for number_of_cell, cell in enumerate(cells):
            if inside[cell].any():
                styles[number_of_cell] = SEVERITY_STYLES[span.severity]
    return styles


def score_bar(score: float, width: int, glyphs: Glyphs) -> Text:
    """Filled by the score in [0, 1]."""
    filled = round(score * width)
    style = "green" if score < CLOSE else "yellow" if score < OPEN else "bold red"
    return Text.assemble((glyphs.full * filled, style), (glyphs.empty * (width - filled), "dim"))
