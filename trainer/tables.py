"""Tables that commands print: what is named in them is shown as it is, not read as markup."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 400
"""Characters of a table where no terminal limits it; it takes what it needs."""


def plain(*cells: str) -> Iterator[Text]:
    """Cells as they are: names and intervals may hold what rich takes for markup."""
    return map(Text, cells)


def plain_title(title: str) -> Text:
    """A title, likewise."""
    return Text(title, style="table.title")


def print_wide(out: Console, table: Table) -> None:
    """Print a table, as wide as it needs to be where no terminal limits it."""
    if not out.is_terminal:
        out.width = WIDEST
    out.print(table)
