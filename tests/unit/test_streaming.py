"""A corpus through the daemon's core: no look-ahead, every point has a score."""

import numpy as np
import pytest

from spear_stream.core.likelihood import Likelihood
from spear_stream.core.spec import WindowSpec
from trainer.datasets.series import LabelledSeries
from trainer.judging import baseline
from trainer.streaming import GivenLogits, RarityAlone, Streamed, stream

SPEC = WindowSpec(length=16, patch=8, min_points=4, recent=4)
MINUTE = 60_000


def series(name: str, points: int, seed: int = 0) -> LabelledSeries:
    value = np.random.default_rng(seed).normal(size=points)
    return LabelledSeries(name, np.arange(points) * MINUTE, value, np.zeros(points, bool), 0, ())


def run(corpus: list[LabelledSeries], logits: np.ndarray, hop: int = 1) -> Streamed:
    return stream(corpus, GivenLogits("given", logits), SPEC, hop, evidence=RarityAlone(SPEC))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


@pytest.fixture
def corpus() -> list[LabelledSeries]:
    return [series("long", 700, 1), series("short", 30, 2), series("middle", 400, 3)]


@pytest.fixture
def logits() -> np.ndarray:
    return np.random.default_rng(4).normal(-4, 1, 1130)


def test_every_point_has_the_score_of_its_own_window(
    corpus: list[LabelledSeries], logits: np.ndarray
) -> None:
    found = run(corpus, logits)
    assert [len(found.model[one.name]) for one in corpus] == [700, 30, 400]
    np.testing.assert_allclose(found.model["short"][3:], sigmoid(logits[700:730])[3:], rtol=1e-5)
    assert found.windows == 1130 - 3 * (SPEC.min_points - 1)


def test_warming_up_scores_zero(corpus: list[LabelledSeries], logits: np.ndarray) -> None:
    found = run(corpus, logits)
    assert all((found.model[one.name][:3] == 0).all() for one in corpus)
    assert all((found.score[one.name][:3] == 0).all() for one in corpus)


def test_scores_are_calibrated_per_series(corpus: list[LabelledSeries], logits: np.ndarray) -> None:
    found = run(corpus, logits)
    likelihood = Likelihood()
    likelihood.table.resize(1)
    expected = [likelihood.update(np.array([0]), np.float32([z]))[0] for z in logits[3:700]]
    np.testing.assert_allclose(found.score["long"][3:], expected)


def test_series_change_nothing_for_each_other(corpus: list[LabelledSeries], logits: np.ndarray) -> None:
    together = run(corpus, logits)
    alone = run(corpus[2:], logits[730:])
    np.testing.assert_array_equal(together.score["middle"], alone.score["middle"])
    assert together.alerts["middle"] == alone.alerts["middle"]


def test_between_two_hops_the_last_score_holds(corpus: list[LabelledSeries], logits: np.ndarray) -> None:
    """It is that of the highest point since the one before, as of a checkpoint."""
    found = run(corpus, logits, hop=5).model["long"]
    assert (found[:4] == 0).all()
    expected = sigmoid(logits[:10].reshape(2, 5).max(axis=1))
    np.testing.assert_allclose(found[4:14], np.repeat(expected, 5), rtol=1e-5)


@pytest.mark.parametrize("hop", [1, 4])
def test_a_baseline_finds_a_spike_wherever_it_lies_between_two_hops(hop: int) -> None:
    corpus = [series(str(at), 700, at) for at in range(600, 608)]
    for at, one in enumerate(corpus, 600):
        one.value[at] += 30
    found = stream(
        corpus, baseline("squared_difference").scorer(corpus), SPEC, hop, evidence=RarityAlone(SPEC)
    )
    assert {name for name, alerts in found.alerts.items() if alerts} == {one.name for one in corpus}


def test_a_late_point_has_the_score_of_the_one_before_it(logits: np.ndarray) -> None:
    one = series("late", 50)
    one.ts[20] = one.ts[10]
    found = run([one], logits[:50]).model["late"]
    assert found[20] == found[19]
    assert found[21] != found[20]


def test_between_two_hops_refused_points_are_not_counted(logits: np.ndarray) -> None:
    one = series("late", 50)
    one.ts[17:19] = one.ts[10]
    logits = np.where(np.arange(50) == 15, 9.0, -4.0)
    logits[17] = 8.0  # which is refused, so it tells nothing
    scorer = GivenLogits("given", logits, one.is_in_order)
    found = stream([one], scorer, SPEC, 4, evidence=RarityAlone(SPEC)).model["late"]
    assert found[15] == pytest.approx(sigmoid(np.array(9.0)))
    assert found[21] == pytest.approx(sigmoid(np.array(-4.0)))


def test_alerts_are_those_of_the_daemon(corpus: list[LabelledSeries]) -> None:
    logits = np.full(1130, -4.0)
    logits[300:305] = 12.0
    logits[1120:] = 12.0
    alerts = run(corpus, logits).alerts
    assert alerts == {
        "long": [(300 * MINUTE, 304 * MINUTE)],
        "short": [],
        "middle": [(390 * MINUTE, alerts["middle"][0][1])],
    }
    assert 390 * MINUTE <= alerts["middle"][0][1] <= 399 * MINUTE


def test_progress_goes_up_to_the_number_of_points(corpus: list[LabelledSeries], logits: np.ndarray) -> None:
    seen: list[int] = []
    stream(corpus, GivenLogits("given", logits), SPEC, report=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1130
