"""Prompt tuning: it learns, leaves the backbone alone, and can be stopped at any time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone, load_backbone, tensor_digest
from spear_stream.model.prompt import PromptShape
from trainer.batches import BatchPlan, make_batch
from trainer.objective import share_of_loss
from trainer.plan import TrainingPlan
from trainer.resume import RESUME_FILE, TrainingInterrupted
from trainer.training import Progress, Tuner

BATCHES = BatchPlan(series=3, windows_per_series=4, points=256)
PLAN = TrainingPlan(steps=12, warmup=2, validate_every=4, validation_batches=2, learning_rate=2e-3)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums in one order, whatever the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("minilm-l6", layers=1)


def tuner(backbone: Backbone, plan: TrainingPlan = PLAN, shape: PromptShape | None = None) -> Tuner:
    return Tuner(backbone, WindowSpec(length=64), shape or PromptShape(prompts=2), BATCHES, plan)


def nothing(progress: Progress) -> None:
    """A report nobody reads."""


def bits(found: Tuner) -> dict[str, torch.Tensor]:
    return found.prompt.state_dict()


def equal(one: Tuner, other: Tuner) -> bool:
    return all(torch.equal(tensor, bits(other)[name]) for name, tensor in bits(one).items())


def after(steps: int) -> Callable[[], bool]:
    """A stop that is asked for before step `steps`."""
    left = iter(range(steps))
    return lambda: next(left, None) is None


@pytest.fixture(scope="module")
def undisturbed(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Tuner:
    torch.set_num_threads(1)
    run = tuner(backbone)
    run.fit(tmp_path_factory.mktemp("undisturbed"), nothing)
    return run


def test_the_backbone_stays_as_it_is_and_every_part_of_the_prompt_learns(
    backbone: Backbone, tmp_path: Path
) -> None:
    before = tensor_digest(backbone)
    run = tuner(backbone)
    start = {name: tensor.clone() for name, tensor in bits(run).items()}
    run.fit(tmp_path, nothing)
    assert tensor_digest(backbone) == before
    assert [name for name, tensor in bits(run).items() if torch.equal(tensor, start[name])] == []


def test_the_loss_falls(undisturbed: Tuner, backbone: Backbone) -> None:
    untrained = tuner(backbone).validate()
    losses = [found["loss"] for found in undisturbed.history]
    assert losses[0] < untrained["loss"]
    assert undisturbed.validate()["loss"] == min(losses)
    assert [found["step"] for found in undisturbed.history] == [4, 8, 12]


def test_the_same_seed_gives_the_same_bits_and_another_one_others(
    undisturbed: Tuner, backbone: Backbone, tmp_path: Path
) -> None:
    torch.manual_seed(99)
    again, other = tuner(backbone), tuner(backbone, replace(PLAN, seed=1))
    again.fit(tmp_path / "again", nothing)
    other.fit(tmp_path / "other", nothing)
    assert equal(again, undisturbed)
    assert not equal(other, undisturbed)


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_an_interrupted_run_ends_as_an_undisturbed_one(
    undisturbed: Tuner, backbone: Backbone, tmp_path: Path, steps: int
) -> None:
    with pytest.raises(TrainingInterrupted, match=f"interrupted at step {steps} of 12.*goes on from there"):
        tuner(backbone).fit(tmp_path, nothing, stop=after(steps))
    resumed, done = tuner(backbone), list[int]()
    resumed.fit(tmp_path, lambda progress: done.append(progress.step))
    assert done == list(range(steps + 1, 13))
    assert equal(resumed, undisturbed)
    assert resumed.history == undisturbed.history


def test_a_run_of_another_plan_is_not_continued(backbone: Backbone, tmp_path: Path) -> None:
    with pytest.raises(TrainingInterrupted):
        tuner(backbone).fit(tmp_path, nothing, stop=after(1))
    with pytest.raises(ConfigError, match=r"training.steps = 12, now 13: .*--fresh"):
        tuner(backbone, replace(PLAN, steps=13)).fit(tmp_path, nothing)
    with pytest.raises(ConfigError, match=r"backbone.name = 'minilm-l6', now 'none'"):
        tuner(load_backbone("none")).fit(tmp_path, nothing)


@pytest.mark.parametrize("junk", [b"", b"junk", b"PK\x03\x04junk"])
def test_a_damaged_state_is_named_with_the_cure(backbone: Backbone, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / RESUME_FILE).write_bytes(junk)
    with pytest.raises(ConfigError, match=rf"{RESUME_FILE} cannot be read .*--fresh"):
        tuner(backbone).fit(tmp_path, nothing)


def test_a_folder_that_cannot_be_written_is_named(backbone: Backbone, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match=r"cannot write to .*file/run: .*another --out"):
        tuner(backbone).fit(file / "run", nothing)


def test_it_stops_early_and_keeps_the_best(tmp_path: Path) -> None:
    plan = replace(PLAN, steps=60, validate_every=1, learning_rate=1.0, patience=2)
    run = tuner(load_backbone("none"), plan)
    run.fit(tmp_path, nothing)
    losses = [found["loss"] for found in run.history]
    assert run.step == len(losses) < 60
    assert min(losses[-2:]) > min(losses)
    assert run.validate()["loss"] == min(losses)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    run = tuner(load_backbone("none"))
    with torch.no_grad():
        run.prompt.prompts.fill_(0.0)
        run.prompt.head.bias.fill_(float("nan"))
    with pytest.raises(ConfigError, match=r"loss is nan at step 0: lower training\.learning_rate"):
        run.fit(tmp_path, nothing)


def test_a_score_that_is_no_number_stops_the_run_too(tmp_path: Path) -> None:
    plan = replace(PLAN, validate_every=1, learning_rate=1e30)
    with pytest.raises(ConfigError, match=r"loss is nan at step 1: lower training\.learning_rate"):
        tuner(load_backbone("none"), plan).fit(tmp_path, nothing)


def test_the_learning_rate_rises_and_falls() -> None:
    plan = TrainingPlan(steps=100, warmup=10, learning_rate=1.0)
    rates = [plan.rate(step) for step in range(101)]
    assert max(rates) == pytest.approx(rates[9], rel=0.05)
    assert rates[0] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0.02)
    assert sorted(rates[10:], reverse=True) == rates[10:]


def test_the_loss_of_the_short_path_alone_can_be_a_part_of_the_loss(backbone: Backbone) -> None:
    without, run = tuner(backbone), tuner(backbone, replace(PLAN, short_path_weight=0.5))
    batch = make_batch(WindowSpec(length=64), BATCHES, PLAN.seed, 0)
    alone = run.prompt.short_path(run.prompt.features(torch.from_numpy(batch.codes))).flatten(1)
    share = float(share_of_loss(PLAN, 8, batch, alone, slice(None)))
    assert run.train_step(batch) - without.train_step(batch) == pytest.approx(0.5 * share, rel=1e-5)


def test_a_shape_without_a_short_path_cannot_teach_one(backbone: Backbone, tmp_path: Path) -> None:
    run = tuner(backbone, replace(PLAN, short_path_weight=1.0), PromptShape(prompts=2, skip=0))
    with pytest.raises(ConfigError, match="no short path"):
        run.fit(tmp_path, nothing)


def test_in_bfloat16_it_learns_nearly_the_same_and_validates_as_ever(backbone: Backbone) -> None:
    exact, fast = tuner(backbone), tuner(backbone, replace(PLAN, precision="bfloat16"))
    assert fast.validate() == exact.validate()
    batch = make_batch(WindowSpec(length=64), BATCHES, PLAN.seed, 0)
    losses = fast.train_step(batch), exact.train_step(batch)
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert all(tensor.dtype == torch.float32 for tensor in bits(fast).values())


def test_a_precision_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="precision must be one of float32, bfloat16, got 'half'"):
        replace(PLAN, precision="half")  # type: ignore[arg-type]
