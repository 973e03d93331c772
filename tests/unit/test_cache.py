"""Folders that are made once."""

from pathlib import Path

import pytest

from spear_stream.model.cache import made_once


def test_a_folder_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    folder, made = tmp_path / "cache" / "weights", list[Path]()

    def write(written: Path) -> None:
        made.append(written)
        written.mkdir()

    assert made_once(folder, write) == made_once(folder, write) == folder
    assert len(made) == 1
    assert [path.name for path in folder.parent.iterdir()] == ["weights"]


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def write(written: Path) -> None:
        written.mkdir()
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        made_once(tmp_path / "weights", write)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_process_that_was_quicker_is_taken(tmp_path: Path) -> None:
    def write(written: Path) -> None:
        for name, folder in (("mine", written), ("theirs", tmp_path / "weights")):
            folder.mkdir()
            (folder / name).touch()

    folder = made_once(tmp_path / "weights", write)
    assert [path.name for path in folder.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [folder]
