"""What the long programs show while they run and in the end."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from e2e.verdict import Verdict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from common import write_result

NAMED = 5
"""Events of a kind that are named when there should be none."""
SILENCE = 30.0


@contextmanager
def rounds_bar(rounds: float) -> Iterator[Callable[[Any], None]]:
    """A bar on standard error; gives what shows a tally: its `rounds`, and its other figures in words.

    Where there is no terminal, such as in the log of a night, a line every SILENCE seconds.
    """
    console, printed = Console(stderr=True), time.monotonic()
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(TextColumn("rounds"), *columns, console=console) as progress:
        task = progress.add_task("starting", total=rounds if isfinite(rounds) else None)

        def show(tally: Any) -> None:
            nonlocal printed
            figures = {name.replace("_", " "): figure for name, figure in vars(tally).items()}
            words = ", ".join(f"{figure:,} {name}" for name, figure in figures.items())
            progress.update(task, completed=figures["rounds"], description=words)
            if not console.is_terminal and time.monotonic() - printed >= SILENCE:
                printed = time.monotonic()
                print(words, file=sys.stderr, flush=True)

        yield show


@contextmanager
def working_folder(keep: Path | None) -> Iterator[Path]:
    """For topics and logs; gone in the end unless it is to be kept."""
    with TemporaryDirectory(prefix="soak-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def conclude(
    title: str, plan: Mapping[str, Any], figures: Mapping[str, Any], verdict: Verdict, result: str | None
) -> NoReturn:
    """Print the table, write the result file if one is named, and exit: 1 unless the verdict is clean."""
    seconds = round(time.monotonic() - _STARTED)
    table = Table("figure", "value", title=title)
    for name, value in _flat({**figures, **verdict.counts, "seconds": seconds}):
        table.add_row(name, f"{value:,}")
    Console().print(table)
    for name in ("lost", "doubled", "foreign", "disordered"):
        for event in getattr(verdict, name)[:NAMED]:
            print(f"{name}: {event}")
    if result:
        finite = {
            name: value for name, value in plan.items() if not isinstance(value, float) or isfinite(value)
        }
        payload = {"plan": finite, **figures, **verdict.counts, "seconds": seconds}
        print(f"written to {write_result(result, payload).name}")
    sys.exit(0 if verdict.clean else 1)


def _flat(figures: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, float]]:
    """Name and value of each figure; those of a mapping inside carry its name too."""
    for name, value in figures.items():
        words = f"{of}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{words}: ")
        else:
            yield words, value


_STARTED = time.monotonic()
