"""What the code refers to can be read in this repository."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"[\w/-]+\.md\b")


def missing(folder: Path) -> dict[str, list[str]]:
    """Documents that files name and that are neither in the repository's folder nor in docs, by file."""
    named = {file: NAMED.findall(file.read_text(encoding="utf-8")) for file in folder.rglob("*.py")}
    found = {
        str(file.relative_to(folder)): [
            name for name in names if not any((place / name).exists() for place in (ROOT, ROOT / "docs"))
        ]
        for file, names in named.items()
    }
    return {file: names for file, names in found.items() if names}


@pytest.mark.parametrize("folder", ["spear_stream", "trainer"])
def test_documents_that_are_named_exist(folder: str) -> None:
    assert missing(ROOT / folder) == {}


def test_one_that_does_not_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""See docs/delivery.md, alerts.md and ABSENT.md."""\n')
    assert missing(tmp_path) == {"a.py": ["ABSENT.md"]}
