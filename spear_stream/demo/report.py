"""What the demo leaves behind: pictures, and a summary that says where to look."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.demo.board import Board
from spear_stream.demo.outcome import Outcome
from spear_stream.demo.outputs import Outputs
from spear_stream.demo.texts import SEVERITY_STYLES
from spear_stream.transport.pictures import draw_overview, draw_series

NEXT = """
Look at {0.overview} first, then at {0.pictures}; every event is in {0.alerts}, every score in {0.scores}.

What next?
  spear-stream score-file FILE.csv --plot out.png      your own data, with columns ts,value[,series]
  SPEAR_KAFKA__INPUT_TOPICS=metrics spear-stream run   your metrics on Kafka
  spear-stream --help                                  everything else
"""


def print_next(console: Console, outputs: Outputs) -> None:
    console.print(NEXT.format(outputs), soft_wrap=True, highlight=False)


def draw_pictures(console: Console, board: Board, outputs: Outputs, policy: AlertPolicy) -> None:
    """The overview, and one picture per series with alerts. Raises ConfigError or DeliveryError."""
    anomalous = [trace for trace in board.traces if trace.alerts]
    console.print(f"\nDrawing {len(anomalous) + 1} pictures ...", highlight=False)
    for trace in board.traces:
        outputs.picture(trace.series).unlink(missing_ok=True)  # of a run before
    draw_overview(outputs.overview, board.traces, policy)
    for trace in anomalous:
        draw_series(outputs.picture(trace.series), trace, policy)


def print_summary(console: Console, board: Board, seconds: float, outcome: Outcome) -> None:
    """seconds: how long the stream ran."""
    counts = board.counts
    rows = {
        "series": f"{len(counts.series):,}",
        "points": f"{counts.samples:,} in {seconds:.1f} s, {counts.samples / seconds:,.0f}/s",
        "windows scored": f"{counts.windows:,}, {counts.windows / seconds:,.0f}/s",
        "alerts": _alerts(counts.opened),
        "injected anomalies": _found(outcome),
    }
    console.print()
    for label, row in rows.items():
        console.print(
            f"[bold]{label:<20}[/bold]", row, sep="", soft_wrap=not console.is_terminal, highlight=False
        )


def _alerts(opened: Counter[str]) -> Text:
    text = Text(f"{opened.total()}")
    for severity, style in reversed(SEVERITY_STYLES.items()):
        if opened[severity]:
            text.append(f"  {opened[severity]} {severity}", style)
    return text


def _found(outcome: Outcome) -> str:
    total = len(outcome.found) + len(outcome.missed)
    missed = ", ".join(f"{injection.kind} in {injection.series}" for injection in outcome.missed)
    alarms = f"{outcome.false_alarms or 'no'} false alarm{'s' * (outcome.false_alarms != 1)}"
    line = f"{len(outcome.found)} of {total} found in the generated series, {alarms} there"
    return line + (f"; missed: {missed}" if missed else "")
