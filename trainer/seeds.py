"""Several runs of one preset that differ in their seed: the spread of a recipe, and the best of its runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev

from rich.console import Console

from spear_stream.core.errors import ConfigError
from spear_stream.model.checkpoint import MANIFEST, TENSORS, Manifest
from trainer.fitting import FitRequest, Setup, fit_checkpoint, set_up
from trainer.outputs import write_bytes, write_json
from trainer.resume import RESUME_FILE
from trainer.run_folder import TRAINING, forget, prepare
from trainer.team import gather_team

SEEDS = "seeds.json"
REPLACED = "replaced.json"
"""The manifest of the checkpoint that a fresh start replaces at its end: it is no result of this start."""
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
    With --fresh a checkpoint in OUT stays until then. Writes seeds.json too. Raises as `fit_checkpoint` does.
    """
    team = gather_team()
    out, fresh = request.out, request.fresh
    team.led(lambda: prepare(out, request.name, fresh=fresh, again=_goes_on(out)))
    setup = set_up(request, team)
    if fresh:
        team.led(lambda: _start_over(out))
    first = request.preset.training.seed
    shown = console if team.leads else Console(quiet=True)
    manifests = [_one(request, seed, setup, shown) for seed in range(first, first + count)]
    best = min(manifests, key=lambda manifest: manifest.metrics[BEST_BY])
    spread = _spread(manifests)
    team.led(lambda: _keep(out, best, manifests, spread))
    return best, spread


def _one(request: FitRequest, seed: int, setup: Setup, console: Console) -> Manifest:
    folder = request.out / f"seed-{seed}"
    plan = request.preset.training
    console.print(f"seed {seed}", markup=False, highlight=False)
    preset = replace(request.preset, training=replace(plan, seed=seed, validation_seed=plan.held_out_seed))
    of_seed = replace(request, preset=preset, out=folder, fresh=False, again=True)
    return fit_checkpoint(of_seed, console, setup)


def _start_over(out: Path) -> None:
    """No run is done, nor is the folder: the start goes on when it is interrupted."""
    before = _content(out / MANIFEST)
    if before is not None:
        write_bytes(out / REPLACED, before)
    runs = (*out.glob(f"seed-*/{MANIFEST}"), *out.glob(f"seed-*/{RESUME_FILE}"))
    forget(*runs, out / RESUME_FILE)


def _goes_on(out: Path) -> bool:
    """Whether the checkpoint in the folder is the one that an interrupted fresh start is to replace."""
    before = _content(out / REPLACED)
    return before is not None and before == _content(out / MANIFEST)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


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
    """The checkpoint last, in two steps with nothing between them: the folder is not whole in that moment.

    Killed before that is done, the same command goes on: the marks of an unfinished run go last.
    """
    runs = [{"seed": one.seed, "id": one.id, "metrics": one.metrics} for one in manifests]
    _copy(out / f"seed-{best.seed}" / TRAINING, out)
    write_json(out / SEEDS, {"best": best.id, "best_by": BEST_BY, "spread": spread, "runs": runs})
    for file in (TENSORS, MANIFEST):
        _copy(out / f"seed-{best.seed}" / file, out)
    forget(out / RESUME_FILE, out / REPLACED)  # a single run would go on, and end in this place


def _copy(file: Path, out: Path) -> None:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): run the same command again") from error
    write_bytes(out / file.name, content)
