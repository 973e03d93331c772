"""The command line. Heavy libraries are imported inside the commands, so that --help answers at once."""

import faulthandler
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream import cli_prompts
from spear_stream.cli_options import (
    CHECKPOINT_HELP,
    Config,
    DecimalMark,
    Every,
    SeriesColumn,
    Set,
    TimeColumn,
    ValueColumns,
    load,
)
from spear_stream.console import new_app, run_plainly
from spear_stream.core.columns import ColumnNames

EXIT_CODES = (
    "\n\n[bold]Exit codes[/bold]: 0 done, 1 a fault inside spear-stream, 2 a setting or checkpoint that "
    "cannot work, 3 an input file that cannot be read, or of which nothing was scored and most records were "
    "refused, 4 the broker refused or could not be reached, or an output file could not be written any more, "
    "5 another process took this worker's identity, 130 interrupted."
)

app = new_app(
    "spear-stream",
    "Find anomalies in metrics as they stream: on Kafka, in files, or in the demo.\n\n"
    "Settings come from flags, SPEAR_* environment variables, .env, a TOML file and secret files, "
    "in this order; docs/configuration.md lists them." + EXIT_CODES,
)

app.add_typer(cli_prompts.app, name="prompts")


def main() -> None:
    """Entry point. A crash in native code leaves its stack on standard error."""
    faulthandler.enable()
    run_plainly("spear-stream", app)


@app.command()
def run(config: Config = None, settings: Set = None) -> None:
    """Run the daemon: read metrics from Kafka, write anomaly events to the alert topic.

    SIGTERM or Ctrl-C scores and commits what is in flight, leaves the group and exits with 0.

    [bold]Examples[/bold]

    $ SPEAR_KAFKA__INPUT_TOPICS=metrics spear-stream run

    $ spear-stream run --config spear.toml -s kafka.group_id=team-a -s alerts.open_score=0.6
    """
    loaded = load(config, settings)
    from spear_stream.wiring.daemon import run_daemon  # noqa: PLC0415 - see the module's docstring

    run_daemon(loaded)


@app.command()
def check_config(config: Config = None, settings: Set = None) -> None:
    """Show the effective settings, secrets masked, and test checkpoint, port, broker, topics and access.

    Nothing is changed. Exits with 2 or 4 when the daemon could not run like this.

    [bold]Example[/bold]

    $ spear-stream check-config --config spear.toml
    """
    loaded = load(config, settings)
    from spear_stream.wiring.check import check  # noqa: PLC0415 - see the module's docstring

    raise typer.Exit(check(loaded, Console()))


@app.command()
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
    every: Every = None,
    value: ValueColumns = None,
    series: SeriesColumn = None,
    decimal: DecimalMark = ".",
    hop: Annotated[
        int | None,
        typer.Option(
            "--hop", help="Score every this many points of a series; scoring.hop (1) when not given.", min=1
        ),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="DIR|default", help=f"{CHECKPOINT_HELP}.")
    ] = None,
    config: Config = None,
    settings: Set = None,
) -> None:
    """Score a file or standard input with the daemon's own code, no broker needed.

    [bold]CSV[/bold] has a header and a row per point. Columns are ts (or timestamp),
    value and, for several series, series; others are ignored, and --time,
    --value and --series name them if they are called otherwise. Commas,
    semicolons or tabs separate cells. A row whose value is empty or NaN is
    refused; of several columns of values, empty cells are left out. Series are
    named FILE.COLUMN then, and one that nothing names is called FILE.

    [bold]JSONL[/bold] has one record per line, and is named after the file without a series:
    {"series": "host1.cpu", "ts": 1700000000, "value": 0.93}
    The settings of the input topics (input.format, input.ts_path, ...) count here
    too: the values of a topic, a line each, are read as the daemon reads them.

    [bold]Times[/bold] are epoch (s, ms, us, ns) or ISO 8601, oldest first.

    [bold]--scores[/bold] writes series,ts,value,score,probability,status for every point:
    probability is that of the point alone, score is how anomalous the series is
    by then: behind an anomaly it falls to a third or less and fades. Alerts go
    by the score of the point, which events carry and the picture shows.

    What cannot be used is left out, counted and told with its line and column.
    Exits with 3 where nothing was scored and most records were refused.

    [bold]Examples[/bold]

    $ spear-stream score-file cpu.csv --out alerts.jsonl --scores scores.csv --plot cpu.png

    $ spear-stream score-file records.jsonl --set input.format=telegraf-json

    $ spear-stream score-file export.csv --time Zeit --value '*' --decimal , --plot export.png

    $ cat metrics.jsonl | spear-stream score-file - --out -
    """
    any_time: dict[str, object] = {"input.max_future_seconds": "none"}
    model = {"scoring.hop": hop, "model.checkpoint": checkpoint}
    loaded = load(config, settings, any_time | model)
    columns = ColumnNames(time=time, every=every, value=value, series=series, decimal=decimal)
    console = Console(stderr=True)
    with console.status("loading the model's libraries"):
        from spear_stream.wiring.score_file import ScoreFile, score  # noqa: PLC0415 - as above

    score(loaded, ScoreFile(source, out, scores, plot, dead_letters, columns), console)


@app.command()
def show_checkpoint(
    folder: Annotated[
        str | None,
        typer.Argument(metavar="[DIR|default]", help=f"{CHECKPOINT_HELP}; the packaged one if left out."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show what a prompt checkpoint is: backbone, window, training, metrics. Verifies its hash.

    [bold]Examples[/bold]

    $ spear-stream show-checkpoint

    $ spear-stream show-checkpoint runs/team-a --json
    """
    from spear_stream.wiring.show import show_checkpoint as show  # noqa: PLC0415 - see the module's docstring

    show(folder, Console(), as_json=as_json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for alerts, scores and pictures.")] = Path(
        "demo-output"
    ),
    live_seconds: Annotated[
        float, typer.Option("--live-seconds", help="How long to sample this machine's counters.", min=0)
    ] = 20.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the generated series.", min=0)] = 7,
) -> None:
    """Watch the detector at work on real and generated series; no broker needed, under 3 minutes."""
    from spear_stream.demo import run_demo  # noqa: PLC0415 - see the module's docstring

    run_demo(out, live_seconds, seed)


if __name__ == "__main__":
    main()
