"""`spear-stream score-file`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream.cli_options import (
    CHECKPOINT_HELP,
    Config,
    DecimalMark,
    Every,
    NoHeader,
    SeriesColumn,
    Set,
    TimeColumn,
    TimeFormat,
    ValueColumns,
    load,
)
from spear_stream.core.column_names import ColumnNames
from spear_stream.core.spec import CALM_HOP, LONGEST


def score_file(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV or JSONL file, or - for standard input.")
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", help="Alert events as JSON lines; - for standard output.")
    ] = "alerts.jsonl",
    scores: Annotated[
        Path | None, typer.Option("--scores", help="CSV with one row per input point.", metavar="CSV")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Picture of the series and alerts.", metavar="PNG")
    ] = None,
    dead_letters: Annotated[
        str | None, typer.Option("--dead-letters", help="Records that could not be used, as JSON lines.")
    ] = None,
    time: TimeColumn = None,
    time_format: TimeFormat = None,
    every: Every = None,
    value: ValueColumns = None,
    series: SeriesColumn = None,
    decimal: DecimalMark = ".",
    hop: Annotated[
        int | None,
        typer.Option(
            "--hop",
            help="Score every this many points of a series; scoring.hop (1) when not given.",
            min=1,
            max=LONGEST,
        ),
    ] = None,
    calm_hop: Annotated[
        int | None,
        typer.Option(
            "--calm-hop",
            help="Most points between two scores while nothing in a series is new, 1 to have none left out; "
            f"scoring.calm_hop ({CALM_HOP}) when not given.",
            min=1,
            max=LONGEST,
        ),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="DIR|default", help=f"{CHECKPOINT_HELP}.")
    ] = None,
    config: Config = None,
    settings: Set = None,
    *,
    no_header: NoHeader = False,
) -> None:
    """Score a file or standard input with the daemon's own code, no broker needed.

    [bold]CSV[/bold] has a header (or --no-header) and a row per point. Columns are
    ts (or timestamp), value and, for several series, series; others are ignored,
    and --time, --value and --series name them if they are called otherwise.
    Commas, semicolons or tabs separate cells. A row whose value is empty or NaN
    is refused; of several columns of values, empty cells are left out. Series are
    named FILE.COLUMN then, and one that nothing names is called FILE.

    [bold]JSONL[/bold] has one record per line, and is named after the file without a series:
    {"series": "host1.cpu", "ts": 1700000000, "value": 0.93}
    The settings of the input topics (input.format, input.ts_path, ...) count here
    too: the values of a topic, a line each, are read as the daemon reads them.

    [bold]Times[/bold] are epoch (s, ms, us, ns) or ISO 8601, oldest first; --time-format
    reads others, in UTC where they name no zone.

    [bold]--scores[/bold] writes series,ts,value,score,probability,status for every point:
    probability is that of the point alone, score is how anomalous the series is
    by then: behind an anomaly it falls to a third or less and fades. Alerts go
    by the score of the point, which events carry and the picture shows.

    What cannot be used is left out, counted and told with its line and column.
    Exits with 3 where nothing was scored and most records were refused.

    [bold]Examples[/bold]

    $ spear-stream score-file cpu.csv --out alerts.jsonl --scores scores.csv --plot cpu.png

    $ spear-stream score-file records.jsonl --set input.format=telegraf-json

    $ spear-stream score-file export.csv --time Zeit --time-format '%d.%m.%Y %H:%M' --value '*' --decimal ,

    $ cat metrics.jsonl | spear-stream score-file - --out -
    """
    any_time: dict[str, object] = {"input.max_future_seconds": "none"}
    model = {"scoring.hop": hop, "scoring.calm_hop": calm_hop, "model.checkpoint": checkpoint}
    loaded = load(config, settings, any_time | model)
    columns = ColumnNames(
        time=time,
        time_format=time_format,
        every=every,
        header=not no_header,
        value=value,
        series=series,
        decimal=decimal,
    )
    console = Console(stderr=True)
    with console.status("loading the model's libraries"):
        from spear_stream.wiring.score_file import ScoreFile, score  # noqa: PLC0415 - torch is slow

    score(loaded, ScoreFile(source, out, scores, plot, dead_letters, columns), console)
