"""Files that commands leave behind: checked before the work, written in one piece after it."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import msgspec

from spear_stream.core.errors import ConfigError
from spear_stream.model.saving import write_whole

OUT = "choose another --out"


def check_writable(path: Path | None, option: str) -> None:
    """Raise ConfigError when a file cannot be written later: no folder is made for it, as in score-file.

    A new file is made beside it and put in its place: so devices, pipes and mount points are refused, and the
    folder is what has to be writable.
    """
    if path is None:
        return
    try:
        _try_to_write(path, option)
    except OSError as error:
        raise unwritable(path, error, f"give another {option}") from error


def _try_to_write(path: Path, option: str) -> None:
    if path.is_dir():
        raise ConfigError(f"{option} {path} is a folder; give the path of a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"{option} {path}: the folder {path.parent} does not exist; make it first")
    with suppress(FileNotFoundError):
        _check_replaceable(path, path.stat(), option)
    check_folder(path.resolve().parent)


def _check_replaceable(path: Path, found: os.stat_result, option: str) -> None:
    """Raise ConfigError when no other file can be put in the place of this one, which `found` describes."""
    target = path.resolve()
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{option} {path} is no plain file; give the path of one")
    if os.path.ismount(target):
        raise ConfigError(
            f"{option} {path} is a mount point, so no new file can be put in its place; mount its folder"
        )
    folder = target.parent.stat()
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in {0, folder.st_uid, found.st_uid}:
        raise ConfigError(
            f"{option} {path} is another user's, and its folder lets only its owner replace it; "
            f"give another {option}"
        )


def check_folder(folder: Path) -> None:
    """Raise OSError when no file can be made in a folder that is there: work should not end at that."""
    with TemporaryFile(dir=folder):
        pass


def write_json(path: Path, content: Any, cure: str = OUT) -> None:
    """Indented JSON, nan as null. Raises ConfigError when it cannot be written."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n", cure)


def write_bytes(path: Path, content: bytes, cure: str = OUT) -> None:
    """Replace a file, or what a link leads to, in one step. Raises ConfigError when it cannot be written."""
    try:
        write_whole(path.resolve(), content)
    except OSError as error:
        raise unwritable(path, error, cure) from error


@contextmanager
def whole_folder(out: Path, cure: str = OUT) -> Iterator[Path]:
    """A hidden scratch folder: what it holds moves to `out` at the end, or not at all after an error.

    A new `out` appears in one step. One that is there keeps what it holds, and files are moved into it one
    by one. Raises ConfigError when it cannot be written, at the start where that can be seen.
    """
    place = out.resolve()
    scratch = place / ".unfinished" if place.exists() else place.parent / f".{place.name}.unfinished"
    with _told(out, cure):
        if place.exists():
            check_folder(place)
        shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
        scratch.mkdir(parents=True)
    try:
        yield scratch
        with _told(out, cure):
            _move(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _told(out: Path, cure: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(out, error, cure) from error


def _move(scratch: Path, out: Path) -> None:
    if not out.exists():
        scratch.replace(out.resolve())
        return
    moved: list[Path] = []
    try:
        for path in sorted(path for path in scratch.rglob("*") if path.is_file()):
            target = out / path.relative_to(scratch)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                moved.append(target)
            path.replace(target)
    except OSError:
        for path in moved:
            path.unlink(missing_ok=True)
        raise


def unwritable(path: Path, error: OSError, cure: str = OUT) -> ConfigError:
    """What to say when results cannot be written."""
    return ConfigError(f"cannot write to {path}: {error.strerror or error}; make room there, or {cure}")
