"""The command line. Heavy libraries are imported inside the commands, so that --help answers at once."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream import __version__
from spear_stream.core.errors import SpearError
from trainer.commands.data import datasets, fetch, label
from trainer.postprocess import Post

EXIT_CODES = """

[bold]Exit codes[/bold]: 0 done, 1 a fault inside spear-trainer, 2 an option, preset, checkpoint or folder
that cannot work, 3 data that cannot be read, 130 interrupted (a training run is saved and goes on next time).
"""

app = typer.Typer(
    name="spear-trainer",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train prompt checkpoints for spear-stream and measure how well they find anomalies." + EXIT_CODES,
)
for command in (datasets, fetch, label):
    app.command()(command)

Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Processor threads; all of them when not given.")
]


def main() -> None:
    """Entry point: a SpearError becomes one plain message and its exit code."""
    with _plain_errors():
        app()


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"spear-trainer {__version__}")
        raise typer.Exit


@app.command()
def fit(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the checkpoint.")],
    preset: Annotated[
        str, typer.Option("--preset", "-p", metavar="NAME|FILE", help="default, tiny, or a TOML file.")
    ] = "default",
    backbone: Annotated[
        str | None,
        typer.Option(
            "--backbone",
            help="In place of the preset's: minilm-l6, smollm2-135m, a folder, hub name, random:NAME, none.",
        ),
    ] = None,
    layers: Annotated[
        int | None, typer.Option("--layers", min=1, help="Use the backbone's first layers only.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Batches to train on, at most.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Another seed, another run.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="First part of the checkpoint's id; the preset's name.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="KIND:PLACE",
            help="Real series to train on too; several times. See spear-trainer datasets.",
        ),
    ] = None,
    threads: Threads = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--resume", help="Replace what DIR holds, or go on with an unfinished run."),
    ] = False,
) -> None:
    """Train a prompt checkpoint on endless synthetic series, and on real ones, with a frozen backbone.

    Real series (--data) need no labels: anomalies are injected where none are labelled. They are listed in
    the checkpoint, and evaluate refuses them.

    Ctrl-C saves the state; the same command goes on from there, also after a kill, and ends the same.

    [bold]Examples[/bold]

    $ spear-trainer fit --preset tiny --out runs/tiny

    $ spear-trainer fit --preset default --out runs/causal --backbone smollm2-135m --layers 8

    $ spear-trainer fit --preset mine.toml --out runs/mine --steps 3000 --seed 7
    """
    from trainer.fitting import FitRequest, fit_checkpoint  # noqa: PLC0415 - see the module's docstring
    from trainer.presets import load_preset  # noqa: PLC0415 - as above

    chosen = load_preset(preset).replaced(backbone=backbone, layers=layers, steps=steps, seed=seed)
    options = {
        "--preset": preset, "--out": out.name, "--backbone": backbone, "--layers": layers, "--steps": steps,
        "--seed": seed, "--name": name, "--data": data, "--threads": threads,
    }  # fmt: skip
    request = FitRequest(
        chosen, out, name or chosen.name, _command("fit", options), threads, fresh, tuple(data or ())
    )
    manifest = fit_checkpoint(request, Console(stderr=True, soft_wrap=True))
    found = "  ".join(f"{metric} {value:.4g}" for metric, value in manifest.metrics.items())
    Console(soft_wrap=True).print(f"{manifest.id} in {out}\n{found}", highlight=False, markup=False)


@app.command()
def evaluate(
    data: Annotated[
        str,
        typer.Option(
            "--data", "-d", metavar="KIND:PLACE", help="Labelled series: see spear-trainer datasets."
        ),
    ],
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", metavar="DIR|default", help="default is the packaged one.")
    ] = "default",
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="All figures, settings and the machine.")
    ] = None,
    *,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Simple detectors beside it, with the same post-processing.")
    ] = False,
    hop: Annotated[int, typer.Option("--hop", min=1, help="Score a series every this many points.")] = 1,
    post: Annotated[
        Post,
        typer.Option(
            "--post",
            help="none: the model's probability; likelihood: calibrated per series, as alerts are; "
            "full: the same, without repeats for the NAB score, fading for the range-based figures.",
        ),
    ] = Post.full,
    threads: Threads = None,
) -> None:
    """Measure a checkpoint on labelled data, streamed point by point through the daemon's own core.

    Series start from scratch, nothing looks ahead, one set of settings serves all series. Event figures
    come from the alerts that the daemon would send with its default policy.

    [bold]Examples[/bold]

    $ spear-trainer evaluate --data csv:labelled --checkpoint runs/tiny --json figures.json

    $ spear-trainer evaluate --data nab:NAB --baselines
    """
    from trainer import comparison  # noqa: PLC0415 - see the module's docstring

    request = comparison.EvaluationRequest(data, checkpoint, json, baselines, hop, post, threads)
    comparison.compare(request, Console(), Console(stderr=True, soft_wrap=True))


def _command(name: str, options: Mapping[str, object]) -> str:
    """The command line with the options that were given, always in the same order."""
    words = ["spear-trainer", name]
    for option, given in options.items():
        for value in given if isinstance(given, list) else [given]:
            words += [] if value is None else [option, str(value)]
    return shlex.join(words)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except SpearError as error:
        Console(stderr=True, soft_wrap=True).print(f"spear-trainer: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
