"""Which files of a folder are tables, and the series of all of them."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from spear_stream.core.errors import InputError
from trainer.datasets.rows import Rows
from trainer.datasets.series import LabelledSeries

_log = logging.getLogger(__name__)


def files_below(folder: Path, ending: str) -> list[Path]:
    """By path; none of a hidden folder, which may be of an unfinished run."""
    return sorted(path for path in folder.rglob(f"*{ending}") if not _hidden(path.relative_to(folder)))


def load_tables(
    place: Path, endings: Sequence[str], but: Path | None, read: Callable[[Path], Rows]
) -> list[LabelledSeries]:
    """The series of the tables of a folder, or of the one that is the place: files of the first of these
    endings that there are any of, `but` for one. Each doubt is told once.

    Raises InputError if there is no such file, and what `read` raises.
    """
    corpus, doubts = list[LabelledSeries](), dict[str, Path]()
    for path, name in _tables(place, endings, but):
        rows = read(path)
        for doubt in rows.doubts():
            doubts.setdefault(doubt, path)
        corpus += rows.series(name)
    for doubt, path in doubts.items():
        _log.warning("%s: %s", path, doubt)
    return corpus


def _tables(place: Path, endings: Sequence[str], but: Path | None) -> list[tuple[Path, str]]:
    """With the names of their series."""
    if place.is_file():
        return [(place, place.name)]
    other = None if but is None else but.resolve()
    for ending in endings:
        if paths := [path for path in files_below(place, ending) if path.resolve() != other]:
            return [(path, path.relative_to(place).as_posix()) for path in paths]
    raise InputError(f"{place} holds no {' or '.join(endings)} file")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts[:-1])
