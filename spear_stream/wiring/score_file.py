"""score-file: one file through the daemon's own code."""

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spear_stream.core.errors import InputError, Interrupted
from spear_stream.ops.logs import configure_logs
from spear_stream.ops.settings import Settings, secret_values
from spear_stream.transport.files import STANDARD_STREAM, FileSource
from spear_stream.transport.jsonl_sink import JsonlSink
from spear_stream.transport.pictures import Traces, draw_overview
from spear_stream.transport.recorders import Counts, Recorders
from spear_stream.transport.score_table import ScoreTable
from spear_stream.wiring.common import alert_policy, input_decoder, scorer
from spear_stream.wiring.files import embedded_service
from spear_stream.wiring.loop import run, stopped_by_signals
from spear_stream.wiring.score_file_advice import advice
from spear_stream.wiring.score_file_report import ScoreFile, check_outputs, check_paths, summary

__all__ = ["ScoreFile", "score"]


def score(settings: Settings, paths: ScoreFile, console: Console) -> None:
    """Score to the end; a summary goes to `console`.

    Raises SpearError; behind the summary Interrupted after a signal, and InputError where nothing was
    scored for what could not be used.
    """
    configure_logs("warning", settings.log.format, secret_values(settings), sys.stderr)
    check_paths(paths)
    lines_only = _holds_line_protocol(settings, paths)
    source, counts = FileSource(paths.source, columns=paths.columns, lines_only=lines_only), Counts()
    source.open()
    check_outputs(paths)
    with console.status("loading the model"):
        model = scorer(settings)
    # From here on files of an earlier run are written over.
    sink = JsonlSink(paths.out, paths.dead_letters)
    table = None if paths.scores is None else ScoreTable(paths.scores)
    traces = None if paths.plot is None else Traces()
    recorders = Recorders([r for r in (counts, table, traces) if r is not None])
    decoder = None if source.is_table else input_decoder(settings)
    service = embedded_service(settings, model, source, sink, recorders, decoder)
    started = time.monotonic()
    with stopped_by_signals() as stop, _progress(console) as progress:
        task = progress.add_task(paths.source, total=_total(paths.source), samples=0, alerts=0)

        def beat() -> None:
            alerts = counts.opened.total()
            progress.update(task, completed=source.bytes_read, samples=counts.samples, alerts=alerts)

        finished = run(service, stop, beat)
    if table is not None:
        table.close()
    if traces is not None and paths.plot is not None:
        draw_overview(paths.plot, traces, alert_policy(settings))
    seconds = time.monotonic() - started
    told = summary(counts, model.spec, settings.scoring.hop, paths, seconds)
    tells_silence = settings.alerts.silent_seconds is not None
    more = advice(counts, source, paths.columns, tells_silence=tells_silence)
    console.print("\n".join([told, *more]), soft_wrap=True, highlight=False, markup=False)
    name = "standard input" if paths.source == STANDARD_STREAM else paths.source
    if not finished:
        raise Interrupted(f"interrupted before the end of {name}: the rest of it was not scored")
    if fault := _fault(counts, name):
        raise InputError(fault)


def _holds_line_protocol(settings: Settings, paths: ScoreFile) -> bool:
    """Whether lines that are no JSON are records: by nothing else could they be told from a table."""
    is_csv = Path(paths.source).suffix.lower() == ".csv" or paths.columns.are_given
    return settings.input.format == "influx" and not is_csv


def _fault(counts: Counts, name: str) -> str | None:
    """Why the outputs say nothing of the input of this name. That series are short is no fault: the daemon
    says nothing of them either.
    """
    if counts.windows or (counts.used and counts.used >= counts.useless):
        return None
    if not counts.useless:
        return f"nothing in {name} was scored: it holds no value"
    came = counts.used + counts.useless
    return (
        f"nothing in {name} was scored: {counts.useless:,} of {came:,} records could not be used, see above"
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[samples]:,} points, {task.fields[alerts]} alerts"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _total(source: str) -> int | None:
    """Bytes to read, if that can be known."""
    path = Path(source)
    return path.stat().st_size if source != STANDARD_STREAM and path.is_file() else None
