"""Detectors on series with an injected anomaly: what bench_kinds.py and bench_cold_start.py share."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from trainer.conditions import Conditions
from trainer.injected_series import InjectedSeries
from trainer.judging import Contestant, streamed_by
from trainer.streaming import Streamed

Checkpoint = Annotated[str, typer.Option(metavar="DIR", help="A folder, or `default`.")]
Result = Annotated[
    str,
    typer.Option(metavar="NAME", help="Write results/NAME.json; the documents show the default's."),
]
Seed = Annotated[int, typer.Option(min=0)]
Threads = Annotated[int, typer.Option(min=1)]
"""Options that several programs have."""


def run(corpus: Sequence[InjectedSeries], who: Contestant) -> Streamed:
    """Through the daemon's core, with its default alert policy, and with progress on stderr."""
    return streamed_by(who, [one.series for one in corpus], Conditions(), Console(stderr=True))
