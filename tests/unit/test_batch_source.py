"""Batches that other processes make ahead are those that one process makes, and nobody is left behind."""

import multiprocessing
import os
import signal
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.errors import SpearError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.prompt import PromptShape
from trainer import batch_source
from trainer.batch_source import MOST_MAKERS, BatchSource, divided
from trainer.batches import CHUNK, BatchPlan, make_batch
from trainer.plan import TrainingPlan
from trainer.training import Tuner

SPEC = WindowSpec(length=64)
PLAN = BatchPlan(series=2, windows_per_series=2, points=128)
SOURCE = BatchSource(SPEC, PLAN, seed=3, held_out_seed=3)


@pytest.mark.parametrize("makers", [0, 1, 2])
@pytest.mark.parametrize("steps", [range(3), range(5, 40), range(CHUNK, 2 * CHUNK)])
def test_the_batches_are_those_of_their_steps_whoever_makes_them(steps: range, makers: int) -> None:
    with SOURCE.training(steps, makers) as batches:
        made = list(islice(batches, len(steps)))
    assert len(made) == len(steps)
    for step, batch in zip(steps, made, strict=True):
        np.testing.assert_array_equal(batch.codes, make_batch(SPEC, PLAN, 3, step).codes)


def test_a_run_that_stops_leaves_no_process_behind() -> None:
    with SOURCE.training(range(1000), 2) as batches:
        next(batches)
        assert len(multiprocessing.active_children()) == 2
    assert not multiprocessing.active_children()


def test_a_maker_that_is_killed_ends_the_run_with_the_cure() -> None:
    def train() -> None:
        with SOURCE.training(range(10_000), 1) as batches:
            next(batches)
            (maker,) = multiprocessing.active_children()
            os.kill(maker.pid or 0, signal.SIGKILL)
            for _ in batches:
                pass

    with pytest.raises(SpearError, match=r"makes batches .* was killed .*the same command"):
        train()


def test_another_error_of_a_run_passes_as_it_is() -> None:
    def train() -> None:
        with SOURCE.training(range(9), 1):
            raise RuntimeError("elsewhere")

    with pytest.raises(RuntimeError, match=r"^elsewhere$"):
        train()


def test_training_learns_the_same_whoever_makes_its_batches(tmp_path: Path) -> None:
    plan = TrainingPlan(steps=20, validate_every=20, validation_batches=1)

    def losses(makers: int) -> list[float]:
        tuner = Tuner(load_backbone("none"), SPEC, PromptShape(prompts=2), PLAN, plan, makers=makers)
        seen: list[float] = []
        tuner.fit(tmp_path / str(makers), lambda done: seen.append(done.loss))
        return seen

    assert losses(0) == losses(2)


@pytest.mark.parametrize(
    ("cores", "threads", "processes", "expected"),
    [
        (1, None, 1, (1, 0)),
        (2, None, 1, (1, 1)),
        (2, 2, 1, (2, 0)),
        (2, None, 2, (1, 0)),
        (2, None, 4, (1, 0)),
        (5, None, 1, (3, 2)),
        (4, 8, 1, (8, 0)),
        (64, 4, 1, (4, MOST_MAKERS)),
    ],
)
def test_cores_train_or_make_batches(
    cores: int,
    threads: int | None,
    processes: int,
    expected: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_source, "cpu_count", lambda: cores)
    assert divided(threads, processes) == expected
