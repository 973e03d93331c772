"""Files stay short enough to be read in one go."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMITS = {"spear_stream": 200, "trainer": 200, "tests": 250, "benchmarks": 250}


def too_long(folder: Path, limit: int) -> dict[str, int]:
    lengths = {file: len(file.read_text().splitlines()) for file in folder.rglob("*.py")}
    return {str(file.relative_to(folder)): length for file, length in lengths.items() if length > limit}


@pytest.mark.parametrize(("folder", "limit"), LIMITS.items())
def test_no_file_is_too_long(folder: str, limit: int) -> None:
    assert too_long(ROOT / folder, limit) == {}


def test_a_long_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("pass\n" * 201)
    assert too_long(tmp_path, 200) == {"long.py": 201}
