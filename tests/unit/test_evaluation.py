"""The report of a detector on a corpus."""

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from msgspec.json import encode

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets.series import LabelledSeries, Span, mark, runs, sha256_of
from trainer.evaluation import evaluate

POINTS, PROBATION, MINUTE = 400, 60, 60_000


def series(name: str, *windows: Span) -> LabelledSeries:
    value = np.random.default_rng(len(name)).normal(size=POINTS) + sum(map(ord, name))
    return LabelledSeries(name, np.arange(POINTS) * MINUTE, value, mark(POINTS, windows), PROBATION, windows)


@pytest.fixture
def corpus() -> list[LabelledSeries]:
    return [series("cpu", (100, 119), (300, 319)), series("disk", (200, 239)), series("calm")]


@pytest.fixture
def perfect(corpus: list[LabelledSeries]) -> dict[str, np.ndarray]:
    return {one.name: one.label.astype(float) for one in corpus}


def alerts_of(corpus: list[LabelledSeries], scores: dict[str, np.ndarray]) -> dict[str, tuple[Span, ...]]:
    return {
        one.name: tuple((start * MINUTE, end * MINUTE) for start, end in runs(scores[one.name] >= 0.5))
        for one in corpus
    }


def test_a_perfect_detector(corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]) -> None:
    report = evaluate(corpus, perfect, alerts_of(corpus, perfect))
    values = {name: estimate.value for name, estimate in report.figures.items()}
    assert next(iter(values)) == "vus_pr"
    ones = ("auc_pr", "auc_roc", "event_f1", "event_precision", "event_recall")
    assert [values[name] for name in ones] == [1.0] * len(ones)
    nab = [value for name, value in values.items() if name.startswith("nab_")]
    assert nab == pytest.approx([100, 100, 100])
    assert values["false_alarms_per_series_day"] == values["median_delay_seconds"] == 0
    assert values["share_of_points_in_alert"] == pytest.approx(80 / (3 * (POINTS - PROBATION)))


def test_series_without_anomalies_are_left_out_of_the_means_and_counted(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    report = evaluate(corpus, perfect, alerts_of(corpus, perfect))
    assert report.without_anomalies == 1
    assert report.figures["vus_pr"].series == 2
    assert report.figures["event_f1"].series == 3
    assert math.isnan(report.series[2].vus_pr)
    assert report.figures["vus_pr"].value == np.mean([one.vus_pr for one in report.series[:2]])


def test_a_false_alarm_in_a_calm_series_costs(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    alerts = alerts_of(corpus, perfect) | {"calm": [(200 * MINUTE, 210 * MINUTE)]}
    figures = evaluate(corpus, perfect, alerts).figures
    assert figures["event_precision"].value == pytest.approx(3 / 4)
    assert figures["event_precision"].low <= 3 / 4 <= figures["event_precision"].high


def test_without_alerts_there_are_no_event_figures(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    report = evaluate(corpus, perfect)
    assert not [name for name in report.figures if name.startswith(("event", "false", "median", "share"))]
    assert report.series[0].events is None


def test_only_the_nab_profiles_go_by_detections(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    plain = evaluate(corpus, perfect).figures
    silent = {name: np.zeros(POINTS) for name in perfect}
    changed = evaluate(corpus, perfect, detections=silent).figures
    assert {name for name in plain if plain[name] != changed[name]} == {
        name for name in plain if name.startswith("nab_")
    }


def test_scores_of_the_probation_change_nothing(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    other = {
        name: np.concatenate((np.full(PROBATION, 9.0), score[PROBATION:])) for name, score in perfect.items()
    }
    assert encode(evaluate(corpus, other)) == encode(evaluate(corpus, perfect))


def test_json_holds_every_figure_and_null_for_the_undefined(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    report = evaluate(corpus, perfect, alerts_of(corpus, perfect))
    read = json.loads(encode(report))
    assert list(read["figures"]) == list(report.figures)
    assert read["figures"]["nab_standard"]["value"] == pytest.approx(100)
    assert read["series"][2]["vus_pr"] is None
    assert read["series"][0]["events"]["detected"] == 2


def test_what_is_not_labelled_is_undefined() -> None:
    report = evaluate([series("calm")], {"calm": np.zeros(POINTS)})
    assert str(report.figures["vus_pr"]) == "undefined"
    assert report.figures["vus_pr"].series == 0


@pytest.mark.parametrize("listed", [lambda one: one.name, lambda one: sha256_of(one.value)])
def test_what_was_trained_on_is_refused(
    corpus: list[LabelledSeries],
    perfect: dict[str, np.ndarray],
    listed: Callable[[LabelledSeries], str],
) -> None:
    with pytest.raises(ConfigError, match=r"disk.*trained|trained.*disk"):
        evaluate(corpus, perfect, trained_on=["other", listed(corpus[1])])


def test_what_was_not_trained_on_is_accepted(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray]
) -> None:
    assert evaluate(corpus, perfect, trained_on=["dis", sha256_of(series("network").value)]).series


@pytest.mark.parametrize(
    "score", [np.zeros(POINTS - 1), np.full(POINTS, np.nan), None], ids=["short", "nan", "missing"]
)
def test_scores_that_do_not_fit_are_refused(
    corpus: list[LabelledSeries], perfect: dict[str, np.ndarray], score: np.ndarray | None
) -> None:
    scores = {name: given for name, given in (perfect | {"disk": score}).items() if given is not None}
    with pytest.raises(InputError, match="series disk: expected 400 finite scores"):
        evaluate(corpus, scores)


def test_two_series_of_one_name_are_refused(perfect: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError, match="2 series named cpu"):
        evaluate([series("cpu"), series("cpu")], perfect)


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(InputError, match="no series"):
        evaluate([], {})
