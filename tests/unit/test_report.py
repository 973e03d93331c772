"""What a report shows: curves, calibration, the moments it picks, and names that are HTML."""

import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import average_precision_score, roc_auc_score

from spear_stream.core.spec import CALM_HOP
from trainer.conditions import Conditions
from trainer.datasets.series import LabelledSeries, Span, mark
from trainer.metrics.events import count_events
from trainer.metrics.report import Estimate, SeriesReport
from trainer.provenance import provenance
from trainer.report import charts
from trainer.report.curves import MOST_POINTS, precision_recall, receiver_operating, reliability
from trainer.report.moments import CONTEXT, WIDEST, Moment, find_moments
from trainer.report.page import Picture, ReportRequest, Section, render, write_report

POINTS = 1000


def series(name: str, *windows: Span) -> LabelledSeries:
    value = np.sin(np.arange(POINTS) / 9)
    return LabelledSeries(name, np.arange(POINTS) * 1000, value, mark(POINTS, windows), 50, windows)


def test_curves_have_the_areas_of_sklearn_and_few_points() -> None:
    rng = np.random.default_rng(0)
    label = rng.random(20_000) < 0.1
    score = rng.normal(size=20_000) + label
    recall, receiver = precision_recall(label, score), receiver_operating(label, score)
    assert recall.area == pytest.approx(average_precision_score(label, score))
    assert receiver.area == pytest.approx(roc_auc_score(label, score))
    for curve in (recall, receiver):
        assert 50 < len(curve.x) <= MOST_POINTS
        assert curve.x[-1] == 1
        assert (np.diff(curve.x) >= 0).all()


def test_curves_without_anomalies_are_undefined_and_drawn_all_the_same() -> None:
    nothing = np.zeros(10, bool)
    curves = {"a": precision_recall(nothing, np.zeros(10)), "b": receiver_operating(nothing, np.zeros(10))}
    assert all(np.isnan(curve.area) for curve in curves.values())
    drawn = charts.draw_curves(curves, "x", "y")
    assert drawn.startswith("data:image/svg+xml;base64,")
    assert charts.draw_curves(curves, "x", "y") == drawn, "the same figures give the same bytes"


def test_reliability_compares_what_is_said_with_what_is() -> None:
    probability = np.array([0.05, 0.05, 0.95, 1.0])
    found = reliability(np.array([False, True, True, True]), probability)
    assert found.predicted == pytest.approx([0.05, 0.975])
    assert found.observed == pytest.approx([0.5, 1.0])
    assert found.error == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)


def test_moments_tell_hits_misses_and_false_alarms_apart() -> None:
    corpus = [series("a", (200, 220), (600, 620)), series("b", (300, 310))]
    score = {one.name: np.linspace(0, 1, POINTS) for one in corpus}
    alerts = {"a": [(210_000, 212_000), (900_000, 900_000), (10_000, 20_000)], "b": [(800_000, 810_000)]}
    found = find_moments(corpus, score, alerts, most=1)
    assert (found.hits, found.misses, found.false_alarms) == (1, 2, 2)
    (hit,), (miss,), (false_alarm,) = found.shown_hits, found.shown_misses, found.shown_false_alarms
    assert (hit.series.name, hit.first, hit.last) == ("a", 200, 220)
    assert (miss.series.name, miss.first) == ("b", 300)
    assert (false_alarm.series.name, false_alarm.first) == ("a", 900)
    assert hit.shown == slice(0, 420)
    assert charts.draw_moment(false_alarm).startswith("data:image/png;base64,")


def test_pictures_come_from_different_series_first() -> None:
    corpus = [series("a", (200, 220), (600, 620)), series("b", (300, 310))]
    score = {"a": np.ones(POINTS), "b": np.zeros(POINTS)}
    alerts = {one.name: [(0, 999_000)] for one in corpus}
    found = find_moments(corpus, score, alerts, most=2)
    assert [moment.series.name for moment in found.shown_hits] == ["a", "b"]


@pytest.mark.parametrize("length", [10, 800, 1999, 2001, 3500])
def test_a_moment_lies_within_its_picture(length: int) -> None:
    first, points = 20_000, 50_000
    long = LabelledSeries("a", np.arange(points), np.zeros(points), np.zeros(points, bool), 0, ())
    shown = Moment(long, np.zeros(points), (), first, first + length, 1.0).shown
    assert shown.start <= first - CONTEXT
    assert first + length + CONTEXT <= shown.stop <= shown.start + WIDEST


def test_a_moment_longer_than_a_picture_is_shown_from_before_it_begins() -> None:
    first, points = 20_000, 50_000
    long = LabelledSeries("a", np.arange(points), np.zeros(points), np.zeros(points, bool), 0, ())
    moment = Moment(long, np.zeros(points), (), first, first + 9000, 1.0)
    assert moment.shown == slice(first - CONTEXT, first - CONTEXT + WIDEST)


def test_a_detector_that_is_named_twice_has_one_column(tmp_path: Path) -> None:
    one = series("a", (200, 220))
    rows = zip(one.ts.tolist(), one.value.tolist(), one.label.astype(int).tolist(), strict=True)
    (tmp_path / "a.csv").write_text("ts,value,label\n" + "".join(f"{t},{v},{x}\n" for t, v, x in rows))
    names = ("random", "squared_difference", "random")
    asked = [f"baseline:{name}" for name in names]
    page = tmp_path / "page.html"
    write_report(ReportRequest([f"csv:{tmp_path}"], page, asked[0], asked[1:]), Console(quiet=True))
    head, *body = re.findall(r"<tr>.*?</tr>", page.read_text(), re.DOTALL)
    assert re.findall("<th>(.*?)</th>", head) == ["figure", "random", "squared_difference"]
    assert body[0].count("<td>") == 3


def test_names_are_text_whatever_is_in_them() -> None:
    one = series("<script>alert(1)</script>", (200, 220))
    figure = Estimate(0.5, 0.4, 0.6, 1, 1)
    row = SeriesReport(one.name, 950, 1, 10, 0.5, 0.5, 0.02, float("nan"), count_events(one, []), one.name)
    picture = Picture(one.name, "text", "data:,")
    section = Section(one.name, 1, 1000, figure, {"vus_pr": [figure]}, [], [("Hits", [picture])], [row])
    page = render([one.name], [section], Conditions(dtype="bfloat16"), provenance())
    assert f"hop 1, while calm {CALM_HOP}, the backbone in bfloat16." in page
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 4
    assert "<td>-</td>" in page
