"""A zip that is split over packages becomes a folder of weights, once."""

import io
import zipfile
from pathlib import Path

import pytest

from spear_stream.core.errors import CheckpointError
from spear_stream.model import split_zip

NAMES = ["weights-001", "weights-002", "weights-003"]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """What three installed packages carry."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model/1_Pooling/config.json", "wrong")
        archive.writestr("model/config.json", "{}")
        archive.writestr("model/model.safetensors", bytes(range(256)) * 50)
    data, carried = packed.getvalue(), dict[str, Path]()
    for number, name in enumerate(NAMES):
        carried[name] = tmp_path / f"model.zip.{number}"
        carried[name].write_bytes(data[number * 5000 : (number + 1) * 5000 if number < 2 else None])
    monkeypatch.setattr(split_zip, "_part", carried.get)
    monkeypatch.setattr(split_zip, "cache_root", lambda: tmp_path / "cache")
    return carried


def test_it_is_put_together_once(parts: dict[str, Path]) -> None:
    folder = split_zip.unpacked_folder(NAMES)
    assert folder is not None
    assert (folder / "config.json").read_text() == "{}"
    assert (folder / "model.safetensors").read_bytes() == bytes(range(256)) * 50
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    parts.clear()
    assert split_zip.unpacked_folder(NAMES) == folder


def test_a_missing_package_is_no_weights(parts: dict[str, Path]) -> None:
    del parts["weights-002"]
    assert split_zip.unpacked_folder(NAMES) is None


def test_a_damaged_part_is_named_with_the_cure(parts: dict[str, Path], tmp_path: Path) -> None:
    parts["weights-003"].write_bytes(b"junk")
    with pytest.raises(CheckpointError, match=r"cannot be unpacked .* install the packages again"):
        split_zip.unpacked_folder(NAMES)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_that_is_not_installed_carries_nothing() -> None:
    assert split_zip._part("no-such-package-001") is None
