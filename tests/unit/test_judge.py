"""What coarse windows add to scores, and when challengers believe them."""

import numpy as np
import pytest
from streams import SPEC

from spear_stream.core.judge import Judge, either
from spear_stream.core.likelihood import YOUNG
from spear_stream.core.quantizer import NOVELTY

NEW_CODE = SPEC.bins


def window(*, coarse: bool) -> np.ndarray:
    """Full, its newest point entirely new."""
    windows = np.zeros(1, SPEC.dtype)
    windows["coarse"], windows["fresh"], windows["points"] = coarse, 1, SPEC.length
    windows["codes"][:, :, NOVELTY] = NEW_CODE
    return windows


def score(judge: Judge, logit: float, *, coarse: bool = False) -> float:
    windows, logits = window(coarse=coarse), np.full(1, logit, np.float32)
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return float(judge.update(windows, logits, probability, np.zeros(1, np.uint32))[0])


def ready(learns_first: int = 0) -> Judge:
    judge = Judge(SPEC, learns_first=learns_first)
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


def test_what_the_points_have_told_is_no_news_and_the_next_block_is() -> None:
    judge = ready()
    assert score(judge, 9.0) > 0.7
    score(judge, 9.0, coarse=True)
    assert score(judge, -4.0) < 0.2
    score(judge, 9.0, coarse=True)
    assert score(judge, -4.0) > 0.3


def test_either_is_what_neither_denies() -> None:
    assert either(np.array([0.0, 0.5, 1.0]), np.array([0.3, 0.5, 0.3])).tolist() == [0.3, 0.75, 1.0]
