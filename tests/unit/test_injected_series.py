"""Series with one injected anomaly, and which alerts are about it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench_cold_start import PREVALENCE, SPANS, auc_pr, corpus_of, draw, measure
from bench_kinds import called
from bench_kinds import measure as kinds
from messages import CLOSED, OPENED

from spear_stream.core.kinds import KINDS
from spear_stream.core.records import AlertEvent
from trainer.injected_series import LATE_POINTS, InjectedSeries, answers, injected, types_within
from trainer.injection import TYPES
from trainer.streaming import Streamed

POINTS, STARTS = 384, range(160, 256)
LATE_STARTS = range(256, 384)


@pytest.fixture(scope="module")
def spike() -> InjectedSeries:
    return injected("spike", (1, 0), POINTS, STARTS)


def alert(one: InjectedSeries, point: int, *kinds: str) -> list[AlertEvent]:
    """An alert that opens at a point; one event for each kind."""
    ts, name = int(one.series.ts[point]), f"{one.series.name}@{point}"
    return [
        replace(event, alert_id=name, series=one.series.name, started_at=ts, kind=kind)
        for event, kind in zip((OPENED, CLOSED), kinds, strict=False)
    ]


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_injected_once_and_where_it_should_be(name: str) -> None:
    starts = STARTS if name in types_within(STARTS) else LATE_STARTS
    points = starts.stop + 128
    one, again = (injected(name, (1, 0), points, starts) for _ in range(2))
    first, last = one.span
    assert first in starts
    assert np.flatnonzero(~one.normal).tolist() == list(range(first, last + 1))
    assert one.series.label.any()
    assert one.kind in KINDS
    np.testing.assert_array_equal(one.series.value, again.series.value)
    assert not one.series.fingerprints & injected(name, (2, 0), points, starts).series.fingerprints


def test_a_type_that_needs_more_points_before_it_is_refused_and_not_drawn_for_ever() -> None:
    assert set(TYPES) - set(types_within(STARTS)) == {"contextual"}
    assert types_within(LATE_STARTS) == tuple(TYPES)
    with pytest.raises(ValueError, match="contextual cannot be seen before point 256"):
        injected("contextual", (1, 0), POINTS, STARTS)


def test_an_alert_belongs_to_the_anomaly_that_it_opens_in_or_shortly_behind(spike: InjectedSeries) -> None:
    first, last = spike.span
    for point in (first, last, last + LATE_POINTS):
        (found,) = answers([spike], alert(spike, point, "spike", "shift"))
        assert [event.kind for event in found.events] == ["spike", "shift"]
        assert not found.false_alarms
    for point in (first - 1, last + LATE_POINTS + 1):
        (found,) = answers([spike], alert(spike, point, "spike"))
        assert not found.events
        assert len(found.false_alarms) == 1


def test_kinds_are_those_of_the_first_alert_at_its_opening_and_at_last(spike: InjectedSeries) -> None:
    first, last = spike.span
    events = (
        alert(spike, first, "shift", "spike") + alert(spike, last + 1, "trend") + alert(spike, 9, "pattern")
    )
    missed = injected("dip", (1, 0), POINTS, STARTS)
    found = kinds(answers([spike, missed], events))
    assert (found["injected"], found["found"], found["false_alarms"]) == (2, 1, 1)
    assert found["opened"]["confusion"]["spike"]["shift"] == 1
    assert found["last"]["kinds"]["spike"]["f1"] == 1.0
    assert found["types"]["spike"]["called"]["spike"] == 1
    assert (found["types"]["dip"]["injected"], found["types"]["dip"]["found"]) == (1, 0)


def test_a_kind_that_is_never_told_counts_in_the_macro_f1() -> None:
    found = called([("spike", "spike"), ("spike", "spike"), ("pattern", "spike")])
    assert found["macro_f1"] == pytest.approx((0.8 + 4 * 0.0) / len(KINDS))
    assert found["kinds"]["pattern"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "found": 1}
    assert called([])["macro_f1"] == 0.0


def test_chance_has_the_prevalence_and_a_perfect_score_has_one() -> None:
    assert auc_pr(np.ones(5), np.zeros(300)) == 1.0
    draws = np.random.default_rng(0).random(20_000)
    assert auc_pr(draws[:5000], draws[5000:]) == pytest.approx(PREVALENCE, abs=0.01)


@pytest.mark.parametrize("span", SPANS)
def test_a_perfect_detector_is_perfect_at_every_age(span: range) -> None:
    corpus = corpus_of(span, 1, 0)
    assert all(one.span[0] in span for one in corpus)
    score = {one.series.name: (~one.normal).astype(float) for one in corpus}
    events = [event for one in corpus for event in alert(one, one.span[0], "spike")]
    events += alert(corpus[0], span.start - 8, "spike")  # younger than the span
    figures = measure(corpus, Streamed({}, score, {}, events, 0), span)
    assert (figures["found"], figures["auc_pr"]) == (1.0, 1.0)
    assert figures["false_alarms_per_1000_points"] == 0.0


def test_the_picture_is_drawn_and_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [
        {"detector": name, "from": span.start, "to": span.stop, "auc_pr": 0.5, "found": 0.4}
        for name in ("mine", "random")
        for span in SPANS
    ]
    drawn = [tmp_path / "new" / name for name in ("a.png", "b.png")]
    for path in drawn:
        draw(rows, path)
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
    assert drawn[0].read_bytes().startswith(b"\x89PNG")
