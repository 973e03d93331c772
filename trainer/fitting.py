"""One training run, from a preset to a checkpoint folder."""

import math
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType

import msgspec
import torch
from rich.console import Console

from spear_stream.model.backbone import Backbone, load_backbone
from spear_stream.model.checkpoint import BackboneIdentity, Manifest
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import check_size, save_checkpoint, write_whole
from trainer.batch_makers import divided
from trainer.outputs import unwritable
from trainer.precision import slow_precision
from trainer.presets import Preset
from trainer.progress import Advance, progress
from trainer.provenance import provenance
from trainer.resume import RESUME_FILE
from trainer.run_folder import TRAINING, finished, forget, prepare
from trainer.team import Team, gather_team
from trainer.training import Progress, Tuner
from trainer.training_data import TrainingData, load_training_data


@dataclass(frozen=True)
class FitRequest:
    """What to train and where to put it."""

    preset: Preset
    out: Path
    name: str
    command: str
    """For the manifest: what gives this checkpoint again."""
    threads: int | None = None
    fresh: bool = False
    """Drop what the folder holds."""
    again: bool = False
    """Take a finished run of the same plan that the folder holds for this one."""
    data: tuple[str, ...] = ()
    """Real series to train on beside generated ones, `KIND:PLACE` each."""


@dataclass(frozen=True, eq=False)
class Setup:
    """What the runs of one preset share, whatever their seed."""

    backbone: Backbone
    shape: PromptShape
    data: TrainingData | None
    makers: int
    """Processes that make batches."""
    origin: Mapping[str, object]
    """Machine, versions and commit."""


def set_up(request: FitRequest, team: Team) -> Setup:
    """Load what a run needs, and take the cores for it; all processes of the team must ask.

    Raises CheckpointError for the backbone, ConfigError for a prompt that is too large, and what
    load_training_data() raises.
    """
    preset = request.preset
    cores = divided(request.threads, team.beside, preset.training.steps)
    # By itself torch takes what OMP_NUM_THREADS says, if it says something.
    torch.set_num_threads(request.threads or min(cores.threads, torch.get_num_threads()))
    wanted = preset.backbone
    backbone = load_backbone(wanted.name, wanted.layers, causal=wanted.causal)
    shape = preset.shape_for(backbone.info)
    check_size(SoftPrompt(preset.window, shape))
    # Read once: a topic that grows must not give every process, or every seed, other series.
    data = team.led(lambda: load_training_data(request.data, preset.training.held_out_seed))
    return Setup(backbone, shape, data, cores.makers, provenance())


def fit_checkpoint(request: FitRequest, console: Console, setup: Setup | None = None) -> Manifest:
    """Train, and write prompt.safetensors, manifest.json and training.json.

    An unfinished run of the same plan in the folder goes on. In each of several processes that were started
    together (accelerate launch, torchrun) it trains a share of every batch. Ctrl-C and SIGTERM save the state
    and raise TrainingInterrupted. setup: of the same preset, loaded before. Raises ConfigError when the
    folder cannot be used, and as set_up(); what the folder holds is then as it was.
    """
    team = gather_team()
    team.led(lambda: prepare(request.out, request.name, fresh=request.fresh, again=request.again))
    setup = setup or set_up(request, team)
    preset, plan = request.preset, request.preset.training
    tuner = Tuner(
        setup.backbone, preset.window, setup.shape, preset.batches, plan, team, setup.data, setup.makers
    )
    if request.fresh:
        team.led(lambda: forget(request.out / RESUME_FILE))
    if request.again:
        done = team.led(lambda: finished(request.out, request.name, tuner.plan))
        if done is not None:
            return done
    shown = console if team.leads else Console(quiet=True)
    if warning := slow_precision(plan.precision, team.device):
        shown.print(f"[yellow]{warning}[/]")
    start = monotonic()
    with _stop_requests() as stop, progress(shown, "training", plan.steps) as advance:
        tuner.fit(request.out, _Notes(advance), stop.is_set)
    return team.led(lambda: _finish(request, tuner, setup, monotonic() - start))


def _finish(request: FitRequest, tuner: Tuner, setup: Setup, seconds: float) -> Manifest:
    if request.preset.training.calibrate:
        tuner.calibrate()
    manifest = _write(request, tuner, setup, seconds)
    forget(request.out / RESUME_FILE)
    return manifest


class _Notes:
    """Shows loss and best validation beside the bar."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._best = ""
        self._best_loss = math.inf

    def __call__(self, done: Progress) -> None:
        found = done.validation
        if found and found["loss"] < self._best_loss:
            self._best_loss = found["loss"]
            self._best = f", best validation {found['loss']:.4f} (AUC-ROC {found['auc_roc']:.3f})"
        self._advance(done.step, f"loss {done.loss:.4f}{self._best}", notable=bool(found))


def _write(request: FitRequest, tuner: Tuner, setup: Setup, seconds: float) -> Manifest:
    metrics = _measure(tuner)
    info = tuner.backbone.info
    training = {
        "command": request.command,
        "plan": tuner.plan,
        "seconds_since_last_start": round(seconds, 1),
        **setup.origin,
        "history": tuner.history,
    }
    try:
        write_whole(
            request.out / TRAINING, msgspec.json.format(msgspec.json.encode(training), indent=2) + b"\n"
        )
        return save_checkpoint(
            request.out,
            tuner.prompt,
            name=request.name,
            backbone=BackboneIdentity(info.name, info.digest, info.layers, info.causal),
            command=request.command,
            seed=request.preset.training.seed,
            steps=tuner.step,
            trained_on=[] if setup.data is None else list(setup.data.trained_on),
            metrics=metrics,
        )
    except OSError as error:
        raise unwritable(request.out, error) from error


@torch.no_grad()
def _measure(tuner: Tuner) -> dict[str, float]:
    """Validation of the prompt as the checkpoint keeps it: in half precision."""
    for tensor in tuner.prompt.state_dict().values():
        tensor.copy_(tensor.half())
    found = tuner.validate()
    return {f"validation_{name}": value for name, value in found.items() if math.isfinite(value)}


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C or SIGTERM; a second one acts at once."""
    asked = threading.Event()
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        asked.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
