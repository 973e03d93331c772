"""The wheel carries all that a worker needs, and no tests."""

from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("spear_stream", "trainer")


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_packages_is_in_the_wheel(names: set[str]) -> None:
    files = {f for package in PACKAGES for f in (ROOT / package).rglob("*") if f.is_file()}
    wanted = {f.relative_to(ROOT).as_posix() for f in files if "__pycache__" not in f.parts}
    assert wanted - names == set()


@pytest.mark.parametrize(
    "file",
    [
        "spear_stream/py.typed",
        "spear_stream/data/alert-event.schema.json",
        "spear_stream/data/checkpoints/default/manifest.json",
        "spear_stream/data/kinds.npz",
        "trainer/datasets/sources/nab.sums",
        "trainer/datasets/sources/sources.toml",
        "trainer/presets/default.toml",
        "trainer/presets/tiny.toml",
    ],
)
def test_the_wheel_has(file: str, names: set[str]) -> None:
    assert file in names


def test_the_licence_is_in_the_wheel(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_nothing_but_the_packages_is_in_the_wheel(names: set[str]) -> None:
    folders = {name.split("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in names if "test_" in name or "conftest" in name]
