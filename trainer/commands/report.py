"""`spear-trainer report`. Heavy libraries are imported inside the command, so that --help answers at once."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream.core.spec import CALM_HOP
from trainer.commands.options import CalmHop, Detector, Dtype, Hop, SeveralData, Threads
from trainer.conditions import Conditions


def report(
    data: SeveralData,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="HTML", help="The page; in a folder that exists.")
    ] = Path("report.html"),
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", metavar="DIR|default", help="What the report is about.")
    ] = "default",
    beside: Annotated[
        list[str] | None,
        typer.Option("--beside", "-b", metavar="DETECTOR", help=f"Shown beside it: {Detector}; repeat."),
    ] = None,
    *,
    baselines: Annotated[bool, typer.Option("--baselines", help="All simple detectors beside it.")] = False,
    pictures: Annotated[
        int, typer.Option("--pictures", min=0, help="Of hits, misses and false alarms, of each at most.")
    ] = 4,
    hop: Hop = 1,
    calm_hop: CalmHop = CALM_HOP,
    threads: Threads = None,
    dtype: Dtype = "auto",
) -> None:
    """Write one HTML page: figures, PR and ROC curves, calibration, every series, hits, misses, false alarms.

    The page needs no other file and no network. What is measured, and how, is as in `evaluate`.

    [bold]Examples[/bold]

    $ spear-trainer report --data nab:NAB --data csv:labelled --out report.html

    $ spear-trainer report --data csv:labelled -c runs/mine -b default -b baseline:sub_pca --pictures 8
    """
    from trainer.report.page import ReportRequest, write_report  # noqa: PLC0415 - see the module's docstring

    conditions = Conditions(hop, calm_hop, threads=threads, dtype=dtype)
    request = ReportRequest(data, out, checkpoint, beside or [], baselines, pictures, conditions)
    write_report(request, Console(stderr=True, soft_wrap=True))
    typer.echo(f"{out} written; open it in a browser")
