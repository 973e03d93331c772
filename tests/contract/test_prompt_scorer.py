"""What every core.control.PromptScorer does: prompts come and go while it scores."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from e2e.tiny import save_tiny
from streams import SETTINGS, batch, make_detector, quiet, rows

from spear_stream.core.control import Artefact, PromptScorer
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.errors import CheckpointError
from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint
from spear_stream.model.scorer import FrozenScorer
from spear_stream.testing import PromptedStepScorer


@dataclass(frozen=True)
class Made:
    scorer: PromptScorer
    artefacts: tuple[Artefact, Artefact]
    """Of the names one and two."""


def frozen(folder: Path) -> Made:
    base = FrozenScorer(load_backbone("none"), [load_checkpoint(save_tiny(folder / "base", "base"))])
    folders = [save_tiny(folder / name, name) for name in ("one", "two")]
    one, two = (Artefact((f / MANIFEST).read_bytes(), (f / TENSORS).read_bytes()) for f in folders)
    return Made(base, (one, two))


def stepping(folder: Path) -> Made:
    return Made(PromptedStepScorer(WindowSpec()), (Artefact(b"one", b"1"), Artefact(b"two", b"2")))


@pytest.fixture(params=[frozen, stepping], ids=lambda make: make.__name__)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    make: Callable[[Path], Made] = request.param
    return make(tmp_path)


@pytest.fixture(scope="module")
def windows() -> StructArray:
    settings = DetectorSettings(WindowSpec(), SETTINGS.policy, max_future_ms=None)
    return make_detector(settings).observe(batch(rows({"a": quiet(60, {50: 30.0})})), 0).windows


def scored_by(scorer: PromptScorer, windows: StructArray, prompts: list[int]) -> list[float]:
    given = windows.copy()
    given["prompt"] = np.resize(prompts, len(windows))
    return [float(logit) for logit in scorer.score(given)]


def test_prompts_of_one_batch_score_as_they_do_alone(made: Made, windows: StructArray) -> None:
    one, two = map(made.scorer.adopt, made.artefacts)
    assert len({0, one, two}) == 3
    assert [made.scorer.describe(p).checkpoint.split("-")[0] for p in (one, two)] == ["one", "two"]
    alone = {p: scored_by(made.scorer, windows, [p]) for p in (0, one, two)}
    mixed = scored_by(made.scorer, windows, [two, 0, one])
    order = np.resize([two, 0, one], len(windows)).tolist()
    assert mixed == [alone[p][row] for row, p in enumerate(order)]


def test_what_is_refused_leaves_all_as_it_was(made: Made, windows: StructArray) -> None:
    one = made.scorer.adopt(made.artefacts[0])
    before = scored_by(made.scorer, windows, [0, one])
    with pytest.raises(CheckpointError):
        made.scorer.adopt(Artefact(b"junk", b"junk"))
    assert scored_by(made.scorer, windows, [0, one]) == before


def test_a_released_prompt_is_gone_and_the_others_stay(made: Made, windows: StructArray) -> None:
    one, two = map(made.scorer.adopt, made.artefacts)
    before = scored_by(made.scorer, windows, [0, two])
    made.scorer.release(one)
    with pytest.raises(KeyError):
        made.scorer.describe(one)
    assert scored_by(made.scorer, windows, [0, two]) == before
