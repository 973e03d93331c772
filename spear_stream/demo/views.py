"""What people see while the demo runs: a live table on a terminal, plain lines elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from spear_stream.core.times import duration
from spear_stream.demo.board import Board
from spear_stream.demo.live_table import screen
from spear_stream.demo.texts import event_line, glyphs_of

REFRESH_S = 0.12
PROGRESS_S = 5.0
"""Time between two lines of progress."""


class View(Protocol):
    """Shows a Board; refresh() is called after every step of the service."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def refresh(self) -> None: ...


def view_of(board: Board, console: Console) -> View:
    """A table that changes in place where the terminal can do it."""
    return LiveView(board, console) if console.is_interactive else PlainView(board, console)


class LiveView:
    """A table of all series, the newest events and a progress bar, redrawn in place."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw()
        self._live.stop()

    def refresh(self) -> None:
        if self._board.seconds - self._drawn_at >= REFRESH_S:
            self._draw()

    def _draw(self) -> None:
        self._live.update(screen(self._board, self._console.options), refresh=True)
        self._drawn_at = self._board.seconds


class PlainView:
    """A line per event and, every PROGRESS_S, one of progress: for logs, pipes and dumb terminals."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console
        self._next_progress = PROGRESS_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._print_news()

    def refresh(self) -> None:
        self._print_news()
        if self._board.seconds >= self._next_progress:
            self._next_progress = self._board.seconds + PROGRESS_S
            self._console.print(progress_line(self._board), soft_wrap=True, highlight=False)

    def _print_news(self) -> None:
        while self._board.news:
            line = event_line(self._board.news.popleft(), glyphs_of(self._console.options))
            self._console.print(line, soft_wrap=True, highlight=False)


def progress_line(board: Board) -> str:
    left = board.seconds_left
    return (
        f"{board.counts.samples:,} of {board.total:,} points, {board.points_per_second:,.0f} points/s, "
        f"{board.opened} alerts" + ("" if left is None else f", about {duration(left)} left")
    )
