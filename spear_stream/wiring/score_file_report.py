"""score-file: which paths it is given, and what it says at the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import combinations
from os.path import realpath
from pathlib import Path

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.departure import FORGOTTEN, SILENT
from spear_stream.core.errors import ConfigError
from spear_stream.core.no_data import NO_DATA
from spear_stream.core.records import AlertEvent
from spear_stream.core.refusals import Refusal
from spear_stream.core.spec import WindowSpec
from spear_stream.core.times import duration
from spear_stream.transport.files import STANDARD_STREAM
from spear_stream.transport.recorders import Counts

OUTPUTS = {
    "--out": "the alerts",
    "--scores": "the scores",
    "--plot": "the picture",
    "--dead-letters": "the dead letters",
}


@dataclass(frozen=True)
class ScoreFile:
    """Paths of one run, - is standard input or output, and the columns of the source."""

    source: str
    out: str
    scores: Path | None = None
    plot: Path | None = None
    dead_letters: str | None = None
    columns: ColumnNames = USUAL

    @property
    def outputs(self) -> dict[str, str]:
        """Those that are given, by option."""
        given = {
            "--out": self.out,
            "--scores": self.scores,
            "--plot": self.plot,
            "--dead-letters": self.dead_letters,
        }
        return {option: str(path) for option, path in given.items() if path is not None}


def check_paths(paths: ScoreFile) -> None:
    """Raises ConfigError where a file would be written over that is needed, or nothing could be written."""
    files = {"the input": paths.source, **paths.outputs}
    for (one, path), (other, again) in combinations(files.items(), 2):
        if STANDARD_STREAM not in {path, again} and _same(path, again):
            raise ConfigError(f"{other} {again} is the same file as {one}; give it another path")
    for option in ("--scores", "--plot"):
        if paths.outputs.get(option) == STANDARD_STREAM:
            raise ConfigError(f"{option} cannot go to standard output; give it the path of a file")
    if paths.plot is not None and paths.plot.suffix.lower() != ".png":
        raise ConfigError(f"--plot {paths.plot}: pictures are PNG; give it a name that ends in .png")


def check_outputs(paths: ScoreFile) -> None:
    """Raises ConfigError where not all can be written, before one of an earlier run is emptied."""
    if paths.plot is not None and find_spec("matplotlib") is None:
        raise ConfigError("--plot needs matplotlib: pip install matplotlib")
    for option, path in paths.outputs.items():
        try:
            _try_writing(path)
        except OSError as error:
            reason = error.strerror or error
            what = OUTPUTS[option]
            raise ConfigError(f"cannot write {path}: {reason}; give a writable path for {what}") from None


def _try_writing(path: str) -> None:
    """Changes nothing; what is neither file nor folder, such as a pipe, may be opened only once."""
    place = Path(path)
    is_new = not place.exists()
    if path == STANDARD_STREAM or not (is_new or place.is_file() or place.is_dir()):
        return
    place.open("ab").close()
    if is_new:
        Path(realpath(path)).unlink()  # a link that led nowhere stays


def summary(counts: Counts, spec: WindowSpec, hop: int, paths: ScoreFile, seconds: float) -> str:
    """Lines for people: what was read, found and written, and what to do about what was not used.

    spec: of the checkpoint that scored; hop: points between two scores.
    """
    rate = counts.windows / max(seconds, 1e-9)
    scored = f"{counts.windows:,} windows scored in {seconds:.1f} s ({rate:,.0f}/s)"
    lines = [
        f"{counts.used:,} points of {len(counts.series):,} series, {scored}",
        _alerts(counts),
        *_worst(counts),
        *_unused(counts, paths),
    ]
    if counts.used and not counts.windows:
        lines.append(
            f"no series is long enough: the first score comes after {spec.first_score(hop)} points"
            + (f", then one every {hop}" if hop > 1 else "")
        )
    written = ("standard output" if path == STANDARD_STREAM else path for path in paths.outputs.values())
    lines.append("written: " + ", ".join(written))
    return "\n".join(lines)


def _alerts(counts: Counts) -> str:
    told = _count(counts.opened.total(), "alert")
    if counts.still_open:
        told += f", {counts.still_open:,} still open"
    severities = ", ".join(f"{number} {severity}" for severity, number in sorted(counts.opened.items()))
    return f"{told}: {severities}" if severities else told


def _worst(counts: Counts) -> Iterator[str]:
    """A line for each of the worst alerts."""
    for event in counts.worst:
        start = datetime.fromtimestamp(event.started_at / 1000, UTC)
        peak = "" if event.kind == NO_DATA else f"peak {event.peak_score:.2f}, "
        told = f"{event.severity:<8}  {start:%Y-%m-%d %H:%M:%S}  {event.kind:<10}  {peak}{_end(event)}"
        yield f"  {told:<70}  {event.series}"
    if others := counts.opened.total() - len(counts.worst):
        yield f"  and {_count(others, 'other')}"


def _end(event: AlertEvent) -> str:
    if event.ended_at is None:
        return "still open"
    if event.resolution in {SILENT, FORGOTTEN}:
        return f"then {event.resolution}"
    lasted = duration((event.ended_at - event.started_at) / 1000)
    return f"{(event.resolution or '').replace('_', ' ')} after {lasted}"


def _unused(counts: Counts, paths: ScoreFile) -> Iterator[str]:
    if not counts.refused:
        return
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.refused.items()))
    yield f"{_count(counts.refused.total(), 'record')} not used: {reasons}; the first: {counts.first_refused}"
    if counts.refused[Refusal.LATE] > counts.used:
        yield "most points are older than the one before: sort the file by time, oldest first"
    if paths.dead_letters is None:
        yield "--dead-letters FILE keeps them with their reasons"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + "s" * (number != 1)


def _same(path: str, other: str) -> bool:
    """What cannot be looked at is told when it is opened."""
    one, two = Path(path), Path(other)
    try:
        if one.exists() and two.exists():
            return one.is_file() and one.samefile(two)
        return realpath(one) == realpath(two)
    except OSError:
        return False
