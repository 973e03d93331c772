"""Which files of a folder are tables."""

from pathlib import Path

from spear_stream.core.errors import InputError


def files_below(folder: Path, ending: str) -> list[Path]:
    """By path; none of a hidden folder, which may be of an unfinished run."""
    return sorted(path for path in folder.rglob(f"*{ending}") if not _hidden(path.relative_to(folder)))


def tables_of(place: Path, *endings: str, but: Path | None = None) -> list[tuple[Path, str]]:
    """The tables of a folder, or the one that is the place, with the names of their series: files of the
    first of these endings that there are any of, but for one.

    Raises InputError if there is none.
    """
    if place.is_file():
        return [(place, place.name)]
    other = None if but is None else but.resolve()
    for ending in endings:
        if paths := [path for path in files_below(place, ending) if path.resolve() != other]:
            return [(path, path.relative_to(place).as_posix()) for path in paths]
    raise InputError(f"{place} holds no {' or '.join(endings)} file")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts[:-1])
