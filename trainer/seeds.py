"""Several runs of one preset that differ in their seed: the spread of a recipe, and the best of its runs."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev

from rich.console import Console

from spear_stream.model.checkpoint import MANIFEST, TENSORS, Manifest
from trainer.fitting import FitRequest, fit_checkpoint
from trainer.outputs import unwritable, write_json
from trainer.resume import RESUME_FILE
from trainer.run_folder import TRAINING, prepare
from trainer.team import gather_team

SEEDS = "seeds.json"
BEST_BY = "validation_loss"


@dataclass(frozen=True)
class Spread:
    """One metric over the runs."""

    mean: float
    deviation: float
    """Standard deviation of a run, with n - 1."""


def fit_seeds(request: FitRequest, count: int, console: Console) -> tuple[Manifest, Mapping[str, Spread]]:
    """Train `count` checkpoints in OUT/seed-N, all validated on the same series, and copy the best to OUT.

    The best has the lowest validation loss. Killed, the same command goes on with the run that was not done.
    Also writes seeds.json. Raises as `fit_checkpoint` does.
    """
    team = gather_team()
    team.led(lambda: _prepare(request))
    first = request.preset.training.seed
    shown = console if team.leads else Console(quiet=True)
    manifests = [_one(request, seed, first, shown) for seed in range(first, first + count)]
    best = min(manifests, key=lambda manifest: manifest.metrics[BEST_BY])
    spread = _spread(manifests)
    team.led(lambda: _keep(request.out, best, manifests, spread))
    return best, spread


def _one(request: FitRequest, seed: int, first: int, console: Console) -> Manifest:
    folder = request.out / f"seed-{seed}"
    training = replace(request.preset.training, seed=seed, validation_seed=first)
    console.print(f"seed {seed}", markup=False, highlight=False)
    preset = replace(request.preset, training=training)
    return fit_checkpoint(replace(request, preset=preset, out=folder, fresh=False, again=True), console)


def _prepare(request: FitRequest) -> None:
    """As `prepare`. With --fresh no run is done, nor is the folder: it goes on when it is interrupted."""
    out = request.out
    if request.fresh:
        for one in (out / MANIFEST, *out.glob(f"seed-*/{MANIFEST}"), *out.glob(f"seed-*/{RESUME_FILE}")):
            one.unlink(missing_ok=True)
    prepare(out, request.name, fresh=request.fresh)


def _spread(manifests: Sequence[Manifest]) -> dict[str, Spread]:
    """Of the metrics that every run has: a figure that is no number is left out of a manifest."""
    spread = {}
    for metric in manifests[0].metrics:
        if not all(metric in manifest.metrics for manifest in manifests):
            continue
        values = [manifest.metrics[metric] for manifest in manifests]
        spread[metric] = Spread(fmean(values), stdev(values) if len(values) > 1 else 0.0)
    return spread


def _keep(out: Path, best: Manifest, manifests: Sequence[Manifest], spread: Mapping[str, Spread]) -> None:
    runs = [{"seed": one.seed, "id": one.id, "metrics": one.metrics} for one in manifests]
    write_json(out / SEEDS, {"best": best.id, "best_by": BEST_BY, "spread": spread, "runs": runs})
    try:
        for file in (TENSORS, TRAINING, MANIFEST):  # the manifest last: with it the folder is complete
            shutil.copyfile(out / f"seed-{best.seed}" / file, out / file)
    except OSError as error:
        raise unwritable(out, error) from error
