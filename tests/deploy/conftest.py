import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JUNK = shutil.ignore_patterns("__pycache__", "*.egg-info")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the working tree, built in a copy so that nothing is left behind in it."""
    source = tmp_path_factory.mktemp("source")
    for folder in ("spear_stream", "trainer", "tests"):
        shutil.copytree(ROOT / folder, source / folder, ignore=JUNK)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    [built] = (source / "dist").glob("*.whl")
    return built
