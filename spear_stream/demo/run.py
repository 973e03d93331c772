"""The demo: real, live and generated series through the same service as the daemon's."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from spear_stream.demo.board import Board
from spear_stream.demo.generated import Recording, generated_series
from spear_stream.demo.host import HostSampler
from spear_stream.demo.outcome import judge
from spear_stream.demo.outputs import Outputs
from spear_stream.demo.report import draw_pictures, print_next, print_summary
from spear_stream.demo.source import DemoSource
from spear_stream.demo.views import view_of
from spear_stream.demo.water_flow import SERIES as WATER_FLOW
from spear_stream.demo.water_flow import water_flow
from spear_stream.ops.settings import Settings, load_settings
from spear_stream.transport.jsonl_sink import JsonlSink
from spear_stream.transport.pictures_traces import Trace
from spear_stream.transport.recorders import Recorders
from spear_stream.transport.score_table import ScoreTable
from spear_stream.wiring.common import alert_policy, scorer
from spear_stream.wiring.files import embedded_service
from spear_stream.wiring.loop import run, stopped_by_signals

FLAGS: dict[str, object] = {
    "input.max_future_seconds": "none",
    "scoring.max_batch_windows": 64,  # small enough for a table that moves smoothly
}


def run_demo(out: Path, live_seconds: float, seed: int, console: Console | None = None) -> None:
    """Stream, show, draw and sum up; Ctrl-C ends the stream, what was done so far is reported.

    Settings come from the environment and files as usual, but for FLAGS. Raises SpearError.
    """
    console = console or Console()
    settings, outputs = load_settings(FLAGS), Outputs(out)
    outputs.create()
    recordings = [water_flow(), *generated_series(seed, int(time.time() * 1000))]
    source = DemoSource(recordings, HostSampler(live_seconds), live_seconds)
    board = Board(source.total)
    _greet(console, recordings, source)
    with stopped_by_signals() as stop:
        seconds = _stream(settings, source, board, outputs, stop, console)
    injections = [injection for recording in recordings for injection in recording.injections]
    print_summary(console, board, seconds, judge(injections, _generated(recordings, board)))
    if board.counts.series:
        draw_pictures(console, board, outputs, alert_policy(settings))
    print_next(console, outputs)


def _greet(console: Console, recordings: Sequence[Recording], source: DemoSource) -> None:
    points = sum(len(recording.ts) for recording in recordings)
    console.print(
        f"{points:,} points of {len(recordings)} series, one of them real, and about "
        f"{source.total - points:,} that this machine's counters will give. Loading the model ...",
        soft_wrap=True,
        highlight=False,
    )


def _stream(
    settings: Settings,
    source: DemoSource,
    board: Board,
    outputs: Outputs,
    stop: threading.Event,
    console: Console,
) -> float:
    """Run to the end or to a signal; returns seconds."""
    table, sink = ScoreTable(outputs.scores), JsonlSink(str(outputs.alerts))
    service = embedded_service(settings, scorer(settings), source, sink, Recorders([board, table]))
    board.begin()
    with view_of(board, console) as view:
        run(service, stop, view.refresh)
    table.close()
    return board.seconds


def _generated(recordings: Sequence[Recording], board: Board) -> list[Trace]:
    known = {recording.series for recording in recordings if recording.series != WATER_FLOW}
    return [trace for trace in board.traces if trace.series in known]
