"""What an interrupted training run needs to end as an undisturbed one.

Batches depend on seed and step alone, so the learned tensors, the optimizer and the counters are all.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from spear_stream.core.errors import ConfigError, Interrupted
from spear_stream.model.saving import write_whole
from trainer.outputs import unwritable

RESUME_FILE = "resume.pt"
START_OVER = "start over with --fresh"


class TrainingInterrupted(Interrupted):
    """The run was asked to stop; its state is saved."""

    def __init__(self, step: int, steps: int, folder: Path) -> None:
        super().__init__(
            f"interrupted at step {step} of {steps}, the state is in {folder}: "
            "the same command, without --fresh, goes on from there"
        )


def save_state(folder: Path, plan: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Replace the saved state in one step. Raises ConfigError when the folder cannot be written."""
    packed = io.BytesIO()
    torch.save({"plan": dict(plan), "state": dict(state)}, packed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / RESUME_FILE, packed.getvalue())
    except OSError as error:
        raise unwritable(folder, error) from error


def load_state(folder: Path, plan: Mapping[str, Any]) -> dict[str, Any] | None:
    """The saved state of a run of the same plan, None when there is none.

    Raises ConfigError when the folder holds another run, or a file that cannot be read.
    """
    path = folder / RESUME_FILE
    if not path.is_file():
        return None
    try:
        saved = torch.load(path, weights_only=True, map_location="cpu")
        before, state = dict(saved["plan"]), dict(saved["state"])
    except Exception as error:
        raise ConfigError(f"{path} cannot be read ({error}): remove it, or {START_OVER}") from error
    require_same(f"{folder} holds an unfinished run", before, plan)
    return state


def require_same(what: str, before: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """Raise ConfigError naming the differences when a run is of another plan. what: for the message."""
    if differences := list(_differences(before, plan)):
        raise ConfigError(
            f"{what} with {'; '.join(differences)}: give it the same options, choose another --out, "
            f"or {START_OVER}"
        )


def _differences(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for group, settings in wanted.items():
        before = saved.get(group, {})
        if group == "data":
            if before != settings:
                yield "other data (a topic needs ?until= to stay the same, and a new verdict is a new label)"
            continue
        for key, value in settings.items():
            if key not in before:
                yield f"no {group}.{key}, for another version made it"
            elif before[key] != value:
                yield f"{group}.{key} = {before[key]!r}, now {value!r}"
