"""Files and folders that commands leave behind: what is refused, what stays, what is never half there."""

import os
from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from trainer.outputs import check_writable, whole_folder, write_json

OF_A_PROCESS = Path("/proc/self/oom_score_adj")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def fill(out: Path, *names: str, fault: Exception | None = None) -> None:
    """Put empty files into a folder, and then fail if so wanted."""
    with whole_folder(out) as scratch:
        for name in names:
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).touch()
        if fault is not None:
            raise fault


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_plain_file_is_refused_and_stays(tmp_path: Path, pipe: Path, linked: bool) -> None:
    (tmp_path / "link").symlink_to(pipe)
    with pytest.raises(ConfigError, match=r"--json .* is no plain file; give the path of one"):
        check_writable(tmp_path / "link" if linked else pipe, "--json")
    assert pipe.is_fifo()


def test_a_device_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "stdout").symlink_to("/dev/null")
    with pytest.raises(ConfigError, match="is no plain file"):
        check_writable(tmp_path / "stdout", "--json")
    assert Path("/dev/null").is_char_device()


def test_an_empty_file_of_someone_else_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    check_writable(tmp_path / "empty", "--json")
    assert (tmp_path / "empty").exists()


def test_the_check_leaves_no_file_where_none_was(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name in ("new", "link"):
        check_writable(tmp_path / name, "--json")
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


@pytest.mark.skipif(
    not OF_A_PROCESS.is_file(), reason="Linux has files that may be written, but not replaced"
)
def test_a_file_that_may_be_written_is_refused_where_none_can_be_put_in_its_place() -> None:
    with pytest.raises(
        ConfigError, match=r"cannot write to /proc/self/oom_score_adj: .*, or give another --js"
    ):
        check_writable(OF_A_PROCESS, "--json")


def test_a_file_that_may_not_be_written_is_replaced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "figures").touch(0o400)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)  # root may open everything
        check_writable(tmp_path / "figures", "--json")
    write_json(tmp_path / "figures", 1)
    assert (tmp_path / "figures").read_text() == "1\n"


def test_a_mount_point_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "figures").touch()
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == tmp_path / "figures")
    with pytest.raises(ConfigError, match=r"figures is a mount point, .*; mount its folder"):
        check_writable(tmp_path / "figures", "--json")


def test_the_file_of_another_user_in_a_folder_that_all_may_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "figures").touch()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    check_writable(tmp_path / "figures", "--json")
    tmp_path.chmod(0o1777)
    check_writable(tmp_path / "new", "--json")
    with pytest.raises(ConfigError, match="figures is another user's"):
        check_writable(tmp_path / "figures", "--json")


def test_links_in_a_circle_are_refused_plainly(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "link")
    with pytest.raises(ConfigError, match=r"cannot write to .*link"):
        check_writable(tmp_path / "link", "--json")


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_json(tmp_path / "link", {"a": 1})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == '{\n  "a": 1\n}\n'


def test_a_folder_appears_when_all_of_it_is_there(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with whole_folder(out) as scratch:
        (scratch / "a.csv").touch()
        assert not out.exists()
    assert [path.name for path in out.iterdir()] == ["a.csv"]
    assert list(out.parent.iterdir()) == [out]


def test_a_folder_keeps_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "notes").touch()
    fill(tmp_path / "out", "sub/a.csv")
    assert sorted(path.name for path in (tmp_path / "out" / "sub").iterdir()) == ["a.csv", "notes"]


def test_after_an_error_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        fill(tmp_path / "out", "a.csv", fault=KeyError())
    assert not list(tmp_path.iterdir())


def test_files_that_cannot_all_be_moved_are_taken_back(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b").touch()
    with pytest.raises(ConfigError, match=r"cannot write to .*out"):
        fill(tmp_path / "out", "a.csv", "b/c.csv")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as scratch:
        left = scratch
    left.mkdir()
    (left / "old.csv").touch()
    fill(tmp_path / "out", "new.csv")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.csv"]


def test_a_file_in_place_of_the_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(ConfigError, match="out: Not a directory"), whole_folder(tmp_path / "out"):
        pytest.fail("the work began")
