"""score-file without a command line: what its user reads."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest
from e2e.tiny import save_tiny
from rich.console import Console
from streams import START

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.errors import InputError
from spear_stream.ops.settings import load_settings
from spear_stream.wiring import score_file
from spear_stream.wiring.score_file import ScoreFile


def said(
    folder: Path,
    content: str,
    monkeypatch: pytest.MonkeyPatch,
    names: ColumnNames = USUAL,
    flags: Mapping[str, str] | None = None,
    name: str = "a.csv",
    scores: Path | None = None,
) -> str:
    """All that a user reads; the last line is of the error, if there is one."""
    monkeypatch.setattr(score_file, "configure_logs", lambda *_: None)
    monkeypatch.chdir(folder)
    Path(name).write_text(content)
    settings = load_settings({"model.checkpoint": str(save_tiny(folder / "tiny", "tiny")), **(flags or {})})
    console = Console(file=StringIO(), width=200)
    try:
        score_file.score(settings, ScoreFile(name, "out", scores, columns=names), console)
    except InputError as error:
        return f"{console.file.getvalue()}error: {error}"
    return console.file.getvalue()


def row(at: int, cells: str) -> str:
    return f"{START // 1000 + 60 * at},{cells}\n"
