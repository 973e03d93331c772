"""A folder of promoted checkpoints, `current` among them: what workers load."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint
from spear_stream.model.packaged import DEFAULT
from trainer.judging import check_unchanged
from trainer.outputs import check_folder, unwritable, write_json

CURRENT = "current"
"""The link to the checkpoint in service."""
EVIDENCE = "promotion.json"


def in_service(to: Path) -> str:
    """The checkpoint that workers load from there: `to/current`, the packaged one where there is none yet."""
    current = to / CURRENT
    return str(current) if os.path.lexists(current) else DEFAULT


def check_place(to: Path) -> None:
    """Raise ConfigError when nothing can be installed there later; makes nothing."""
    current = to / CURRENT
    if os.path.lexists(current) and not current.is_symlink():
        raise ConfigError(f"{current} is no link to a checkpoint: move it away, or give another --to")
    try:
        check_folder(next(place for place in (to, *to.absolute().parents) if place.exists()))
    except OSError as error:
        raise unwritable(to, error, "give another --to") from error


def install(source: Path, to: Path, judged: str, evidence: dict[str, Any]) -> None:
    """Copy a checkpoint to the folder `to/judged`, then point the link `to/current` at it; judged: its id.

    Each happens in one step, so a reader of `current` finds the old checkpoint or the new one, whole. The old
    one stays: linking `current` to it again rolls back. Raises ConfigError when the place cannot be written,
    and when the source holds another checkpoint by now.
    """
    folder = to / judged
    there_before = folder.exists()
    check_place(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=to))
        link = scratch.with_name(f"{scratch.name}.link")
        try:
            _copy(scratch, source, judged)
            _fill(scratch, evidence)
            link.symlink_to(folder.name, target_is_directory=True)
            _replace_folder(scratch, folder)
            link.replace(to / CURRENT)
        except OSError:
            if not there_before:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            link.unlink(missing_ok=True)
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise unwritable(to, error, "give another --to") from error


def _copy(scratch: Path, source: Path, judged: str) -> None:
    """What counts is what was copied: a training may write into the source at any time."""
    try:
        for file in (TENSORS, MANIFEST):
            shutil.copyfile(source / file, scratch / file)
        found = load_checkpoint(scratch).manifest.id
    except (FileNotFoundError, CheckpointError):
        found = "no whole checkpoint"
    check_unchanged(source, judged, found)


def _fill(scratch: Path, evidence: dict[str, Any]) -> None:
    write_json(scratch / EVIDENCE, evidence, "give another --to")
    scratch.chmod(0o755)
    for path in scratch.iterdir():
        with path.open("rb") as written:
            os.fsync(written.fileno())


def _replace_folder(scratch: Path, folder: Path) -> None:
    """Put the folder in place; one of the same checkpoint that is there already is kept."""
    if folder.is_dir():
        for file in scratch.iterdir():
            file.replace(folder / file.name)
        return
    scratch.rename(folder)
