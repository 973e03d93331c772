"""Detectors on series with an injected anomaly: what bench_kinds.py and bench_cold_start.py share."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from trainer.injected_series import InjectedSeries
from trainer.judging import Contestant
from trainer.progress import progress
from trainer.streaming import Streamed, stream

Checkpoint = Annotated[str, typer.Option(metavar="DIR", help="A folder, or `default`.")]
Result = Annotated[
    str,
    typer.Option(metavar="NAME", help="Write results/NAME.json; the documents show the default's."),
]
Seed = Annotated[int, typer.Option(min=0)]
Threads = Annotated[int, typer.Option(min=1)]
"""Options that several programs have."""


def run(corpus: Sequence[InjectedSeries], who: Contestant, hop: int = 1) -> Streamed:
    """Through the daemon's core, with its default alert policy, and with progress on stderr."""
    data = [one.series for one in corpus]
    with progress(Console(stderr=True), who.name, sum(map(len, data))) as advance:
        return stream(data, who.scorer(data), who.spec, hop, advance, evidence=who.evidence(who.spec))
