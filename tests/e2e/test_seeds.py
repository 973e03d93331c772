"""`fit --seeds`, and --fresh with one seed or several: what is done is lost to nothing but a better run."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from e2e.training import require_mistake, run, write_plan, write_series

from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint, load_manifest
from spear_stream.model.saving import write_whole
from trainer import fitting, outputs
from trainer.resume import RESUME_FILE
from trainer.run_folder import TRAINING
from trainer.seeds import SEEDS
from trainer.training_data import TrainingData, load_training_data


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_plan(tmp_path)


def fit(plan: Path, *arguments: object) -> int:
    return run("fit", "--preset", plan, "--out", plan.with_name("out"), "--threads", 1, *arguments)


def interrupted(plan: Path, *arguments: object) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitting, "_stop_requests", lambda: nullcontext(SimpleNamespace(is_set=lambda: True)))
        assert fit(plan, *arguments) == 130


def files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def plan_of(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((folder / TRAINING).read_text())["plan"]
    return found


def test_several_seeds_give_their_spread_and_keep_the_best(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = plan.with_name("out")
    assert fit(plan, "--seeds", 3, "--seed", 5) == 0
    assert "over 3 seeds; best by validation: seed" in capsys.readouterr().out
    found = json.loads((out / SEEDS).read_text())
    assert [one["seed"] for one in found["runs"]] == [5, 6, 7]
    best = min(found["runs"], key=lambda one: one["metrics"]["validation_loss"])
    assert found["best"] == best["id"] == load_manifest(out).id
    assert found["spread"]["validation_loss"]["deviation"] > 0
    assert found["spread"]["validation_prevalence"]["deviation"] == 0  # all on the same series


def test_seeds_that_are_done_are_not_trained_again(plan: Path) -> None:
    out = plan.with_name("out")
    assert fit(plan, "--seeds", 2) == 0
    whole = (out / TENSORS).read_bytes()
    (out / MANIFEST).unlink()
    (out / "seed-1" / MANIFEST).unlink()
    before = (out / "seed-0" / TENSORS).stat().st_mtime_ns
    assert fit(plan, "--seeds", 2) == 0
    assert (out / "seed-0" / TENSORS).stat().st_mtime_ns == before
    assert (out / TENSORS).read_bytes() == whole


@pytest.mark.parametrize("file", [SEEDS, MANIFEST])
def test_a_run_that_is_killed_at_its_end_goes_on(
    plan: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = plan.with_name("out")

    def write(path: Path, content: bytes) -> None:
        if path == out / file:
            raise SystemExit(9)
        write_whole(path, content)

    assert fit(plan) == 0
    interrupted(plan, "--fresh")
    with monkeypatch.context() as patched:
        patched.setattr(outputs, "write_whole", write)
        assert fit(plan, "--seeds", 2) == 9
    assert fit(plan, "--seeds", 2) == 0
    assert json.loads((out / SEEDS).read_text())["best"] == load_manifest(out).id
    assert not (out / RESUME_FILE).exists()


def test_seeds_of_another_recipe_are_not_mixed_in(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(plan, "--seeds", 2) == 0
    for file in (SEEDS, MANIFEST):
        (plan.with_name("out") / file).unlink()
    plan.write_text(plan.read_text().replace("points = 128", "points = 256"))
    assert fit(plan, "--seeds", 2) == 2
    assert "with batches.points = 128, now 256: give it the same options" in capsys.readouterr().err


def test_a_finished_seed_of_another_name_or_without_its_record_is_told(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = plan.with_name("out")
    assert fit(plan, "--seeds", 2) == 0
    (out / MANIFEST).unlink()
    assert fit(plan, "--seeds", 2, "--name", "other") == 2
    assert "with run.name = 'plan', now 'other'" in capsys.readouterr().err
    (out / "seed-0" / TRAINING).unlink()
    assert fit(plan, "--seeds", 2) == 2
    assert "seed-0/training.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize(
    ("option", "value", "code"),
    [("--data", "csv:no/such/folder", 3), ("--backbone", "no/such/folder", 2), ("--name", "a/b", 2)],
)
def test_a_fresh_start_that_cannot_be_removes_nothing(
    plan: Path, seeds: int, option: str, value: str, code: int
) -> None:
    out = plan.with_name("out")
    assert fit(plan, "--seeds", 2) == 0
    (out / RESUME_FILE).write_bytes(b"of a run that was interrupted")
    before = files(out)
    assert fit(plan, "--seeds", seeds, "--fresh", option, value) == code
    assert files(out) == before


def test_a_checkpoint_stays_until_a_fresh_start_ends(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = plan.with_name("out")
    assert fit(plan) == 0
    before = load_manifest(out)
    interrupted(plan, "--fresh", "--seeds", 2, "--seed", 1)
    assert load_checkpoint(out).manifest == before
    assert fit(plan) == 2, "it is that of another run"
    assert fit(plan, "--seeds", 2, "--seed", 1) == 0
    assert load_checkpoint(out).manifest.seed in {1, 2}
    assert {path.name for path in out.iterdir() if path.is_file()} == {
        "prompt.safetensors", MANIFEST, TRAINING, SEEDS,
    }  # fmt: skip
    capsys.readouterr()
    assert fit(plan, "--seeds", 2, "--seed", 1) == 2
    assert "already holds checkpoint plan-" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_fresh_start_trains_every_seed_anew_and_goes_on(plan: Path, seeds: int) -> None:
    out = plan.with_name("out")
    assert fit(plan, "--seeds", seeds) == 0
    whole = (out / TENSORS).read_bytes()
    interrupted(plan, "--fresh", "--seeds", seeds)
    assert not list(out.glob(f"seed-*/{MANIFEST}"))
    assert load_checkpoint(out)
    assert fit(plan, "--seeds", seeds) == 0, "it is no finished checkpoint"
    assert (out / TENSORS).read_bytes() == whole


def test_all_seeds_have_the_same_series_of_data_that_grows(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(tmp_path / "data", count=3, points=200)
    read = list[int]()

    def load(specs: Sequence[str], seed: int) -> TrainingData | None:
        write_series(tmp_path / f"since{len(read)}", count=1, points=200, seed=100 + len(read))
        read.append(seed)
        return load_training_data([*specs, f"csv:{tmp_path / f'since{len(read) - 1}'}"], seed)

    monkeypatch.setattr(fitting, "load_training_data", load)
    assert fit(plan, "--seeds", 3, "--seed", 4, "--data", f"csv:{tmp_path / 'data'}") == 0
    folders = [plan.with_name("out") / f"seed-{seed}" for seed in (4, 5, 6)]
    assert len({tuple(load_manifest(folder).trained_on) for folder in folders}) == 1
    assert len({str(plan_of(folder)["data"]["digest"]) for folder in folders}) == 1
    assert read == [4]


def test_an_interrupted_run_ends_with_the_seeds_that_take_its_place(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = plan.with_name("out")
    interrupted(plan)
    assert (out / RESUME_FILE).exists()
    assert fit(plan, "--seeds", 2) == 0
    best = files(out)
    capsys.readouterr()
    assert fit(plan) == 2
    assert "already holds checkpoint" in capsys.readouterr().err
    assert files(out) == best


@pytest.mark.parametrize(("given", "expected"), [("validation_seed = 9", 9), ("", 5)])
def test_the_presets_validation_seed_holds_for_every_seed(plan: Path, given: str, expected: int) -> None:
    write_plan(plan.parent, given)
    assert fit(plan, "--seeds", 2, "--seed", 5) == 0
    seeds = [plan_of(plan.with_name("out") / f"seed-{seed}")["training"] for seed in (5, 6)]
    assert [one["validation_seed"] for one in seeds] == [expected] * 2


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_folder_that_cannot_be_used_is_named(
    plan: Path, seeds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = plan.parent
    (folder / "afile").touch()
    arguments = f"fit --preset {{0}}/plan.toml --fresh --threads 1 --seeds {seeds} --out {{0}}/"
    require_mistake(
        capsys, folder, f"{arguments}afile", 2, "cannot write to {0}/afile: File exists; make room"
    )
    (folder / "out" / "seed-0" / RESUME_FILE).mkdir(parents=True)
    (folder / "out" / RESUME_FILE).mkdir()
    stuck = "out/resume.pt" if seeds == 1 else "out/seed-0/resume.pt"
    message = f"cannot write to {{0}}/{stuck}: Is a directory; make room there, or choose another --out"
    require_mistake(capsys, folder, f"{arguments}out", 2, message)
