"""The command line. Heavy libraries are imported inside the commands, so that --help answers at once."""

import faulthandler
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream import cli_prompts
from spear_stream.cli_options import CHECKPOINT_HELP, Config, Set, load
from spear_stream.cli_score_file import score_file
from spear_stream.console import new_app, run_plainly

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
app.command()(score_file)


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
def check_config(
    config: Config = None,
    settings: Set = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show settings that have their defaults, too.")
    ] = False,
) -> None:
    """Show the settings that are given, secrets masked, and test checkpoint, port, broker, topics and access.

    Nothing is changed. Exits with 2 or 4 when the daemon could not run like this.

    [bold]Example[/bold]

    $ spear-stream check-config --config spear.toml --all
    """
    loaded = load(config, settings)
    from spear_stream.wiring.check import check  # noqa: PLC0415 - see the module's docstring

    raise typer.Exit(check(loaded, Console(), everything=everything))


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
