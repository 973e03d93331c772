"""`spear-trainer fetch`: public data sets, with their licences and checksums."""

import shutil
import tomllib
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import msgspec
from rich.console import Console

from spear_stream.core.errors import ConfigError
from trainer.datasets.download import FetchError, digest_of, download, unwritten
from trainer.progress import Advance, progress

FOLDER = Path(__file__).with_name("sources")
NOTE = "SOURCE.txt"
MEGA = 1e6


@dataclass(frozen=True)
class RemoteFile:
    path: str
    """Below the folder of the data set, and below `base` where there is no url."""
    url: str | None = None
    sha256: str | None = None
    unpack: str | None = None
    """A zip archive: members below this are unpacked, and the archive is removed."""


@dataclass(frozen=True)
class Source:
    """One data set."""

    title: str
    licence: str
    home: str
    base: str = ""
    files: tuple[RemoteFile, ...] = ()
    published_sums: str | None = None
    credentials: str | None = None
    """What to do where nobody may download without an account."""


def sources() -> dict[str, Source]:
    """The data sets by name."""
    tables = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    return {name: _with_sums(name, msgspec.convert(table, Source)) for name, table in tables.items()}


def fetch(name: str, out: Path, console: Console, mirror: str | None = None) -> None:
    """Bring a data set into the folder `out`; what is there already, with the right checksum, stays.

    mirror: address that stands for all of the publisher's; files lie below it by their paths.
    Raises ConfigError for an unknown name, missing credentials or a folder that cannot be written,
    FetchError when the publisher cannot be reached or a checksum is wrong.
    """
    known = sources()
    if name not in known:
        raise ConfigError(f"no data set {name!r}; there are {', '.join(known)}")
    source = known[name]
    _say(console, f"{source.title}\nlicence: {source.licence}\nfrom: {mirror or source.home}")
    if source.credentials:
        raise ConfigError(source.credentials)
    if mirror is not None:
        source = _mirrored(source, mirror.rstrip("/") + "/")
    try:
        count = _bring_all(name, source, out, console)
    except OSError as error:
        raise unwritten(Path(error.filename or out), error) from error
    _say(console, f"{count} files in {out}, checksums right")


def _bring_all(name: str, source: Source, out: Path, console: Console) -> int:
    """The number of files. Raises OSError beside what `fetch` raises."""
    source = _with_published_sums(source, out)
    with progress(console, name, len(source.files)) as advance:
        for number, file in enumerate(source.files):
            _bring(source, file, out, _Note(advance, number, file.path))
            advance(number + 1, file.path, notable=number + 1 == len(source.files))
    (out / NOTE).write_text(f"{source.title}\n{source.home}\nlicence: {source.licence}\n", encoding="utf-8")
    return len(source.files)


class _Note:
    """Shows the megabytes of one file beside the bar of files."""

    def __init__(self, advance: Advance, done: int, path: str) -> None:
        self._advance, self._done, self._path = advance, done, path

    def __call__(self, have: int, total: int | None) -> None:
        of = "" if total is None else f" of {total / MEGA:.1f}"
        self._advance(self._done, f"{self._path} {have / MEGA:.1f}{of} MB")


def _bring(source: Source, file: RemoteFile, out: Path, note: _Note) -> None:
    target = out / file.path
    mark = target.with_name(target.name + ".unpacked")
    if file.unpack is not None and mark.is_file() and mark.read_text(encoding="utf-8") == file.sha256:
        return
    download(file.url or source.base + file.path, target, file.sha256, note)
    if file.unpack is not None:
        _unpack(target, out, file.unpack)
        mark.write_text(file.sha256 or digest_of(target), encoding="utf-8")
        target.unlink()


def _unpack(archive: Path, out: Path, below: str) -> None:
    """Write the arrays below a folder of the archive; each appears whole or not at all."""
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                inside = PurePosixPath(member.filename)
                if member.is_dir() or not member.filename.startswith(below) or inside.suffix != ".npy":
                    continue
                target = out / inside.relative_to(below)
                if ".." in inside.parts:
                    raise FetchError(f"{archive}: {member.filename} would leave the folder")
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(target.name + ".part")
                with packed.open(member) as content, part.open("wb") as file:
                    shutil.copyfileobj(content, file)
                part.replace(target)
    except zipfile.BadZipFile as error:
        raise FetchError(f"{archive} is no zip archive: {error}") from error
    except OSError as error:
        raise ConfigError(f"cannot unpack {archive}: {error.strerror}; make room there") from error


def _with_sums(name: str, source: Source) -> Source:
    path = FOLDER / f"{name}.sums"
    if not path.is_file():
        return source
    return replace(
        source, files=tuple(RemoteFile(file, sha256=digest) for file, digest in _listed(path).items())
    )


def _with_published_sums(source: Source, out: Path) -> Source:
    """The files with the checksums of the publisher's own list: they prove the way, not the origin."""
    if source.published_sums is None:
        return source
    path = out / source.published_sums
    path.unlink(missing_ok=True)
    download(source.base + source.published_sums, path, None)
    listed = _listed(path)
    if missing := [file.path for file in source.files if file.path not in listed]:
        raise FetchError(
            f"{source.base}{source.published_sums} lists no {missing[0]}: the publisher moved it"
        )
    return replace(source, files=tuple(replace(f, sha256=listed[f.path]) for f in source.files))


def _listed(path: Path) -> dict[str, str]:
    """Path to digest, of a file as sha256sum writes it."""
    lines = (line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip().lstrip("*"): digest for digest, _, name in lines}


def _mirrored(source: Source, mirror: str) -> Source:
    return replace(source, base=mirror, files=tuple(replace(file, url=None) for file in source.files))


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
