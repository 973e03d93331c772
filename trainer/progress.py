"""Progress of long work: a live bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY = 10.0
"""Seconds between plain lines, unless something notable happened."""


class Advance(Protocol):
    """Tells how far the work is."""

    def __call__(self, done: int, note: str = "", *, notable: bool = False) -> None:
        """done: units so far; note: what to show beside them; notable: worth a plain line of its own."""


@contextmanager
def progress(console: Console, title: str, total: int) -> Iterator[Advance]:
    """Show work of `total` units; call what is yielded as it goes on."""
    if not console.is_terminal:
        yield _Lines(console, title, total)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, speed_estimate_period=120) as bar:
        task = bar.add_task(title, total=total, note="")

        def advance(done: int, note: str = "", *, notable: bool = False) -> None:
            del notable
            bar.update(task, completed=done, note=note)

        yield advance


class _Lines:
    """Plain lines, now and then, with the time left at the speed so far."""

    def __init__(self, console: Console, title: str, total: int) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._began: tuple[float, int] | None = None
        self._printed = 0.0

    def __call__(self, done: int, note: str = "", *, notable: bool = False) -> None:
        now = monotonic()
        self._began = self._began or (now, done)
        if notable or done >= self._total or now - self._printed >= LINE_EVERY:
            self._printed = now
            parts = (f"{self._title} {done}/{self._total}", note, self._left(now, done))
            self._console.print(", ".join(part for part in parts if part), markup=False, highlight=False)

    def _left(self, now: float, done: int) -> str:
        start, first = self._began or (now, done)
        if done <= first or done >= self._total:
            return ""
        seconds = (now - start) / (done - first) * (self._total - done)
        return f"{timedelta(seconds=round(seconds))} left"
