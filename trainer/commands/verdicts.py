"""`spear-trainer verdicts`."""

from typing import Annotated

import typer
from rich.console import Console

from trainer.commands.options import Json


def verdicts(
    feedback: Annotated[
        str, typer.Argument(metavar="kafka:TOPIC|FILE", help="Verdicts on alerts; a file has JSON lines.")
    ],
    alerts: Annotated[
        str | None,
        typer.Option(
            "--alerts",
            metavar="kafka:TOPIC|FILE",
            help="The alerts they are on; the daemon's alert topic when not given.",
        ),
    ] = None,
    *,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            "-c",
            metavar="DIR|default",
            help="Alerts of this one alone, such as that in service, of which others say nothing.",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 7 where retraining is wanted.")] = False,
    least_precision: Annotated[
        float | None,
        typer.Option(
            "--least-precision",
            metavar="SHARE",
            min=0,
            max=1,
            help="Retraining is wanted, too, where surely less of the newest 50 verdicts are true.",
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Say what people's verdicts on alerts are worth knowing: how many are true, by severity, kind and
    checkpoint, and over time; which series cry wolf; which threshold would have spared them.

    Retraining is wanted where the precision has fallen by more than chance does. An alert without a verdict
    counts for nothing, so judge some of every severity.

    [bold]Examples[/bold]

    $ spear-trainer verdicts kafka:verdicts

    $ spear-trainer verdicts verdicts.jsonl --alerts alerts.jsonl --json verdicts.json

    $ spear-trainer verdicts kafka:verdicts -c checkpoints/current --check --least-precision 0.5
    """
    from trainer.verdicts import VerdictRequest, report  # noqa: PLC0415 - --help answers at once

    request = VerdictRequest(feedback, alerts, checkpoint, least_precision, check, json)
    report(request, Console(), Console(stderr=True, soft_wrap=True))
