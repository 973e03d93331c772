"""`spear-trainer fit`. Heavy libraries are imported inside the command, so that --help answers at once."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trainer.commands.options import Threads


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
    threads: Threads = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--resume", help="Replace what DIR holds, or go on with an unfinished run."),
    ] = False,
) -> None:
    """Train a prompt checkpoint on endless synthetic series, with a frozen backbone.

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
        "--seed": seed, "--name": name, "--threads": threads,
    }  # fmt: skip
    request = FitRequest(chosen, out, name or chosen.name, _command("fit", options), threads, fresh)
    manifest = fit_checkpoint(request, Console(stderr=True, soft_wrap=True))
    found = "  ".join(f"{metric} {value:.4g}" for metric, value in manifest.metrics.items())
    Console(soft_wrap=True).print(f"{manifest.id} in {out}\n{found}", highlight=False, markup=False)


def _command(name: str, options: Mapping[str, object]) -> str:
    """The command line with the options that were given, always in the same order."""
    given = [str(word) for option in options.items() if option[1] is not None for word in option]
    return shlex.join(["spear-trainer", name, *given])
