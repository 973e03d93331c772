"""The gate: who gets through, why not, and what is left behind."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from e2e.tiny import save_tiny

import trainer
from spear_stream.core.errors import CheckpointError, ConfigError, SpearError, WorkerFenced
from spear_stream.model.checkpoint import MANIFEST, TENSORS, load_checkpoint, load_manifest
from trainer.cli import EXIT_CODES
from trainer.comparison import Comparison, Difference
from trainer.installation import CURRENT, EVIDENCE, in_service, install
from trainer.promotion import ChallengerRefused, Gate, objections
from trainer.run_folder import prepare

BETTER = Difference("vus_pr", 0.40, 0.45, 0.01, 0.09, 30, 30)
NOISE = Difference("vus_pr", 0.40, 0.41, -0.02, 0.04, 30, 30)
FEW = Difference("vus_pr", 0.40, 0.80, 0.3, 0.5, 3, 3)
STILL = Difference("event_f1", 0.50, 0.49, -0.05, 0.03, 30, 30)
WORSE = Difference("event_f1", 0.50, 0.48, -0.04, -0.01, 30, 30)
MUCH_LESS = Difference("event_f1", 0.50, 0.30, -0.5, 0.1, 30, 30)
SILENT = Difference("event_f1", 0.50, float("nan"), float("nan"), float("nan"), 30, 30)
GATE = Gate(guarded=("vus_pr", "event_f1"))


def reasons(*differences: Difference, data: str = "csv:ours") -> list[str]:
    return list(objections([Comparison(data, 30, 1000, differences)], ["csv:ours"], GATE))


def test_better_by_more_than_the_noise_and_nowhere_worse_gets_through() -> None:
    assert reasons(BETTER, STILL) == []


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        (
            (NOISE, STILL),
            "vus_pr on csv:ours went from 0.400 to 0.410 (+0.010, 95 % interval -0.020 to +0.040)",
        ),
        ((NOISE, STILL), "not better by more than the noise"),
        ((FEW, STILL), "rests on 3 series (a group counts once), at least 5"),
        ((BETTER, WORSE), "event_f1 on csv:ours went from 0.500 to 0.480"),
        ((BETTER, MUCH_LESS), "worse in a figure that is guarded"),
        ((BETTER, SILENT), "worse in a figure that is guarded"),
    ],
)
def test_the_reason_is_one_sentence_with_the_figures(
    differences: tuple[Difference, ...], reason: str
) -> None:
    (found,) = reasons(*differences)
    assert reason in found


def test_on_a_guarded_set_no_gain_is_needed_but_no_loss_allowed() -> None:
    assert reasons(NOISE, STILL, data="nab:NAB") == []
    (found,) = reasons(BETTER, WORSE, data="nab:NAB")
    assert "event_f1 on nab:NAB" in found


def test_figures_are_checked_before_anything_is_scored() -> None:
    with pytest.raises(ConfigError, match="no figure 'accuracy' to go by"):
        Gate(goals=("accuracy",))


def put(folder: Path, to: Path) -> str:
    """Install what the folder holds; its id."""
    held = load_manifest(folder).id
    install(folder, to, held, {"promoted": True})
    return held


def test_a_promoted_checkpoint_is_current_and_the_one_before_stays(tmp_path: Path) -> None:
    to = tmp_path / "checkpoints"
    folders = [save_tiny(tmp_path / name, name) for name in ("one", "two")]
    for folder in folders:
        name = put(folder, to)
        assert load_checkpoint(to / CURRENT).manifest.id == name
        assert json.loads((to / CURRENT / EVIDENCE).read_text()) == {"promoted": True}
    assert len(list(to.iterdir())) == 3
    put(folders[0], to)
    assert load_manifest(to / CURRENT).name == "one"
    assert len(list(to.iterdir())) == 3


@pytest.mark.parametrize("name", ["../evil", ".hidden", "a/b", "", "a\tb", "x" * 201])
def test_a_checkpoint_whose_name_leads_elsewhere_is_no_checkpoint(tmp_path: Path, name: str) -> None:
    folder = save_tiny(tmp_path / "one", "one")
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "name": name}))
    with pytest.raises(CheckpointError, match="a name is printable"):
        load_manifest(folder)
    with pytest.raises(ConfigError, match=f"--name {name}: a name is printable"):
        prepare(tmp_path / "out", name, fresh=False)


def test_what_is_in_service_is_the_one_to_beat_and_at_first_the_packaged_one(tmp_path: Path) -> None:
    to = tmp_path / "checkpoints"
    assert in_service(to) == "default"
    held = put(save_tiny(tmp_path / "one", "one"), to)
    assert in_service(to) == str(to / CURRENT)
    (to / held).rename(to / "gone")
    assert in_service(to) == str(to / CURRENT), "a broken link is told, not passed over"


def test_a_place_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "one", "one")
    (tmp_path / CURRENT).mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigError, match=r"current is no link to a checkpoint: move it away"):
        install(folder, tmp_path, "one-1", {})
    with pytest.raises(ConfigError, match=r"cannot write to .*file.*give another --to"):
        install(folder, tmp_path / "file", "one-1", {})
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("fails", ["symlink_to", "replace"])
def test_a_link_that_cannot_be_made_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    to = tmp_path / "checkpoints"
    two = save_tiny(tmp_path / "two", "two")
    held = put(save_tiny(tmp_path / "one", "one"), to)
    does = getattr(Path, fails)

    def full(path: Path, *arguments: object, **options: object) -> object:
        if path.suffix == ".link":
            raise OSError(28, "No space left on device")
        return does(path, *arguments, **options)

    monkeypatch.setattr(Path, fails, full)
    with pytest.raises(ConfigError, match="No space left"):
        put(two, to)
    assert load_manifest(to / CURRENT).name == "one"
    assert sorted(path.name for path in to.iterdir()) == [CURRENT, held]


@pytest.mark.parametrize("written", [(TENSORS, MANIFEST), (TENSORS,), ()])
def test_what_was_not_judged_is_not_installed(tmp_path: Path, written: tuple[str, ...]) -> None:
    to, judged = tmp_path / "checkpoints", save_tiny(tmp_path / "judged", "judged")
    before, held = put(save_tiny(tmp_path / "one", "one"), to), load_manifest(judged).id
    other = save_tiny(tmp_path / "other", "judged", prompts=1)
    for file in written:
        (other / file).replace(judged / file)
    if not written:
        (judged / TENSORS).unlink()  # a training that has just begun
    now = load_manifest(judged).id if len(written) == 2 else "no whole checkpoint"
    with pytest.raises(ConfigError, match=f"judged held {held} when .* now {now}: start again when nothing"):
        install(judged, to, held, {})
    assert load_manifest(to / CURRENT).name == "one"
    assert sorted(path.name for path in to.iterdir()) == [CURRENT, before]


def test_a_refusal_has_an_exit_code_of_its_own_and_all_are_listed() -> None:
    for module in walk_packages(trainer.__path__, "trainer."):
        import_module(module.name)
    codes = Counter(vars(kind)["exit_code"] for kind in below(SpearError) if "exit_code" in vars(kind))
    assert codes[ChallengerRefused.exit_code] == 1
    assert set(codes.values()) == {1}, "two errors with one code cannot be told apart"
    listed = {int(code) for code in re.findall(r"[:,]\s(\d+) ", EXIT_CODES)}
    assert listed == {0, SpearError.exit_code, *codes} - {WorkerFenced.exit_code}


def below(kind: type[SpearError]) -> Iterator[type[SpearError]]:
    """What inherits from it."""
    for child in kind.__subclasses__():
        yield child
        yield from below(child)
