"""Batches that other processes make ahead are those that one process makes, and nobody is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from e2e.daemon import wait_until
from makers import makers

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import load_backbone
from spear_stream.model.prompt import PromptShape
from trainer import batch_makers
from trainer.batch_makers import MOST_MAKERS, WORTH_A_MAKER, MakerLost, divided, made_ahead
from trainer.batch_source import BatchSource
from trainer.batches import CHUNK, BatchPlan, make_batch
from trainer.datasets.series import LabelledSeries
from trainer.datasets.splits import split_by_series
from trainer.plan import TrainingPlan
from trainer.real import RealSeries
from trainer.training import Progress, Tuner
from trainer.training_data import TrainingData

SPEC = WindowSpec(length=64)
PLAN = BatchPlan(series=2, windows_per_series=2, points=128)
SOURCE = BatchSource(SPEC, PLAN, seed=3, held_out_seed=3)


def ended(process: psutil.Process) -> bool:
    """Whether it is gone, or nobody has asked how it ended."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_batches_are_those_of_their_steps_whoever_makes_them(count: int) -> None:
    steps = range(5, 40)
    with SOURCE.training(steps, count) as batches:
        made = [next(batches)]
        assert len(makers()) == count
        made += batches
    assert len(made) == len(steps)
    for step, batch in zip(steps, made, strict=True):
        np.testing.assert_array_equal(batch.codes, make_batch(SPEC, PLAN, 3, step).codes)


@pytest.mark.parametrize(
    ("steps", "count"), [(range(0), 1), (range(3), 0), (range(CHUNK, 2 * CHUNK), 0), (range(7, 9), 0)]
)
def test_there_are_as_many_as_steps(steps: range, count: int) -> None:
    with SOURCE.training(steps, count) as batches:
        assert len(list(batches)) == len(steps)


def test_real_series_are_taken_by_makers_too() -> None:
    ts = np.arange(300, dtype=np.int64) * 1000
    real = LabelledSeries("one", ts, np.sin(ts / 9000), np.zeros(300, np.bool_), 0, ())
    data = TrainingData(RealSeries([real]), None, (), "")
    source = replace(SOURCE, plan=replace(PLAN, real_share=1.0), data=data)
    with source.training(range(3), 1) as batches:
        made = list(batches)
    for step, batch in enumerate(made):
        expected = make_batch(SPEC, source.plan, 3, step, data.train)
        np.testing.assert_array_equal(batch.codes, expected.codes)


def test_a_run_that_stops_leaves_no_process_behind() -> None:
    with SOURCE.training(range(1000), 2) as batches:
        next(batches)
        assert makers()
    assert not makers()


def test_what_goes_wrong_in_a_maker_is_told_as_if_it_were_here() -> None:
    refused = partial(split_by_series, [], 2.0)  # importable in the maker, whatever this module is called
    with (
        made_ahead(refused, range(3), 1) as made,
        pytest.raises(ConfigError, match=r"^the held-out share must"),
    ):
        next(made)


def test_signals_for_the_whole_group_are_for_the_training_alone() -> None:
    with SOURCE.training(range(100), 1) as batches:
        next(batches)
        for number in (signal.SIGINT, signal.SIGTERM):
            makers()[0].send_signal(number)
        assert len(list(batches)) == 99


def test_a_maker_that_is_killed_ends_the_run_and_nothing_is_lost(tmp_path: Path) -> None:
    plan = TrainingPlan(steps=20_000, validate_every=20_000, validation_batches=1)
    run = Tuner(load_backbone("none"), SPEC, PromptShape(prompts=2), PLAN, plan, makers=1)
    with pytest.raises(MakerLost, match=r"ended unexpectedly .* the same command, without --fresh, goes on"):
        run.fit(tmp_path, lambda done: makers()[0].kill() if done.step == 3 else None)
    assert run.step >= 3
    again = Tuner(load_backbone("none"), SPEC, PromptShape(prompts=2), PLAN, plan)
    again._resume(tmp_path)
    assert again.step == run.step


TRAINING = """
import time
from spear_stream.core.spec import WindowSpec
from trainer.batch_source import BatchSource
from trainer.batches import BatchPlan

if __name__ == "__main__":
    source = BatchSource(WindowSpec(length=64), BatchPlan(series=2, points=128), seed=3, held_out_seed=3)
    with source.training(range(100_000), 2) as batches:
        next(batches)
        print("ready", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with two makers that are far ahead of what it reads."""
    script = tmp_path / "train.py"
    script.write_text(TRAINING)
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        yield process
        process.kill()


def test_makers_end_with_a_training_that_is_killed(training: "subprocess.Popen[bytes]") -> None:
    assert training.stdout is not None
    assert training.stdout.readline() == b"ready\n"
    started = makers(training.pid)
    assert len(started) == 2
    training.kill()
    wait_until(lambda: all(map(ended, started)), lambda: started, patience=30)


def test_training_learns_the_same_whoever_makes_its_batches(tmp_path: Path) -> None:
    plan = TrainingPlan(steps=20, validate_every=20, validation_batches=1)

    def losses(count: int) -> list[float]:
        run = Tuner(load_backbone("none"), SPEC, PromptShape(prompts=2), PLAN, plan, makers=count)
        seen: list[float] = []
        at_work = set[int]()

        def report(done: Progress) -> None:
            seen.append(done.loss)
            at_work.add(len(makers()))

        run.fit(tmp_path / str(count), report)
        assert at_work == {count}
        return seen

    assert losses(0) == losses(2)


@pytest.mark.parametrize(
    ("cores", "threads", "processes", "steps", "expected"),
    [
        (1, None, 1, 9999, (1, 0)),
        (2, None, 1, 9999, (1, 1)),
        (2, None, 1, WORTH_A_MAKER - 1, (2, 0)),
        (8, None, 1, 2 * WORTH_A_MAKER, (6, 2)),
        (2, 2, 1, 9999, (2, 0)),
        (2, None, 2, 9999, (1, 0)),
        (2, None, 4, 9999, (1, 0)),
        (5, None, 1, 9999, (3, 2)),
        (4, 8, 1, 9999, (8, 0)),
        (64, None, 1, 9999, (64 - MOST_MAKERS, MOST_MAKERS)),
        (64, 4, 1, 9999, (4, MOST_MAKERS)),
        (64, None, 16, 9999, (2, 2)),
    ],
)
def test_cores_train_or_make_batches(
    cores: int,
    threads: int | None,
    processes: int,
    steps: int,
    expected: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_makers, "cpu_count", lambda: cores)
    assert divided(threads, processes, steps) == expected
