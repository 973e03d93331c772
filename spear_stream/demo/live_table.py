"""The picture of a Board that LiveView draws: series, newest events, progress."""

from collections.abc import Sequence

from rich import box
from rich.console import ConsoleOptions, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from spear_stream.core.times import duration
from spear_stream.demo.board import Board
from spear_stream.demo.texts import (
    SEVERITY_STYLES,
    event_line,
    glyphs_of,
    number,
    score_bar,
    sparkline,
)
from spear_stream.transport.pictures_traces import Trace

WIDE, MEDIUM = 100, 70
"""Columns of a terminal from which all, or most, of the table's columns have room."""
FRAME = 7
"""Lines of the table's head, the panel's frame, the progress and the cursor."""


def screen(board: Board, options: ConsoleOptions) -> RenderableType:
    """Everything, as high as the terminal at most."""
    height = options.size.height
    events = 4 if height < 30 else 8
    room = max(1, height - FRAME - events)
    traces = list(board.traces)
    return Group(
        _table(_most_telling(traces, room), options),
        _left_out(len(traces) - room),
        _events(board, events, options),
        _progress(board),
    )


def _most_telling(traces: Sequence[Trace], room: int) -> list[Trace]:
    """All if there is room, else those with open alerts, then with any, then with the highest scores."""
    if len(traces) <= room:
        return list(traces)
    ranked = sorted(traces, key=lambda trace: (-_rank(trace), -trace.peak))[:room]
    chosen = {trace.series for trace in ranked}
    return [trace for trace in traces if trace.series in chosen]


def _rank(trace: Trace) -> int:
    return 2 if any(span.is_open for span in trace.alerts) else int(bool(trace.alerts))


def _table(traces: Sequence[Trace], options: ConsoleOptions) -> Table:
    width, glyphs = options.max_width, glyphs_of(options)
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("series", no_wrap=True, overflow=glyphs.overflow, max_width=30, ratio=3)
    table.add_column("values so far", no_wrap=True, width=(spark := _spark_width(width)))
    if width >= MEDIUM:
        table.add_column("now", justify="right", no_wrap=True, width=9)
    if width >= WIDE:
        table.add_column("score", no_wrap=True, width=10)
    table.add_column("state", no_wrap=True, overflow=glyphs.overflow, ratio=2)
    for trace in traces:
        cells = [Text(trace.series), sparkline(trace, spark, glyphs)]
        if width >= MEDIUM:
            cells.append(Text(number(float(trace.value[-1]))))
        if width >= WIDE:
            cells.append(score_bar(_score(trace), 10, glyphs))
        table.add_row(*cells, _state(trace))
    return table


def _spark_width(width: int) -> int:
    return 40 if width >= WIDE else 24 if width >= MEDIUM else max(8, width // 3)


def _score(trace: Trace) -> float:
    return float(trace.score[-1]) if len(trace.score) else 0.0


def _state(trace: Trace) -> Text:
    if not len(trace.score):
        return Text("warming up", "dim")
    if not trace.alerts:
        return Text("quiet", "green")
    newest = trace.alerts[-1]
    if newest.is_open:
        return Text(f"{newest.kind}, {newest.severity}", SEVERITY_STYLES[newest.severity])
    plural = "s" * (len(trace.alerts) > 1)
    return Text(f"{len(trace.alerts)} alert{plural}, peak {trace.peak:.2f}", "dim")


def _left_out(count: int) -> Text:
    return (
        Text(f"{count} quieter series are not shown: the terminal is not high enough", "dim")
        if count > 0
        else Text()
    )


def _events(board: Board, lines: int, options: ConsoleOptions) -> Panel:
    newest, glyphs = list(board.news)[-lines:], glyphs_of(options)
    shown = [event_line(event, glyphs) for event in newest]
    body = Text("\n").join([*shown, *[Text()] * (lines - len(shown))])
    body.no_wrap, body.overflow = True, glyphs.overflow
    return Panel(body, title=f"{board.opened} alerts", title_align="left", border_style="dim")


def _progress(board: Board) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True)
    left = board.seconds_left
    remaining = "" if left is None else f", {duration(left)} left"
    row.add_row(
        ProgressBar(total=board.total, completed=board.counts.samples),
        f"{board.counts.samples:,} points, {board.points_per_second:,.0f}/s{remaining}",
    )
    return row
