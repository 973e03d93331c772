"""The folder of a training run: whether it can be used, and what it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from spear_stream.core.errors import ConfigError
from spear_stream.model.checkpoint import MANIFEST, Manifest, fault_of_name, load_manifest
from trainer.outputs import check_folder, unwritable
from trainer.resume import RESUME_FILE, START_OVER, require_same

TRAINING = "training.json"


def prepare(out: Path, name: str, *, fresh: bool, again: bool = False) -> None:
    """Raise ConfigError when the folder or the name cannot be used; nothing that it holds is changed.

    fresh: what it holds is no hindrance. again: nor is a finished run.
    """
    if fault := fault_of_name(name):
        raise ConfigError(f"--name {name}: {fault}")
    try:
        if not fresh and not again and _is_finished(out):
            raise ConfigError(
                f"{out} already holds checkpoint {load_manifest(out).id}: choose another --out, "
                f"or {START_OVER}"
            )
        out.mkdir(parents=True, exist_ok=True)
        check_folder(out)
    except OSError as error:
        raise unwritable(out, error) from error


def forget(*files: Path) -> None:
    """Remove files of earlier runs, where they are. Raises ConfigError when one cannot be removed."""
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(file, error) from error


def finished(out: Path, name: str, plan: Mapping[str, Any]) -> Manifest | None:
    """The checkpoint in the folder; None where there is none, or its run goes on.

    Raises ConfigError when it was made by another plan, or has another name.
    """
    if not _is_finished(out):
        return None
    manifest = load_manifest(out)
    try:
        before = dict(msgspec.json.decode((out / TRAINING).read_bytes())["plan"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{out / TRAINING} cannot be read ({error}): remove {out}, or {START_OVER}"
        ) from error
    before["run"] = {"name": manifest.name}
    wanted = msgspec.json.decode(msgspec.json.encode({**plan, "run": {"name": name}}))
    require_same(f"{out} holds {manifest.id}", before, wanted)
    return manifest


def _is_finished(out: Path) -> bool:
    return (out / MANIFEST).exists() and not (out / RESUME_FILE).exists()
