"""Options that commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

CHECKPOINT_HELP = (
    "Folder of a prompt checkpoint, or default for the packaged one (a folder of that name is ./default)"
)
Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file with settings.", metavar="FILE")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="NAME=VALUE",
        help="A setting, such as [cyan]-s kafka.group_id=team-a[/cyan]; repeat for more.",
    ),
]
TimeColumn = Annotated[
    str | None,
    typer.Option(
        "--time",
        metavar="COLUMN",
        help="Column of times in CSV; ts or timestamp when not given; '' is one without a name, A,B are a "
        "date and a time of the day.",
    ),
]
TimeFormat = Annotated[
    str | None,
    typer.Option(
        "--time-format",
        metavar="FORMAT",
        help="How times in CSV are written, such as '%d.%m.%Y %H:%M' (Python's strptime); epoch times and "
        "ISO 8601 need none.",
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="CSV begins with a row: columns are 1, 2 and so on, and one alone is the value.",
    ),
]
Every = Annotated[
    float | None,
    typer.Option(
        "--every",
        metavar="SECONDS",
        help="Between two rows of CSV that have no times; the first is of 2000-01-01.",
    ),
]
ValueColumns = Annotated[
    str | None,
    typer.Option(
        "--value",
        metavar="COLUMN,...",
        help="Column of values in CSV; value when not given. Several are a series each, '*' is all that are "
        "left; a name with a comma stands in double quotes.",
    ),
]
SeriesColumn = Annotated[
    str | None,
    typer.Option(
        "--series", metavar="COLUMN", help="Column that tells series apart in CSV; series when not given."
    ),
]
DecimalMark = Annotated[
    str,
    typer.Option(
        "--decimal", metavar=".|,", help="Decimal mark of values in CSV; none may stand between thousands."
    ),
]


def load(config: Path | None, pairs: list[str] | None, flags: dict[str, object] | None = None) -> Any:
    """The settings. Raises ConfigError."""
    from spear_stream.ops.settings import load_settings, parse_pairs  # noqa: PLC0415 - pydantic is slow

    return load_settings({**(flags or {}), **parse_pairs(pairs or [])}, config)
