"""Pictures: written, of the promised size, for whatever a series looks like."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from streams import SPEC, batch, polls_of, quiet, rows, run_on

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.errors import ConfigError, DeliveryError
from spear_stream.core.records import Observation
from spear_stream.testing import ListSource
from spear_stream.transport.pictures import Trace, Traces, draw_overview, draw_series
from spear_stream.transport.pictures_names import told_apart
from spear_stream.transport.pictures_traces import MOST_POINTS, Span, extremes

START, MINUTE = 1_700_000_000_000, 60_000
POLICY = AlertPolicy()
ORANGE = np.array([0xD5, 0x5E, 0x00]) / 255


def trace_of(values: np.ndarray, *alerts: Span, series: str = "host.cpu") -> Trace:
    ts = START + MINUTE * np.arange(len(values), dtype=np.int64)
    score = np.linspace(0, 0.9, len(values))
    return Trace(series, ts, values, ts, score, values - 1, values + 1, alerts)


def span(first: int, last: int, severity: str = "warning", *, is_open: bool = False) -> Span:
    return Span(START + first * MINUTE, START + last * MINUTE, severity, "spike", 0.9, is_open)


def size(path: Path) -> tuple[int, int]:
    """Width and height in pixels."""
    height, width = imread(path).shape[:2]
    return width, height


def reddish(path: Path) -> int:
    """Pixels in the colour of a warning."""
    return int((np.abs(imread(path)[:, :, :3] - ORANGE).max(axis=2) < 0.05).sum())


def test_a_series_with_an_alert(tmp_path: Path) -> None:
    values = np.sin(np.arange(300) / 10)
    draw_series(tmp_path / "calm.png", trace_of(values), POLICY)
    draw_series(
        tmp_path / "alert.png", trace_of(values, span(100, 110), span(290, 290, is_open=True)), POLICY
    )

    assert size(tmp_path / "calm.png") == size(tmp_path / "alert.png") == (1200, 660)
    assert reddish(tmp_path / "alert.png") > reddish(tmp_path / "calm.png")


@pytest.mark.parametrize(
    "values",
    [
        np.array([5.0]),
        np.array([0.0, 0.0]),
        np.full(50, -1e12),
        np.array([1e308, -1e308, 0.0, 1e-300]),
    ],
    ids=["one point", "zeros", "constant", "extreme"],
)
def test_any_values_can_be_drawn(tmp_path: Path, values: np.ndarray) -> None:
    trace = trace_of(values, span(0, 0))
    draw_series(tmp_path / "series.png", trace, POLICY)
    draw_overview(tmp_path / "overview.png", [trace, trace], POLICY)
    assert size(tmp_path / "series.png") == (1200, 660)
    assert size(tmp_path / "overview.png")[0] == 1200


def test_a_series_without_scores_can_be_drawn(tmp_path: Path) -> None:
    nothing, no_times = np.zeros(0), np.zeros(0, np.int64)
    trace = Trace("new", START + np.arange(3), np.ones(3), no_times, nothing, nothing, nothing)
    draw_series(tmp_path / "series.png", trace, POLICY)
    assert size(tmp_path / "series.png") == (1200, 660)


def test_a_name_is_no_formula(tmp_path: Path) -> None:
    draw_series(tmp_path / "series.png", trace_of(np.ones(9), series=r"a$\frac{$" + "long" * 50), POLICY)
    draw_overview(tmp_path / "overview.png", [trace_of(np.ones(9), series=r"$\x{$")] * 2, POLICY)


def test_long_names_can_be_told_apart() -> None:
    labels = 'cpu{{cluster="prod-eu",host="web-{}.example.com",job="node-exporter"}}'
    names = [labels.format(number) for number in range(3)]
    found = told_apart([*names, "short"], 28)
    assert [name[-2:] for name in found[:3]] == ["0\u2026", "1\u2026", "2\u2026"]
    assert found[3] == "short"
    assert all(len(name) == 28 for name in found[:3])
    assert told_apart(["a" * 20, "a" * 21], 10) == ["\u2026", "a\u2026"]
    (alone,) = set(told_apart(names[:1] * 2, 28))
    assert (len(alone), alone[:4], alone[-9:]) == (28, "cpu{", 'xporter"}')


def test_an_open_alert_lasts_as_long_as_others_report(tmp_path: Path) -> None:
    """As one of silence: what comes after its last point is the alert."""
    dead = trace_of(np.ones(20), span(19, 19, is_open=True), series="dead")
    shaded = []
    for points in (20, 80):
        draw_overview(tmp_path / "x.png", [dead, trace_of(np.ones(points))], POLICY)
        band = imread(tmp_path / "x.png")[:, :, :3]
        shaded.append(int((np.abs(band - (0.25 * ORANGE + 0.75)).max(axis=2) < 0.05).sum()))
    assert shaded[1] > 20 * shaded[0]


def test_the_overview_shows_the_most_anomalous(tmp_path: Path) -> None:
    traces = [trace_of(np.ones(20), series=f"s{i}") for i in range(20)]
    alarmed = [trace_of(np.ones(20), span(3, 6), series="alarmed")] * 2

    draw_overview(tmp_path / "calm.png", traces, POLICY)
    draw_overview(tmp_path / "two.png", traces + alarmed, POLICY)

    assert size(tmp_path / "calm.png") == size(tmp_path / "two.png") == (1200, 1005)  # twelve of them
    assert reddish(tmp_path / "two.png") > 0 == reddish(tmp_path / "calm.png")


def test_an_overview_of_nothing_and_of_one(tmp_path: Path) -> None:
    draw_overview(tmp_path / "none.png", [], POLICY)
    draw_overview(tmp_path / "one.png", [trace_of(np.ones(5))], POLICY)
    assert size(tmp_path / "none.png")[0] == 1200
    assert size(tmp_path / "one.png") == (1200, 660)


def test_traces_of_a_service() -> None:
    traces = Traces()
    points = rows({"a": quiet(60, {50: 60.0}), "b": quiet(60, seed=1)})

    sink = run_on(ListSource(polls_of(points, 9)), recorder=traces)

    a, b = traces
    assert [trace.series for trace in (a, b)] == ["a", "b"]
    assert a.value.tolist() == [value for series, _, value in points if series == "a"]
    assert a.scored_ts.tolist() == a.ts[SPEC.min_points - 1 :].tolist()
    assert (a.low < a.high).all()
    assert [alert.start for alert in a.alerts] == [sink.events[0].started_at] == [a.ts[50]]
    assert a.peak == pytest.approx(max(event.peak_score for event in sink.events))
    assert not b.alerts


def test_many_points_are_thinned_and_no_spike_is_lost(tmp_path: Path) -> None:
    values = quiet(100_000, {61_803: 99.0})
    traces, began = Traces(), time.perf_counter()

    for first in range(0, 100_000, 500):
        samples = batch(rows({"a": values[first : first + 500]}, START + first * MINUTE))
        accepted, none = np.ones(500, np.bool_), np.zeros(500, np.bool_)
        traces.points(samples, Observation(np.zeros(0, SPEC.dtype), (), accepted, none))
    (trace,) = traces
    draw_series(tmp_path / "series.png", trace, POLICY)

    assert MOST_POINTS / 2 < len(trace.ts) <= 2 * MOST_POINTS
    assert trace.value.max() == max(values)
    assert (np.diff(trace.ts) > 0).all()
    assert time.perf_counter() - began < 10  # seconds; one or two when nothing else runs


def test_extremes_keep_both_ends_of_every_stretch() -> None:
    value = np.array([3, 1, 2, 9, 4, 4, 0, 5])
    assert extremes(np.arange(8), value, 4, both_ends=True).tolist() == [1, 3, 6, 7]
    assert extremes(np.arange(8), value, 2, both_ends=False).tolist() == [3, 7]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match="pip install matplotlib"):
        draw_series(tmp_path / "series.png", trace_of(np.ones(5)), POLICY)


def test_a_path_that_cannot_be_written_is_named() -> None:
    with pytest.raises(DeliveryError, match=r"cannot write /nowhere/x\.png: No such file"):
        draw_series("/nowhere/x.png", trace_of(np.ones(5)), POLICY)
