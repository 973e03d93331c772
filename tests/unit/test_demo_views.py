"""What the demo shows: the live table at any size of terminal, plain lines, the verdict."""

from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper

import numpy as np
import pytest
from messages import CLOSED, OPENED
from rich.console import Console
from streams import MINUTE, START, polls_of, quiet, rows, run_on

from spear_stream.core.times import duration
from spear_stream.demo.board import Board
from spear_stream.demo.generated import Injection
from spear_stream.demo.live_table import screen
from spear_stream.demo.outcome import LATE_MS, judge
from spear_stream.demo.report import print_summary
from spear_stream.demo.texts import ASCII, UNICODE, event_line, number, score_bar, sparkline
from spear_stream.demo.views import LiveView, PlainView, view_of
from spear_stream.testing import ListSource
from spear_stream.transport.pictures import Trace
from spear_stream.transport.pictures_traces import Span


def terminal(width: int = 120, height: int = 40, encoding: str = "utf-8") -> Console:
    file = TextIOWrapper(BytesIO(), encoding=encoding)
    return Console(
        file=file, width=width, height=height, force_terminal=True, force_interactive=True, record=True
    )


def plain() -> Console:
    return Console(file=StringIO(), width=80, record=True)


def seen(console: Console) -> list[str]:
    return console.export_text().splitlines()


@pytest.fixture
def board() -> Board:
    """Twelve series, the first with an alert that closed, the second with one that is open."""
    board = Board(total=1000)
    values = {f"host{i}.cpu": quiet(60, seed=i) for i in range(12)}
    values["host0.cpu"][40] += 60
    values["host1.cpu"][59] += 60
    run_on(ListSource(polls_of(rows(values), 60)), recorder=board)
    return board


def test_the_table_shows_every_series_and_its_state(board: Board) -> None:
    console = terminal()
    console.print(screen(board, console.options))

    lines = seen(console)
    assert sum("host" in line and "cpu" in line and "quiet" in line for line in lines) == 10
    assert any("host0.cpu" in line and "1 alert, peak" in line for line in lines)
    assert any("host1.cpu" in line and board.news[-1].kind in line for line in lines)
    assert any("2 alerts" in line for line in lines)
    assert any("720 points" in line for line in lines)


@pytest.mark.parametrize("width", [24, 40, 64, 80, 100, 200])
@pytest.mark.parametrize("height", [5, 24, 50])
def test_the_table_fits_any_terminal(board: Board, width: int, height: int) -> None:
    console = terminal(width, height)
    console.print(screen(board, console.options))
    lines = seen(console)
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 13)
    if height >= 24:
        assert any("host1" in line for line in lines)


def test_alarms_come_first_where_the_terminal_is_low(board: Board) -> None:
    console = terminal(height=13)
    console.print(screen(board, console.options))
    text = console.export_text()
    assert "host0.cpu" in text
    assert "host1.cpu" in text
    assert "10 quieter series are not shown" in text


def test_ascii_is_enough(board: Board) -> None:
    console = terminal(encoding="ascii", width=90)
    console.print(screen(board, console.options))
    assert console.export_text().isascii()


def test_the_live_view_ends_with_the_last_state(board: Board) -> None:
    console = terminal()
    with view_of(board, console) as view:
        assert isinstance(view, LiveView)
        view.refresh()
    assert "720 points" in console.export_text()


def test_plain_lines_tell_every_opening_and_closing_once(board: Board) -> None:
    console = plain()
    with view_of(board, console) as view:
        assert isinstance(view, PlainView)
        view.refresh()
        view.refresh()

    lines = seen(console)
    assert [line.split()[1] for line in lines] == ["opened", "closed", "opened"]
    assert "host0.cpu" in lines[0]
    assert "usual is" in lines[0]


def test_plain_progress_comes_now_and_then() -> None:
    now = [0.0]
    board, console = Board(total=50, clock=lambda: now[0]), plain()
    run_on(ListSource(polls_of(rows({"a": quiet(25)}), 25)), recorder=board)
    with PlainView(board, console) as view:
        for now[0] in (1.0, 5.0, 6.0, 10.0):
            view.refresh()

    lines = seen(console)
    assert len(lines) == 2
    assert lines[0] == "25 of 50 points, 5 points/s, 0 alerts, about 5 s left"


def test_an_event_in_a_line() -> None:
    opened = event_line(OPENED, UNICODE).plain
    closed = event_line(replace(CLOSED, last_seen_at=OPENED.started_at + 120_000), ASCII).plain
    assert opened.startswith("▲ opened warning  h1.cpu  2023-11-14 22:13:20")
    assert opened.endswith("spike: 99.5, usual is 10 to 30, score 0.91")
    within = event_line(replace(OPENED, kind="pattern", observed=20.0), UNICODE).plain
    assert within.endswith("pattern: 20, within the usual 10 to 30, score 0.91")
    assert closed.isascii()
    assert closed.endswith("recovered after 2.0 min: spike, peak score 0.97")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (99.5, "99.5"), (0.000012345, "1.234e-05"), (123456.7, "123,457"), (-2e12, "-2e+12")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_durations_have_the_unit_that_suits() -> None:
    assert [duration(s) for s in (5, 90, 9_000, 200_000)] == ["5 s", "1.5 min", "2.5 h", "2.3 d"]


def trace_of(values: list[float], *alerts: Span) -> Trace:
    ts = START + MINUTE * np.arange(len(values), dtype=np.int64)
    none = np.zeros(0)
    return Trace("s", ts, np.array(values), np.zeros(0, np.int64), none, none, none, alerts)


def span(first: int, last: int, *, is_open: bool = False) -> Span:
    return Span(START + first * MINUTE, START + last * MINUTE, "critical", "spike", 0.9, is_open)


def test_a_sparkline_shows_a_spike_among_many_points() -> None:
    values = [1.0] * 1000
    values[503] = 9.0
    line = sparkline(trace_of(values, span(500, 510)), 20, UNICODE)
    assert line.plain == "▁" * 10 + "█" + "▁" * 9
    assert [str(part.style) for part in line.spans if part.start == 10] == ["bold red"]


def test_sparklines_of_few_and_constant_values() -> None:
    assert sparkline(trace_of([5.0]), 20, ASCII).plain == "="
    assert sparkline(trace_of([5.0] * 3), 20, UNICODE).plain == "▄▄▄"
    assert sparkline(trace_of([0.0, 7.0]), 20, UNICODE).plain == "▁█"


def test_an_open_alert_colours_all_that_follows() -> None:
    line = sparkline(trace_of([1.0, 2.0, 3.0, 4.0], span(2, 2, is_open=True)), 4, UNICODE)
    assert [str(part.style) for part in line.spans] == ["cyan", "cyan", "bold red", "bold red"]


def test_a_score_bar_is_filled_by_the_score() -> None:
    assert [score_bar(score, 4, ASCII).plain for score in (0.0, 0.5, 1.0)] == ["....", "##..", "####"]


INJECTED = Injection("s", "spike", START + 10 * MINUTE, START + 12 * MINUTE)


@pytest.mark.parametrize(
    ("alerts", "found", "missed", "false"),
    [
        ([span(10, 11)], 1, 0, 0),
        ([span(10, 11), span(14, 15)], 1, 0, 0),
        ([span(9, 30)], 0, 1, 1),
        ([span(11, 12), span(2, 3)], 1, 0, 1),
        ([], 0, 1, 0),
    ],
    ids=["at its start", "twice", "before it", "and a false one", "none"],
)
def test_found_missed_and_false(alerts: list[Span], found: int, missed: int, false: int) -> None:
    outcome = judge([INJECTED], [trace_of([1.0] * 40, *alerts)])
    assert (len(outcome.found), len(outcome.missed), outcome.false_alarms) == (found, missed, false)


def test_an_alert_long_after_an_injection_is_false() -> None:
    late = Span(INJECTED.end + LATE_MS + 1, INJECTED.end + LATE_MS + 2, "info", "spike", 0.6, is_open=False)
    outcome = judge([INJECTED], [trace_of([1.0] * 40, late)])
    assert (len(outcome.missed), outcome.false_alarms) == (1, 1)


def test_what_the_run_did_not_reach_is_not_missed() -> None:
    outcome = judge([INJECTED], [trace_of([1.0] * 11)])
    assert (outcome.found, outcome.missed) == ((), ())


def test_the_summary_says_what_was_missed(board: Board) -> None:
    console = plain()
    print_summary(console, board, 2.0, judge([INJECTED], [trace_of([1.0] * 400, span(300, 301))]))
    lines = seen(console)
    assert any(line.startswith("points") and "720 in 2.0 s, 360/s" in line for line in lines)
    assert any(line.startswith("alerts") and "2  " in line for line in lines)
    assert any("0 of 1 found" in line and "1 false alarm there; missed: spike in s" in line for line in lines)
