"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from spear_stream.core.spec import LONGEST
from trainer.postprocess import Post

LABELLED = "Labelled series: see spear-trainer datasets."
Detector = "a folder, default (the packaged one) or baseline:NAME"
"""What can be compared, for help texts."""

Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Processor threads; all of them when not given.")
]
Dtype = Annotated[
    Literal["auto", "float32", "bfloat16", "float16"],
    typer.Option(
        "--dtype",
        help="Precision of the backbone; auto: float32 on a CPU, bfloat16 on a GPU. On a processor with "
        "instructions for it bfloat16 takes a third of the time, and figures hardly change.",
    ),
]
Hop = Annotated[
    int,
    typer.Option(
        "--hop",
        min=1,
        max=LONGEST,
        help="Score a series every this many points; above 1 what lasts a point or two is told behind it.",
    ),
]
CalmHop = Annotated[
    int,
    typer.Option(
        "--calm-hop",
        min=1,
        max=LONGEST,
        help="Most points between two scores of a checkpoint while nothing in a series is new; "
        "1 to have none left out.",
    ),
]
PostProcessing = Annotated[
    Post,
    typer.Option(
        "--post",
        help="none: the model's probability; likelihood: calibrated per series, as alerts are; "
        "full: the same, without repeats for the NAB score, fading for the range-based figures.",
    ),
]
Data = Annotated[str, typer.Option("--data", "-d", metavar="KIND:PLACE", help=LABELLED)]
SeveralData = Annotated[
    list[str],
    typer.Option("--data", "-d", metavar="KIND:PLACE", help=LABELLED + " Repeat for more."),
]
Json = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", help="All figures, settings and the machine; in a folder that exists."
    ),
]
