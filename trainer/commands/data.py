"""Commands around data: what there is, how to get it, and labels where nobody gave any."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from trainer.datasets.fetching import sources


def datasets() -> None:
    """List the kinds of data that --data takes, and what each expects.

    [bold]Examples[/bold]

    $ spear-trainer evaluate --data nab:NAB

    $ spear-trainer label --data 'kafka:metrics?since=2026-01-01&until=2026-02-01' --out labelled
    """
    from trainer.datasets import KINDS  # noqa: PLC0415 - --help answers at once

    columns = (Column(name, overflow="fold") for name in ("--data", "what is expected", "labels"))
    table = Table(*columns, title="Kinds of data", show_lines=True)
    for kind in KINDS.values():
        place = "TOPIC" if not kind.folder else "FOLDER|FILE" if kind.file else "FOLDER"
        options = "".join(f"\n  ?{option}=" for option in kind.options)
        table.add_row(*map(Text, (f"{kind.name}:{place}{options}", kind.expects, kind.labels)))
    Console().print(table)


def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help=", ".join(sources()) + ".")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for it; data/NAME when not given."),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option("--mirror", metavar="URL", help="Take the files from here, by the same paths."),
    ] = None,
) -> None:
    """Download a public data set, check it, and say under which licence it is.

    A broken download goes on where it stopped when the command is run again; files that are there already
    with the right SHA-256 are kept. Nothing is sent but the request.

    [bold]Examples[/bold]

    $ spear-trainer fetch nab

    $ spear-trainer fetch nasa --out /data/nasa
    """
    from trainer.datasets.fetching import fetch as bring  # noqa: PLC0415 - as above

    bring(name, out or Path("data") / name, Console(stderr=True, soft_wrap=True), mirror)


def label(
    data: Annotated[
        str, typer.Option("--data", "-d", metavar="KIND:PLACE", help="See spear-trainer datasets.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the labelled CSV files.")
    ],
    *,
    window: Annotated[int, typer.Option("--window", min=8, help="Points that a test looks at.")] = 32,
    p_value: Annotated[
        float, typer.Option("--p-value", min=0, max=1, help="Of trend, shift and volatility.")
    ] = 0.05,
    slope: Annotated[
        float, typer.Option("--slope", min=0, help="Of a trend, per point, on values in 0..1.")
    ] = 0.01,
    deviations: Annotated[
        float,
        typer.Option("--deviations", min=0, help="Standard deviations above the mean step, of a spike."),
    ] = 3.0,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this test; may be given several times.")
    ] = None,
    min_kinds: Annotated[
        int, typer.Option("--min-kinds", min=1, help="How many tests make a point anomalous.")
    ] = 1,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="A picture of six series and their labels.")
    ] = None,
) -> None:
    """Label history automatically: trend, spike, shift and change of volatility, by statistical tests.

    The rules and their thresholds are those published with SPEAR. Look at the picture before you believe
    them: on values that follow each other closely the tests call much of a series anomalous.

    [bold]Examples[/bold]

    $ spear-trainer label --data csv:history --out labelled --plot labels.png

    $ spear-trainer label --data mimic:mimic-iv-demo --out labelled --min-kinds 2 --p-value 0.001
    """
    from trainer.label_files import LabelRequest, label_history  # noqa: PLC0415 - as above
    from trainer.labeling import KINDS, LabelRule  # noqa: PLC0415 - as above

    rule = LabelRule(window, slope, p_value, deviations, tuple(kinds or KINDS), min_kinds)
    label_history(LabelRequest(data, out, rule, plot), Console(), Console(stderr=True, soft_wrap=True))
