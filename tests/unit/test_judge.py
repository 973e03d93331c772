"""What coarse windows add to scores, and when challengers believe them."""

import numpy as np
import pytest
from scipy.special import expit
from streams import SPEC, make_detector

from spear_stream.core.coarse import BLOCK, EARLIER
from spear_stream.core.evidence import FAMILIAR_MEANS, MOVED
from spear_stream.core.judge import REMEMBERED, Judge, either
from spear_stream.core.likelihood import YOUNG
from spear_stream.core.quantizer import LEVEL, NOVELTY
from spear_stream.core.records import ModelInfo
from spear_stream.core.shadow import ShadowBook

NEW_CODE = SPEC.bins


def window(*, coarse: bool, block: int, since: int) -> np.ndarray:
    """Full, its newest point entirely new."""
    windows = np.zeros(1, SPEC.dtype)
    windows["coarse"], windows["fresh"], windows["points"] = coarse, 1, SPEC.length
    windows["block"], windows["since"] = block, since
    windows["codes"][:, :, NOVELTY] = NEW_CODE
    return windows


def score(judge: Judge, logit: float, *, coarse: bool = False, block: int = 1, since: int = 3) -> float:
    windows, logits = window(coarse=coarse, block=block, since=since), np.full(1, logit, np.float32)
    return float(judge.update(windows, logits, expit(logits), np.zeros(1, np.uint32))[0])


def ready(learns_first: int = 0, block: int = BLOCK) -> Judge:
    judge = Judge(SPEC, block, hop=1, learns_first=learns_first)
    for table in judge.tables.values():
        table.resize(1)
    return judge


def test_a_coarse_window_has_no_score_and_raises_that_of_the_points() -> None:
    judge = ready()
    assert score(judge, -4.0) < 0.05
    assert np.isnan(score(judge, 9.0, coarse=True))
    assert score(judge, -4.0) > 0.5


@pytest.mark.parametrize(("known", "believed"), [(YOUNG - 2, False), (YOUNG - 1, False), (YOUNG, True)])
def test_the_first_coarse_windows_of_a_challenger_only_calibrate(known: int, believed: bool) -> None:
    judge = ready(learns_first=YOUNG)
    for _ in range(known):
        score(judge, -4.0, coarse=True)
    score(judge, 9.0, coarse=True)
    assert (score(judge, -4.0) > 0.3) == believed


def test_the_first_coarse_window_of_a_series_in_the_shadow_raises_nothing() -> None:
    book = ShadowBook(make_detector(), lambda _: ModelInfo("challenger", "b"))
    book.enrol(np.zeros(1, np.intp), np.ones(1, np.intp))
    points, means = window(coarse=False, block=1, since=3), window(coarse=True, block=1, since=0)
    for _ in range(YOUNG):
        book.judge(points, np.full(1, -4.0, np.float32))
    book.judge(means, np.full(1, 9.0, np.float32))
    judged = book.judge(points, np.full(1, -4.0, np.float32))
    assert judged.ready[0]
    assert judged.score[0] < 0.05


def test_what_the_points_have_told_is_no_news_nor_is_the_way_back_and_what_follows_is() -> None:
    judge, untold = ready(), ready()
    assert score(judge, 9.0, block=1) > 0.7
    for later, block in enumerate(range(2, 8)):
        news, shown = (raised(one, block) for one in (judge, untold))
        assert news == pytest.approx(shown * (1 - 0.8**later), abs=0.01), block


def raised(judge: Judge, block: int) -> float:
    """The score of calm points behind a sure coarse window."""
    score(judge, 9.0, coarse=True, block=block)
    return score(judge, -4.0, block=block)


@pytest.mark.parametrize(("since", "news"), [(0, 1 - REMEMBERED), (1, 0.0)])
def test_the_last_point_of_a_block_tells_of_that_block_and_less_of_the_next(since: int, news: float) -> None:
    judge, untold = ready(), ready()
    shown = [raised(untold, block) for block in (1, 2)]
    score(judge, 9.0, coarse=True, block=1)
    assert score(judge, 9.0, block=1, since=since) > 0.9
    assert (score(judge, -4.0, block=1, since=since + 1) < 0.2) == (since == 0), "its own block"
    score(judge, 9.0, coarse=True, block=2)
    assert score(judge, -4.0, block=2, since=0) == pytest.approx(news * shown[1], abs=0.01), "the next one"


def test_a_window_is_full_with_as_many_means_as_its_blocks_have() -> None:
    few, full = window(coarse=True, block=1, since=0), window(coarse=True, block=1, since=0)
    few["points"] = SPEC.length // 2
    shown = []
    for block, means in ((BLOCK, full), (BLOCK, few), (EARLIER, few)):
        judge = ready(block=block)
        judge.update(means, np.full(1, 9.0, np.float32), np.ones(1, np.float32), np.zeros(1, np.uint32))
        shown.append(score(judge, -4.0))
    assert shown[0] == shown[2] > shown[1]


def test_a_coarse_window_that_is_not_the_last_one_due_shows_nothing() -> None:
    judge = ready()
    score(judge, 9.0, coarse=True, block=1)
    assert score(judge, -4.0, block=2) < 0.05
    assert score(judge, -4.0, block=0) < 0.05


def test_familiar_means_raise_the_points_to_an_alert_and_no_further() -> None:
    judge = ready()
    own = score(judge, -4.0)
    windows = window(coarse=True, block=1, since=0)
    windows["codes"][:, :, NOVELTY] = 1 + SPEC.bins // 2
    judge.update(windows, np.full(1, 40.0, np.float32), np.ones(1, np.float32), np.zeros(1, np.uint32))
    assert score(judge, -4.0) == pytest.approx(
        either(np.array([own]), np.array([FAMILIAR_MEANS]))[0], abs=0.01
    )


def test_what_lasts_is_no_chance_beside_that_of_the_means() -> None:
    judge, windows = ready(), window(coarse=False, block=1, since=3)
    score(judge, 2.0, coarse=True)
    windows["shift"] = 100.0
    logits = np.full(1, -4.0, np.float32)
    raised = score(judge, -4.0)
    both = judge.update(windows, logits, np.full(1, 0.02, np.float32), np.zeros(1, np.uint32))[0]
    assert both == pytest.approx(max(raised, MOVED), abs=0.02)


def test_the_side_is_that_of_the_farthest_new_mean() -> None:
    judge, windows = ready(), window(coarse=True, block=1, since=0)
    windows["fresh"] = 2
    windows["codes"][0, -2:, LEVEL] = SPEC.bins, SPEC.bins // 2 - 4
    windows["codes"][0, -3, LEVEL] = 1
    judge.update(windows, np.full(1, 9.0, np.float32), np.ones(1, np.float32), np.zeros(1, np.uint32))
    point = window(coarse=False, block=1, since=3)
    judge.update(point, np.full(1, -4.0, np.float32), np.zeros(1, np.float32), np.zeros(1, np.uint32))
    assert point["leaning"][0] > 0


def test_another_checkpoint_calibrates_the_means_anew() -> None:
    judge = ready()
    for mark, seen in ((1, 1), (1, 2), (2, 2)):
        windows = window(coarse=True, block=1, since=0)
        judge.update(
            windows, np.zeros(1, np.float32), np.full(1, 0.5, np.float32), np.full(1, mark, np.uint32)
        )
        assert judge.tables["coarse_likelihood"]["seen"][0] == seen


def test_either_is_what_neither_denies() -> None:
    assert either(np.array([0.0, 0.5, 1.0]), np.array([0.3, 0.5, 0.3])).tolist() == [0.3, 0.75, 1.0]
