"""`spear-trainer fit`. Heavy libraries are imported inside the command, so that --help answers at once."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def fit(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the checkpoint.")],
    preset: Annotated[
        str,
        typer.Option(
            "--preset", "-p", metavar="NAME|FILE", help="default, tiny, causal, paper, or a TOML file."
        ),
    ] = "default",
    backbone: Annotated[
        str | None,
        typer.Option(
            "--backbone",
            help="In place of the preset's: minilm-l6, smollm2-135m, mpnet-base, a folder, a hub name, "
            "random:NAME, none.",
        ),
    ] = None,
    layers: Annotated[
        int | None, typer.Option("--layers", min=1, help="Use the backbone's first layers only.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Batches to train on, at most.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Another seed, another run.")] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="So many runs; the best by validation is kept in DIR.")
    ] = 1,
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
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            min=1,
            help="Processor threads that train. The other cores make batches: half of them when not given.",
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--resume", help="Replace what DIR holds, or go on with an unfinished run."),
    ] = False,
) -> None:
    """Train a prompt checkpoint on endless synthetic series, and on real ones, with a frozen backbone.

    Real series (--data) need no labels: anomalies are injected where none are labelled. They are listed in
    the checkpoint, and evaluate refuses them.

    Trains on the graphics card, if torch sees one (CUDA_VISIBLE_DEVICES= hides it).

    Ctrl-C saves the state; the same command goes on from there, also after a kill, and ends the same.

    [bold]Examples[/bold]

    $ spear-trainer fit --preset tiny --out runs/tiny

    $ spear-trainer fit --preset default --out runs/causal --backbone smollm2-135m --layers 8

    $ spear-trainer fit --preset mine.toml --out runs/mine --steps 3000 --seeds 3

    $ spear-trainer fit --data 'kafka:metrics?until=2026-11-01' --out runs/ours

    $ torchrun --nproc-per-node 2 -m trainer.cli fit --preset default --out runs/two-processes
    """
    from trainer.fitting import FitRequest, fit_checkpoint  # noqa: PLC0415 - see the module's docstring
    from trainer.presets import load_preset  # noqa: PLC0415 - as above
    from trainer.team import gather_team  # noqa: PLC0415 - as above

    chosen = load_preset(preset).replaced(backbone=backbone, layers=layers, steps=steps, seed=seed)
    options = {
        "--preset": preset, "--out": out.name, "--backbone": backbone, "--layers": layers, "--steps": steps,
        "--seed": seed, "--seeds": seeds if seeds > 1 else None, "--name": name, "--data": data,
        "--threads": threads,
    }  # fmt: skip
    request = FitRequest(
        chosen, out, name or chosen.name, _command("fit", options), threads, fresh, data=tuple(data or ())
    )
    log, out_console = (
        Console(stderr=True, soft_wrap=True),
        Console(soft_wrap=True, quiet=not gather_team().leads),
    )
    if seeds == 1:
        manifest = fit_checkpoint(request, log)
        found = "  ".join(f"{metric} {value:.4g}" for metric, value in manifest.metrics.items())
    else:
        from trainer.seeds import fit_seeds  # noqa: PLC0415 - see the module's docstring

        manifest, spread = fit_seeds(request, seeds, log)
        found = "  ".join(f"{metric} {one.mean:.4g} +- {one.deviation:.2g}" for metric, one in spread.items())
        found = f"{found} over {seeds} seeds; best by validation: seed {manifest.seed}"
    out_console.print(f"{manifest.id} in {out}\n{found}", highlight=False, markup=False)


def _command(name: str, options: Mapping[str, object]) -> str:
    """The command line with the options that were given, always in the same order."""
    words = ["spear-trainer", name]
    for option, given in options.items():
        for value in given if isinstance(given, list) else [given]:
            words += [] if value is None else [option, str(value)]
    return shlex.join(words)
