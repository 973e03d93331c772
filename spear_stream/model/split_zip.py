"""Weights that registry packages carry as one zip, split over several of them: put together once."""

import shutil
import zipfile
from collections.abc import Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from spear_stream.core.errors import CheckpointError
from spear_stream.model.cache import cache_root, made_once

WANTED = ("config.json", "model.safetensors")


def unpacked_folder(distributions: Sequence[str]) -> Path | None:
    """The folder with config.json and model.safetensors, which is made now if it is not there yet.

    None where it is not and not all the packages are installed. Raises CheckpointError if their zip cannot be
    read or the cache cannot be written.
    """
    target = cache_root() / distributions[0]
    if target.is_dir():
        return target
    parts = [_part(name) for name in distributions]
    if None in parts:
        return None
    try:
        return made_once(target, partial(_unpack, [part for part in parts if part is not None]))
    except (OSError, zipfile.BadZipFile, IndexError) as error:
        raise CheckpointError(
            f"{distributions[0]} and its further parts cannot be unpacked into {target}: {error}. Make room "
            "there, twice the size of the weights is needed, or install the packages again"
        ) from error


def _part(distribution: str) -> Path | None:
    """The piece of the zip that a package carries."""
    try:
        found = [file for file in files(distribution) or () if ".zip." in file.name]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


def _unpack(parts: Sequence[Path], target: Path) -> None:
    """Beside the target there is room for the whole zip meanwhile."""
    whole = target.with_name("whole.zip")
    with whole.open("wb") as out:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, out)
    target.mkdir()
    _extract(whole, target)


def _extract(whole: Path, folder: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        for name in WANTED:
            entries = [entry for entry in archive.namelist() if entry.split("/")[1:] == [name]]
            with archive.open(entries[0]) as packed, (folder / name).open("wb") as out:
                shutil.copyfileobj(packed, out)
