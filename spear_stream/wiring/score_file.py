"""score-file: one file through the daemon's own code."""

import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spear_stream.core.errors import ConfigError
from spear_stream.ops.logs import configure_logs
from spear_stream.ops.settings import Settings, secret_values
from spear_stream.transport.files import STANDARD_STREAM, FileSource, JsonlSink
from spear_stream.transport.pictures import Traces, draw_overview
from spear_stream.transport.recorders import Counts, Recorders
from spear_stream.transport.score_table import ScoreTable
from spear_stream.wiring.files import embedded_service
from spear_stream.wiring.loop import run, stopped_by_signals


@dataclass(frozen=True)
class ScoreFile:
    """Paths of one run; - is standard input or output."""

    source: str
    out: str
    scores: Path | None = None
    plot: Path | None = None
    dead_letters: str | None = None


def score(settings: Settings, paths: ScoreFile, console: Console) -> None:
    """Score to the end or to a signal; a summary goes to `console`. Raises SpearError."""
    configure_logs("warning", settings.log.format, secret_values(settings), sys.stderr)
    source, counts = FileSource(paths.source), Counts()
    sink = JsonlSink(paths.out, paths.dead_letters)
    table = None if paths.scores is None else ScoreTable(paths.scores)
    traces = None if paths.plot is None else _traces(paths.plot)
    recorders = Recorders([r for r in (counts, table, traces) if r is not None])
    service = embedded_service(settings, source, sink, recorders)
    started = time.monotonic()
    with stopped_by_signals() as stop, _progress(console) as progress:
        task = progress.add_task(paths.source, total=_total(paths.source), samples=0, alerts=0)

        def beat() -> None:
            alerts = counts.opened.total()
            progress.update(task, completed=source.bytes_read, samples=counts.samples, alerts=alerts)

        run(service, stop, beat)
    if table is not None:
        table.close()
    if traces is not None and paths.plot is not None:
        draw_overview(paths.plot, traces)
    console.print(_summary(counts, paths, time.monotonic() - started), soft_wrap=True, highlight=False)


def _traces(plot: Path) -> Traces:
    """Refuses a picture that could not be drawn before the scoring, not after it. Raises ConfigError."""
    if find_spec("matplotlib") is None:
        raise ConfigError("--plot needs matplotlib: pip install 'spear-stream[demo]'")
    try:
        plot.open("ab").close()
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"cannot write {plot}: {reason}; give a writable path for the picture") from None
    return Traces()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
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


def _summary(counts: Counts, paths: ScoreFile, seconds: float) -> str:
    alerts = ", ".join(f"{number} {severity}" for severity, number in sorted(counts.opened.items()))
    refused = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.refused.items()))
    outputs = [paths.out, *(str(path) for path in (paths.scores, paths.plot, paths.dead_letters) if path)]
    read = f"{counts.samples:,} points of {len(counts.series):,} series"
    speed = (
        f"{counts.windows:,} windows scored in {seconds:.1f} s ({counts.windows / max(seconds, 1e-9):,.0f}/s)"
    )
    lines = [f"{read}, {speed}", f"{counts.opened.total()} alerts" + (f": {alerts}" if alerts else "")]
    if refused:
        lines.append(f"{counts.refused.total()} records not used: {refused}")
    written = ("standard output" if path == STANDARD_STREAM else path for path in outputs)
    lines.append("written: " + ", ".join(written))
    return "\n".join(lines)
