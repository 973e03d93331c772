"""Progress of long work on a terminal and elsewhere: what is named is shown as it is."""

import io

import pytest
from rich.console import Console

from trainer.progress import progress

NAMES = ("vfs.fs.size[/var,pused]", "cpu[red]", "net[/]")


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_names_with_brackets_are_shown_in_full(name: str, terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200, color_system=None)
    with progress(console, f"title {name}", 2) as advance:
        advance(2, f"note {name}")
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"title {name}" in shown
    assert f"note {name}" in shown
